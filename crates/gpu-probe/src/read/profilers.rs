//! Nsight Systems, Nsight Compute, Compute Sanitizer, `cuda-gdb`, and what the kernel lets them do.

use super::{
    root::Root,
    search::{is_program, names_or_none, on_path},
};
use crate::{Environment, Profiler, Profilers, Reading, ToolCopy, Toolkit};
use std::path::{Path, PathBuf};

const TOOLS: [(Profiler, &str); 4] = [
    (Profiler::NsightSystems, "nsys"),
    (Profiler::NsightCompute, "ncu"),
    (Profiler::ComputeSanitizer, "compute-sanitizer"),
    (Profiler::CudaGdb, "cuda-gdb"),
];
const PARANOID: &str = "/proc/sys/kernel/perf_event_paranoid";

/// Finds the tools on `PATH`, in the toolkits and in folders of their own.
pub(crate) fn read(root: &Root, environment: &Environment, toolkits: &[Toolkit]) -> Profilers {
    let of_their_own = own_folders(root);
    let mut tools: Vec<ToolCopy> = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    for (tool, name) in TOOLS {
        let by_path = on_path(root, environment, name).into_iter().map(|path| (path, true));
        let by_toolkit =
            toolkits.iter().map(|toolkit| Path::new(&toolkit.path).join("bin").join(name));
        let by_folder = of_their_own.iter().map(|folder| folder.join(name));
        let elsewhere = by_toolkit.chain(by_folder).filter(|path| is_program(root, path));
        for (path, on_path) in by_path.chain(elsewhere.map(|path| (path, false))) {
            let Reading::Found(real) = root.canonical(&path) else { continue };
            if seen.contains(&real) {
                continue;
            }
            let version = version(tool, &real, toolkits);
            seen.push(real);
            tools.push(ToolCopy { tool, path: path.display().to_string(), version, on_path });
        }
    }
    Profilers { tools, perf_event_paranoid: perf_event_paranoid(root) }
}

/// `/opt/nvidia/nsight-systems/2024.6.2/bin` and the like.
fn own_folders(root: &Root) -> Vec<PathBuf> {
    let nvidia = Path::new("/opt/nvidia");
    let products =
        names_or_none(root, nvidia).into_iter().filter(|name| name.starts_with("nsight-"));
    let products = products.map(|name| nvidia.join(name));
    let releases = products.flat_map(|product| {
        let named = names_or_none(root, &product).into_iter();
        named.map(move |name| product.join(name))
    });
    releases
        .flat_map(|release| [release.join("bin"), release.join("target-linux-x64"), release])
        .collect()
}

/// The version that the path says: Nsight has its own; the others are parts of a toolkit.
fn version(tool: Profiler, real: &Path, toolkits: &[Toolkit]) -> Reading<String> {
    if let Some(version) = nsight_version(&real.to_string_lossy()) {
        return Reading::Found(version);
    }
    match tool {
        Profiler::NsightSystems | Profiler::NsightCompute => Reading::Absent,
        Profiler::ComputeSanitizer | Profiler::CudaGdb => {
            let toolkit = toolkits.iter().find(|toolkit| real.starts_with(&toolkit.path));
            toolkit.and_then(|toolkit| toolkit.version.found()).map(ToString::to_string).into()
        }
    }
}

/// `…/nsight-systems/2024.6.2/…`, `…/nsight-compute-2024.3.2/…`.
pub(super) fn nsight_version(path: &str) -> Option<String> {
    let (_, rest) = path.split_once("/nsight-")?;
    let is_version = |text: &&str| {
        text.starts_with(|first: char| first.is_ascii_digit())
            && text.contains('.')
            && text.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
    };
    rest.split(['/', '-']).find(is_version).map(str::to_owned)
}

fn perf_event_paranoid(root: &Root) -> Reading<i32> {
    root.text(PARANOID).and_then(|text| match text.trim().parse() {
        Ok(level) => Reading::Found(level),
        Err(_) => Reading::Unknown(format!("`{PARANOID}` does not hold a number")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::{Tree, environment};
    use proptest::prelude::*;

    fn in_tree(files: &[(&str, &str)], path: &str, toolkits: &[Toolkit]) -> Profilers {
        read(&Tree::new(files).root(), &environment(&[("PATH", path)]), toolkits)
    }

    #[test]
    fn finds_each_copy_once() {
        let toolkit = Toolkit {
            path: "/usr/local/cuda-12.6".to_owned(),
            version: Reading::Found("12.6.3".parse().unwrap()),
            ..Toolkit::default()
        };
        let found = in_tree(
            &[
                ("opt/nvidia/nsight-systems/2024.6.2/target-linux-x64/nsys", ""),
                ("opt/nvidia/nsight-systems/2024.6.2/bin/nsys", "-> ../target-linux-x64/nsys"),
                (
                    "usr/local/bin/nsys",
                    "-> /opt/nvidia/nsight-systems/2024.6.2/target-linux-x64/nsys",
                ),
                ("opt/nvidia/nsight-compute/2024.3.2/ncu", ""),
                ("usr/local/cuda-12.6/bin/ncu", ""),
                ("usr/local/cuda-12.6/bin/compute-sanitizer", ""),
                ("usr/local/cuda-12.6/bin/cuda-gdb/not-a-program", ""),
                ("proc/sys/kernel/perf_event_paranoid", "4\n"),
            ],
            "/usr/local/bin:/usr/local/cuda-12.6/bin",
            &[toolkit],
        );
        let tools: Vec<_> = found
            .tools
            .iter()
            .map(|one| (one.path.as_str(), one.version.found().map(String::as_str), one.on_path))
            .collect();
        let expected = [
            ("/usr/local/bin/nsys", Some("2024.6.2"), true),
            ("/usr/local/cuda-12.6/bin/ncu", None, true),
            ("/opt/nvidia/nsight-compute/2024.3.2/ncu", Some("2024.3.2"), false),
            ("/usr/local/cuda-12.6/bin/compute-sanitizer", Some("12.6.3"), true),
        ];
        assert_eq!(tools, expected);
        assert_eq!(found.perf_event_paranoid, Reading::Found(4));
    }

    #[test]
    fn says_what_the_kernel_says() {
        let check = |text: &str, expected: Option<i32>| {
            let got = in_tree(&[("proc/sys/kernel/perf_event_paranoid", text)], "", &[]);
            assert_eq!(got.perf_event_paranoid.found().copied(), expected, "{text}");
        };
        check("-1\n", Some(-1));
        check("", None);
        assert!(in_tree(&[], "", &[]).perf_event_paranoid.is_absent());
    }

    #[test]
    fn reads_the_version_in_a_path() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(nsight_version(path).as_deref(), expected, "{path}");
        };
        check("/opt/nvidia/nsight-systems/2024.6.2/target-linux-x64/nsys", Some("2024.6.2"));
        check("/opt/nvidia/nsight-systems-cli/2025.1.1/bin/nsys", Some("2025.1.1"));
        check("/usr/local/cuda-12.6/nsight-compute-2024.3.2/ncu", Some("2024.3.2"));
        check("/usr/local/cuda-12.6/bin/ncu", None);
        check("/opt/nvidia/nsight-systems/latest/nsys", None);
    }

    proptest! {
        #[test]
        fn never_panics(path in ".*") {
            let _ = nsight_version(&format!("/nsight-{path}"));
        }
    }
}
