//! Trees with toolkits, and the limits of real headers.

use super::*;
use crate::read::tree::{Tree, environment};
use proptest::prelude::*;

fn read_in(tree: &Tree, variables: &[(&str, &str)]) -> Vec<Toolkit> {
    read(&tree.root(), &environment(variables))
}

const HOST_CONFIG: &str = "#if defined(__GNUC__)\n#if __GNUC__ > 13\n";
const V12_6: &str = r#"{"cuda": {"name": "CUDA SDK", "version": "12.6.3"}}"#;

#[test]
fn one_folder_by_many_ways_is_one_toolkit() {
    let tree = Tree::new(&[
        ("usr/local/cuda-12.6/bin/nvcc", ""),
        ("usr/local/cuda-12.6/version.json", V12_6),
        ("usr/local/cuda-12.6/targets/x86_64-linux/include/crt/host_config.h", HOST_CONFIG),
        ("usr/local/cuda-11.8/version.txt", "CUDA Version 11.8.89"),
        ("usr/local/cuda-9.0/leftover", ""),
        ("usr/local/cudaX/version.json", V12_6),
        ("usr/local/cuda", "-> /etc/alternatives/cuda"),
        ("etc/alternatives/cuda", "-> /usr/local/cuda-12.6"),
    ]);
    let toolkits = read_in(
        &tree,
        &[
            ("CUDA_HOME", "/usr/local/cuda"),
            ("CUDA_PATH", "/nowhere"),
            ("PATH", "/usr/bin:/usr/local/cuda/bin"),
        ],
    );
    let expected = [
        Toolkit {
            path: "/usr/local/cuda-12.6".to_owned(),
            found_by: ["CUDA_HOME", "PATH", "/usr/local"].map(str::to_owned).to_vec(),
            version: Reading::Found("12.6.3".parse().unwrap()),
            nvcc: Reading::Found("/usr/local/cuda-12.6/bin/nvcc".to_owned()),
            first_on_path: true,
            host_compiler_limit: Reading::Found(NvccLimit { gcc_max: Some(13), clang_max: None }),
        },
        Toolkit {
            path: "/usr/local/cuda-11.8".to_owned(),
            found_by: vec!["/usr/local".to_owned()],
            version: Reading::Found("11.8.89".parse().unwrap()),
            nvcc: Reading::Absent,
            first_on_path: false,
            host_compiler_limit: Reading::Absent,
        },
    ];
    assert_eq!(toolkits.len(), expected.len(), "{toolkits:?}");
    for expected in expected {
        assert!(toolkits.contains(&expected), "{expected:?} in {toolkits:?}");
    }
}

#[test]
fn knows_the_package_of_debian() {
    let tree = Tree::new(&[
        ("usr/lib/nvidia-cuda-toolkit/bin/nvcc", ""),
        ("usr/lib/cuda/version.txt", "CUDA Version 11.5.119"),
        ("usr/include/crt/host_config.h", "#if __GNUC__ > 11"),
        ("usr/bin/nvcc", "-> ../lib/nvidia-cuda-toolkit/bin/nvcc"),
    ]);
    let toolkits = read_in(&tree, &[("PATH", "/usr/bin")]);
    let [toolkit] = toolkits.as_slice() else { panic!("{toolkits:?}") };
    assert_eq!(toolkit.path, "/usr/lib/cuda");
    assert_eq!(toolkit.found_by, ["PATH", "distribution"]);
    assert_eq!(toolkit.nvcc, Reading::Found("/usr/bin/nvcc".to_owned()));
    assert_eq!(toolkit.version, Reading::Found("11.5.119".parse().unwrap()));
    assert!(toolkit.first_on_path);
    assert_eq!(toolkit.host_compiler_limit.found().unwrap().gcc_max, Some(11));
}

