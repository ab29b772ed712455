//! The committed PTX and cubins are what NVIDIA's compilers make of the CUDA C beside them, and
//! every one of them assembles for every GPU from compute capability 5.0 to 12.1.
//!
//! The compilers come from PyPI, with pinned versions and hashes (`kernels/requirements.txt`), into
//! the `target` folder; later runs find them there. No GPU and no driver is needed. After a change
//! of a kernel,
//!
//! ```sh
//! ALTLAS_BLESS=1 cargo test -p cargo-altlas kernels::
//! ```
//!
//! writes the PTX and the cubins anew.

#![expect(
    clippy::disallowed_methods,
    reason = "the test starts `python3` and `ptxas`, and is told by the environment to rewrite"
)]
#![expect(clippy::panic, clippy::unwrap_used, reason = "the functions below are part of the tests")]

mod nvrtc;
mod tools;

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tools::Tool;

struct Kernel {
    name: &'static str,
    /// What NVRTC compiles for; the PTX runs on this and everything newer.
    virtual_arch: &'static str,
    /// The PTX version that is written into the file: the oldest that has what the kernel uses,
    /// because a driver refuses PTX that is newer than itself.
    ptx_version: &'static str,
}

const KERNELS: &[Kernel] = &[
    Kernel { name: "copy", virtual_arch: "50", ptx_version: "6.0" },
    Kernel { name: "fma", virtual_arch: "50", ptx_version: "6.0" },
    Kernel { name: "memory", virtual_arch: "50", ptx_version: "6.0" },
    Kernel { name: "smoke", virtual_arch: "50", ptx_version: "6.0" },
    Kernel { name: "tensor", virtual_arch: "70", ptx_version: "6.3" },
];

/// Each `ptxas` with the architectures that it knows, oldest first: a cubin is made by the oldest
/// that can, so that old drivers load it.
const PTXAS: &[(Tool, &[&str])] = &[
    (
        Tool::Ptxas11,
        &["50", "52", "53", "60", "61", "62", "70", "72", "75", "80", "86", "87", "89", "90"],
    ),
    (
        Tool::Ptxas12,
        &[
            "50", "52", "53", "60", "61", "62", "70", "72", "75", "80", "86", "87", "89", "90",
            "100", "101", "103", "120", "121",
        ],
    ),
    (Tool::Ptxas13, &["75", "80", "86", "87", "88", "89", "90", "100", "103", "110", "120", "121"]),
];

/// The kernel that is also committed as machine code.
const WITH_CUBINS: &str = "smoke";

#[test]
fn committed_files_are_what_the_compilers_make() {
    // In this order: the cubins are made of the PTX.
    ptx_is_what_nvrtc_makes_of_the_source();
    cubins_are_what_ptxas_makes_of_the_ptx();
}

fn ptx_is_what_nvrtc_makes_of_the_source() {
    let nvrtc = nvrtc::Nvrtc::open(&tools::path(Tool::Nvrtc));
    for kernel in KERNELS {
        let source = fs::read_to_string(kernel_file(&format!("{}.cu", kernel.name))).unwrap();
        let ptx = nvrtc.compile(&source, kernel.name, kernel.virtual_arch);
        let lowered = with_version(&ptx, kernel.ptx_version);
        compare_or_write(&kernel_file(&format!("{}.ptx", kernel.name)), lowered.as_bytes());
    }
}

fn cubins_are_what_ptxas_makes_of_the_ptx() {
    let out = tempfile::tempdir().unwrap();
    let mut made = HashSet::new();
    for (tool, architectures) in PTXAS {
        for architecture in *architectures {
            if !made.insert(format!("sm_{architecture}.cubin")) {
                continue;
            }
            let cubin = assemble(*tool, architecture, WITH_CUBINS, out.path()).unwrap();
            let committed = kernel_file(WITH_CUBINS).join(format!("sm_{architecture}.cubin"));
            compare_or_write(&committed, &cubin);
        }
    }
    let committed: HashSet<String> = fs::read_dir(kernel_file(WITH_CUBINS))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(committed, made);
}

#[test]
fn ptx_assembles_for_every_gpu() {
    let out = tempfile::tempdir().unwrap();
    for (tool, architectures) in PTXAS {
        for architecture in *architectures {
            for kernel in KERNELS {
                let runs_on: u32 = architecture.parse().unwrap();
                let needs: u32 = kernel.virtual_arch.parse().unwrap();
                let assembled = assemble(*tool, architecture, kernel.name, out.path());
                // Also proves that `ptxas` really refuses what cannot run.
                assert_eq!(
                    assembled.is_ok(),
                    runs_on >= needs,
                    "`{}` for sm_{architecture} by {tool:?}: {assembled:?}",
                    kernel.name
                );
            }
        }
    }
}

#[test]
fn a_changed_ptx_version_is_the_only_change() {
    let ptx = "// head\n.version 7.8\n.target sm_50\n";
    assert_eq!(with_version(ptx, "6.0"), "// head\n.version 6.0\n.target sm_50\n");
}

fn kernel_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/gpu-probe/src/kernels").join(name)
}

fn with_version(ptx: &str, version: &str) -> String {
    let lines = ptx.lines().map(|line| match line.strip_prefix(".version ") {
        Some(_) => format!(".version {version}\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// The machine code, or what `ptxas` said.
fn assemble(tool: Tool, architecture: &str, kernel: &str, out: &Path) -> Result<Vec<u8>, String> {
    // Newer ones write their command line into the cubin: bare names, so that it is the same
    // everywhere.
    let folder = out.join(format!("{tool:?}-{architecture}"));
    fs::create_dir_all(&folder).unwrap();
    let (ptx, cubin) = (format!("{kernel}.ptx"), format!("{kernel}.cubin"));
    fs::copy(kernel_file(&ptx), folder.join(&ptx)).unwrap();
    let ran = Command::new(tools::path(tool))
        .args([&format!("-arch=sm_{architecture}"), &ptx, "-o", &cubin])
        .current_dir(&folder)
        .output()
        .unwrap();
    if ran.status.success() {
        return Ok(fs::read(folder.join(cubin)).unwrap());
    }
    Err(String::from_utf8_lossy(&ran.stderr).into_owned())
}

fn compare_or_write(path: &Path, fresh: &[u8]) {
    if fs::read(path).is_ok_and(|committed| committed == fresh) {
        return;
    }
    assert!(
        crate::support::bless(),
        "`{}` is stale: run `ALTLAS_BLESS=1 cargo test -p cargo-altlas kernels::` and commit",
        path.display()
    );
    fs::write(path, fresh).unwrap();
}
