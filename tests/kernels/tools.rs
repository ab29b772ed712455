//! NVIDIA's compilers from PyPI, downloaded once into the `target` folder.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// One compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    /// CUDA C to PTX, of CUDA 11.8: the last that compiles for 5.0 without complaint.
    Nvrtc,
    /// PTX to machine code, of CUDA 11.8.
    Ptxas11,
    /// The same of CUDA 12.9.
    Ptxas12,
    /// The same of CUDA 13.0.
    Ptxas13,
}

/// Where the compiler is. Downloads all of them first where they are not there yet.
pub(super) fn path(tool: Tool) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(downloaded);
    let inside = match tool {
        Tool::Nvrtc => "nvidia_cuda_nvrtc_cu11-11.8.89/nvidia/cuda_nvrtc/lib/libnvrtc.so.11.2",
        Tool::Ptxas11 => "nvidia_cuda_nvcc_cu11-11.8.89/nvidia/cuda_nvcc/bin/ptxas",
        Tool::Ptxas12 => "nvidia_cuda_nvcc_cu12-12.9.86/nvidia/cuda_nvcc/bin/ptxas",
        Tool::Ptxas13 => "nvidia_cuda_nvcc-13.0.88/nvidia/cu13/bin/ptxas",
    };
    folder.join(inside)
}

fn downloaded() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernel-tools");
    fs::create_dir_all(&folder).unwrap();
    // Two test runs at a time must not unpack over each other.
    let lock = fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();

    let requirements = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/kernels/requirements.txt");
    let wanted = fs::read_to_string(requirements).unwrap();
    let marker = folder.join("unpacked.txt");
    if fs::read_to_string(&marker).is_ok_and(|unpacked| unpacked == wanted) {
        return folder;
    }

    let wheels = folder.join("wheels");
    let _ = fs::remove_dir_all(&wheels);
    python(
        &["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"],
        &["--require-hashes", "--requirement", requirements, "--dest", &text(&wheels)],
    );
    for wheel in fs::read_dir(&wheels).unwrap() {
        let wheel = wheel.unwrap();
        let name = wheel.file_name().into_string().unwrap();
        let name_and_version = name.splitn(3, '-').take(2).collect::<Vec<_>>().join("-");
        let unpacked = folder.join(name_and_version);
        python(&["-m", "zipfile", "--extract"], &[&text(&wheel.path()), &text(&unpacked)]);
        for program in ["nvidia/cuda_nvcc/bin/ptxas", "nvidia/cu13/bin/ptxas"] {
            make_executable(&unpacked.join(program));
        }
    }
    fs::remove_dir_all(&wheels).unwrap();
    fs::write(&marker, wanted).unwrap();
    folder
}

fn python(first: &[&str], more: &[&str]) {
    let ran = Command::new("python3").args(first).args(more).output();
    let ran = ran.unwrap_or_else(|error| {
        panic!("this test needs `python3` with `pip` to download NVIDIA's compilers: {error}")
    });
    assert!(
        ran.status.success(),
        "NVIDIA's compilers could not be downloaded from PyPI (is there a network?): \
         `python3 {} {}` said:\n{}",
        first.join(" "),
        more.join(" "),
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// `zipfile` forgets that a program is one.
fn make_executable(program: &Path) {
    if let Ok(metadata) = fs::metadata(program) {
        let mut permissions = metadata.permissions();
        permissions.set_mode(0o755);
        fs::set_permissions(program, permissions).unwrap();
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
