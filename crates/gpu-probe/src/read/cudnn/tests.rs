//! Trees with cuDNN: packages, wheels, mixtures.

use super::*;
use crate::{
    PythonPackage,
    read::tree::{Tree, environment},
};
use proptest::prelude::*;

const OF_9: [&str; 7] =
    ["", "_graph", "_engines_runtime_compiled", "_heuristic", "_ops", "_cnn", "_adv"];

/// Adds the libraries of cuDNN 9 with their links, in one version.
fn add_9(tree: &Tree, folder: &str, version: &str) {
    for part in OF_9 {
        tree.write(&format!("{folder}/libcudnn{part}.so.{version}"), b"");
        let target = format!("-> libcudnn{part}.so.{version}");
        tree.write(&format!("{folder}/libcudnn{part}.so.9"), target.as_bytes());
    }
}

fn read_in(
    tree: &Tree,
    variables: &[(&str, &str)],
    python: &[PythonEnvironment],
) -> Vec<CudnnCopy> {
    read(&tree.root(), &environment(variables), python)
}

fn copy(folder: &str, version: &str, cuda_major: Option<u32>, found_by: &str) -> CudnnCopy {
    CudnnCopy {
        folder: folder.to_owned(),
        version: Reading::Found(version.parse().unwrap()),
        cuda_major: cuda_major.into(),
        incomplete: Vec::new(),
        found_by: found_by.to_owned(),
    }
}

#[test]
fn a_machine_without_it_has_none() {
    assert_eq!(read_in(&Tree::new(&[("usr/lib/x86_64-linux-gnu/libcuda.so.1", "")]), &[], &[]), []);
}

#[test]
fn reads_the_package_of_the_distribution() {
    let tree =
        Tree::new(&[("var/lib/dpkg/info/libcudnn9-cuda-12.list", ""), ("lib", "-> usr/lib")]);
    add_9(&tree, "usr/lib/x86_64-linux-gnu", "9.10.2");
    let expected = copy("/lib/x86_64-linux-gnu", "9.10.2", Some(12), "loader path");
    assert_eq!(read_in(&tree, &[], &[]), [expected]);
}

#[test]
fn tells_what_does_not_fit_together() {
    let tree = Tree::new(&[]);
    add_9(&tree, "opt/a", "9.1.0");
    tree.write("opt/a/libcudnn_ops.so.9.5.0", b"");
    tree.write("opt/a/libcudnn_engines_precompiled.so.9.0.0", b"");
    tree.remove("/opt/a/libcudnn_ops.so.9");
    tree.write("opt/a/libcudnn_ops.so.9", b"-> libcudnn_ops.so.9.5.0");
    tree.remove("/opt/a/libcudnn_adv.so.9");
    tree.remove("/opt/a/libcudnn_adv.so.9.1.0");
    let copies = read_in(&tree, &[("LD_LIBRARY_PATH", "/opt/a:relative:/opt/a/")], &[]);
    let mut expected = copy("/opt/a", "9.1.0", None, "LD_LIBRARY_PATH");
    expected.incomplete = ["libcudnn_adv", "libcudnn_engines_precompiled", "libcudnn_ops"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(copies, [expected]);
}

#[test]
fn reads_wheels() {
    let site = "/venv/lib/python3.11/site-packages";
    let lib = format!("{site}/nvidia/cudnn/lib");
    let tree = Tree::new(&[]);
    for part in OF_9 {
        tree.write(&format!("{}/libcudnn{part}.so.9", &lib[1..]), b"");
    }
    let jit = format!("{site}/nvidia/cudnn_jit/lib");
    for part in ["", "_graph", "_engines_runtime_compiled"] {
        tree.write(&format!("{}/libcudnn{part}.so.9", &jit[1..]), b"");
    }
    let package = |name: &str, version: &str| PythonPackage {
        name: name.to_owned(),
        version: version.to_owned(),
        ..PythonPackage::default()
    };
    let python = PythonEnvironment {
        site_packages: site.to_owned(),
        packages: vec![
            package("nvidia-cudnn-cu12", "9.10.2.21"),
            package("nvidia-cudnn-frontend", "1.14.0"),
            package("nvidia-cudnn-jit-cu13", "9.14.0.64"),
        ],
        ..PythonEnvironment::default()
    };
    let expected =
        [copy(&lib, "9.10.2.21", Some(12), "python"), copy(&jit, "9.14.0.64", Some(13), "python")];
    assert_eq!(read_in(&tree, &[], &[python]), expected);
}

#[test]
fn reads_headers_toolkits_and_loader_files() {
    let header = "#define CUDNN_MAJOR 8\n#define CUDNN_MINOR 9\n#define CUDNN_PATCHLEVEL 7\n";
    let tree = Tree::new(&[
        ("usr/local/cuda-11.8/lib64/libcudnn.so.8", ""),
        ("usr/local/cuda-11.8/include/cudnn_version.h", header),
        ("usr/local/cuda", "-> cuda-11.8"),
        ("etc/ld.so.conf.d/000_cuda.conf", "# comment\n/usr/local/cuda/lib64 # here\n"),
        ("opt/conda/lib/libcudnn.so.7.6.5", ""),
        ("opt/conda/lib/libcudnn.so", "-> libcudnn.so.7.6.5"),
    ]);
    let copies =
        read_in(&tree, &[("CONDA_PREFIX", "/opt/conda"), ("CUDA_HOME", "/usr/local/cuda")], &[]);
    let mut first = copy("/usr/local/cuda/lib64", "8.9.7", Some(11), "loader path");
    let parts = ["adv_infer", "adv_train", "cnn_infer", "cnn_train", "ops_infer", "ops_train"];
    first.incomplete = parts.map(|part| format!("libcudnn_{part}")).to_vec();
    assert_eq!(copies, [first, copy("/opt/conda/lib", "7.6.5", None, "conda")]);
}

#[test]
fn the_name_says_the_major_version_at_least() {
    let tree = Tree::new(&[("usr/lib64/libcudnn.so.7", ""), ("usr/lib64/libcudnn.so.x", "")]);
    assert_eq!(read_in(&tree, &[], &[]), [copy("/usr/lib64", "7", None, "loader path")]);
}

#[test]
fn reads_the_header() {
    let check = |text: &str, expected: Option<&str>| {
        let got = parse_header(text).map(|version| version.to_string());
        assert_eq!(got.as_deref(), expected, "{text}");
    };
    let real = "#ifndef CUDNN_VERSION_H_\n#define CUDNN_VERSION_H_\n\n#define CUDNN_MAJOR 9\n\
        #define CUDNN_MINOR 10\n#define CUDNN_PATCHLEVEL 2\n\n\
        #define CUDNN_VERSION (CUDNN_MAJOR * 10000 + CUDNN_MINOR * 100 + CUDNN_PATCHLEVEL)\n";
    check(real, Some("9.10.2"));
    check("#define CUDNN_MAJOR 7", Some("7"));
    check("#define CUDNN_MAJOR x", None);
    check("#include \"cudnn_version.h\"", None);
    check("", None);
}

proptest! {
    #[test]
    fn never_panics(text in "(?s).*") {
        let _ = parse_header(&text);
        let _ = parse_header(&format!("#define CUDNN_MAJOR{text}"));
        let _ = parse_ld_so_conf(&text);
        let _ = main_library(&format!("libcudnn.so.{text}"));
        let _ = full_version(&text);
        let _ = full_version(&format!("a.so.{text}"));
    }
}