#[test]
fn knows_conda_and_the_hpc_sdk() {
    let tree = Tree::new(&[
        ("opt/conda/bin/nvcc", ""),
        ("opt/conda/conda-meta/cuda-version-12.4-h3060b56_3.json", ""),
        ("opt/nvidia/hpc_sdk/Linux_x86_64/24.9/cuda/12.6/bin/nvcc", ""),
        (
            "opt/nvidia/hpc_sdk/Linux_x86_64/24.9/cuda/12.6/include/cuda.h",
            "#define CUDA_VERSION 12060",
        ),
        ("opt/nvidia/hpc_sdk/Linux_x86_64/24.9/cuda/include/cuda.h", ""),
    ]);
    let toolkits = read_in(&tree, &[("CONDA_PREFIX", "/opt/conda")]);
    let got: Vec<_> = toolkits
        .iter()
        .map(|toolkit| (toolkit.found_by[0].as_str(), toolkit.version.found().unwrap().to_string()))
        .collect();
    assert_eq!(got, [("conda", "12.4".to_owned()), ("NVIDIA HPC SDK", "12.6".to_owned())]);
}

#[test]
fn tells_of_an_empty_folder_only_where_a_variable_names_it() {
    let tree = Tree::new(&[("opt/cuda/readme", ""), ("usr/local/cuda/readme", "")]);
    assert_eq!(read_in(&tree, &[]), []);
    let named = read_in(&tree, &[("CUDA_HOME", "/opt/cuda")]);
    assert_eq!(named.len(), 1);
    assert!(named[0].version.is_absent() && named[0].nvcc.is_absent());
    let broken = read_in(&Tree::new(&[("usr/local/cuda/version.json", "\u{0}\u{1}")]), &[]);
    assert!(broken[0].version.unknown().unwrap().contains("version.json"));
}

#[test]
fn what_cannot_be_looked_at_is_unknown() {
    let toolkits = read_in(&Tree::new(&[("loop", "-> /loop")]), &[("CUDA_HOME", "/loop")]);
    let [toolkit] = toolkits.as_slice() else { panic!("{toolkits:?}") };
    assert_eq!(toolkit.path, "/loop");
    assert!(toolkit.version.unknown().is_some() && toolkit.nvcc.unknown().is_some());
}

#[test]
fn reads_the_limits_of_the_host_compiler() {
    let check = |text: &str, gcc_max: Option<u32>, clang_max: Option<u32>| {
        assert_eq!(parse_host_config(text), NvccLimit { gcc_max, clang_max }, "{text}");
    };
    let of_11_8 = "
#if defined(__GNUC__)

#if __GNUC__ > 11

#error -- unsupported GNU version! gcc versions later than 11 are not supported!

#endif /* __GNUC__ > 11 */


#if defined(__clang__) && !defined(__ibmxl_vrm__) && !defined(__ICC) && !defined(__HORIZON__) && !defined(__APPLE__)

#if (__clang_major__ >= 15) || (__clang_major__ < 3) || ((__clang_major__ == 3) &&  (__clang_minor__ < 3))
#error -- unsupported clang version! clang version must be less than 15 and greater than 3.2 .
";
    check(of_11_8, Some(11), Some(14));
    let of_13 = "
#if !defined(__GNUC__) && !defined(_WIN32)
#endif /* !__GNUC__ && !_WIN32 */
#if defined(__GRCO_CLANG_COMPILER__)
#if (__GRCO_CLANG_COMPILER__ == 1) && ((__clang_major__ < 16) || (__clang_major__ > 22))
#endif
#endif  /* __GRCO_CLANG_COMPILER__  */
#if defined(__GNUC__)
#if __GNUC__ > 16
#endif /* __GNUC__ > 16 */
#if defined(__HORIZON__)
#if (__clang_major__ >= 21) || (__clang_major__ < 3)
#endif /* __HORIZON__  */
#if defined(__clang__) && !defined(__ibmxl_vrm__) && !defined(__ICC) && !defined(__HORIZON__) && !defined(__APPLE__) && !defined(__GRCO_CLANG_COMPILER__)
#if (__clang_major__ >= 23) || (__clang_major__ < 3) || ((__clang_major__ == 3) &&  (__clang_minor__ < 3))
";
    check(of_13, Some(16), Some(22));
    check("#if __GNUC__ > 9\n#if defined(__clang__)\n#if (__clang_major__ > 9)", Some(9), Some(9));
    check("", None, None);
    check("#if __GNUC__ > many\n#if __GNUC__ >= 0", None, None);
}

proptest! {
    #[test]
    fn never_panics(text in ".*") {
        let _ = parse_host_config(&text);
        let _ = parse_host_config(&format!("#if __GNUC__ >{text}"));
        let clang = format!("#if defined(__clang__)\n#if __clang_major__ >={text}");
        let _ = parse_host_config(&clang);
    }
}
