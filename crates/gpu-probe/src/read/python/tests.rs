//! Trees with Python environments, healthy and broken.

use super::*;
use crate::read::tree::{Tree, environment};
use proptest::prelude::*;

/// Files are `(path, text)`; links are `(path, "-> target")`.
fn in_tree(
    files: &[(&str, &[u8])],
    variables: &[(&str, &str)],
    folder: &str,
) -> Vec<PythonEnvironment> {
    let tree = Tree::new(&[]);
    files.iter().for_each(|(path, bytes)| tree.write(path, bytes));
    read(&tree.root(), &environment(variables), Path::new(folder))
}

fn versions(environment: &PythonEnvironment) -> Vec<String> {
    let packages = environment.packages.iter();
    packages.map(|package| format!("{} {}", package.name, package.version)).collect()
}

#[test]
fn reads_a_virtual_environment() {
    let site = "home/dev/app/.venv/lib/python3.11/site-packages";
    let at = |path: &str| format!("{site}/{path}");
    let files: Vec<(String, &[u8])> = vec![
        ("home/dev/app/.venv/pyvenv.cfg".to_owned(), b"home = /usr/bin\nversion = 3.11.7\n"),
        ("home/dev/app/.venv/bin/python3".to_owned(), b"-> /usr/bin/python3"),
        ("home/dev/app/.venv/lib64".to_owned(), b"-> lib"),
        (at("torch-2.9.1+cu126.dist-info/METADATA"), b"Name: torch\nVersion: 2.9.1+cu126\n"),
        (at("torch/version.py"), b"cuda: Optional[str] = '12.6'\n"),
        (
            at("nvidia_cudnn_cu12-9.10.2.21.dist-info/METADATA"),
            b"Name: nvidia-cudnn-cu12\nVersion: 9.10.2.21\n",
        ),
        (at("numpy-2.1.0.dist-info/METADATA"), b"Name: numpy\nVersion: 2.1.0\n"),
        (at("jax-0.4.31.dist-info/RECORD"), b""),
        (at("triton-3.5.1.dist-info/METADATA"), b"\xff\xfeN\0a\0m\0e\0:\0t\0"),
        (at("vllm-.dist-info/METADATA"), b"Name: vllm\nVersion: \n"),
        (at("~orch-2.5.0.dist-info/METADATA"), b"Name: torch\nVersion: 2.5.0\n"),
        ("usr/bin/python3.11".to_owned(), b""),
        ("usr/bin/python3".to_owned(), b"-> python3.11"),
        ("usr/lib/python3/dist-packages/six.py".to_owned(), b""),
    ];
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let variables =
        [("VIRTUAL_ENV", "/home/dev/app/.venv"), ("PATH", "/home/dev/app/.venv/bin:/usr/bin")];
    let found = in_tree(&files, &variables, "/home/dev/app/src/deep");
    let ways: Vec<_> =
        found.iter().map(|one| (one.found_by.as_str(), one.site_packages.as_str())).collect();
    let expected = [
        ("VIRTUAL_ENV", "/home/dev/app/.venv/lib/python3.11/site-packages"),
        ("system", "/usr/lib/python3/dist-packages"),
    ];
    assert_eq!(ways, expected);
    let [venv, system] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(venv.python.found().unwrap().to_string(), "3.11.7");
    assert_eq!(system.python.found().unwrap().to_string(), "3.11");
    assert_eq!(versions(venv), ["nvidia-cudnn-cu12 9.10.2.21", "torch 2.9.1+cu126"]);
    assert_eq!(venv.packages[1].cuda.found().unwrap().to_string(), "12.6");
    assert!(venv.packages[1].architectures.unknown().is_some());
    assert_eq!(venv.unreadable.len(), 4, "{:?}", venv.unreadable);
    for what in ["`jax` ", "`triton` ", "`vllm` ", "~orch-2.5.0.dist-info"] {
        assert!(venv.unreadable.iter().any(|reason| reason.contains(what)), "{what}");
    }
}

#[test]
fn finds_environments_in_every_way() {
    let check = |files: &[(&str, &[u8])], variables: &[(&str, &str)], expected: &[(&str, &str)]| {
        let found = in_tree(files, variables, "/home/dev/app");
        let found: Vec<_> =
            found.iter().map(|one| (one.found_by.as_str(), one.site_packages.as_str())).collect();
        assert_eq!(found, expected, "{files:?}");
    };
    check(&[], &[("VIRTUAL_ENV", "/gone"), ("PATH", "/usr/bin")], &[]);
    check(
        &[("home/dev/venv/pyvenv.cfg", b""), ("home/dev/venv/lib/python3.12/site-packages/x", b"")],
        &[],
        &[(".venv", "/home/dev/venv/lib/python3.12/site-packages")],
    );
    let pyenv: &[(&str, &[u8])] = &[
        ("root/.pyenv/shims/python3", b"#!/bin/sh"),
        ("root/.pyenv/version", b"3.11\n"),
        ("root/.pyenv/versions/3.11.7/lib/python3.11/site-packages/x", b""),
        ("root/.pyenv/versions/3.12.1/lib/python3.12/site-packages/x", b""),
    ];
    let path = [("PATH", "/root/.pyenv/shims:/usr/bin")];
    let site = |version: &str, line: &str| {
        format!("/root/.pyenv/versions/{version}/lib/python{line}/site-packages")
    };
    check(pyenv, &path, &[("PATH", &site("3.11.7", "3.11"))]);
    let local = [pyenv, &[("home/dev/.python-version", b"3.12.1")]].concat();
    check(&local, &path, &[("PATH", &site("3.12.1", "3.12"))]);
    check(
        &[
            ("opt/py/bin/python3.13", b""),
            ("usr/local/bin/python3", b"-> /opt/py/bin/python3.13"),
            ("opt/py/lib/python3.13/site-packages/x", b""),
            ("usr/local/lib/python3.11/dist-packages/x", b""),
        ],
        &[("PATH", "/usr/local/bin")],
        &[
            ("PATH", "/opt/py/lib/python3.13/site-packages"),
            ("system", "/usr/local/lib/python3.11/dist-packages"),
        ],
    );
}

#[test]
fn conda_fills_in_what_pip_does_not_say() {
    let found = in_tree(
        &[
            (
                "opt/conda/lib/python3.11/site-packages/torch-2.5.1.dist-info/METADATA",
                b"Name: torch\nVersion: 2.5.1\n",
            ),
            ("opt/conda/conda-meta/pytorch-2.5.1-py3.11_cuda12.4_cudnn9.1.0_0.json", b""),
            ("opt/conda/conda-meta/cudatoolkit-11.8.0-h4ba93d1_13.json", b""),
            ("opt/conda/conda-meta/history", b""),
        ],
        &[("CONDA_PREFIX", "/opt/conda")],
        "/",
    );
    let [conda] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(conda.found_by, "CONDA_PREFIX");
    assert_eq!(versions(conda), ["cudatoolkit 11.8.0", "torch 2.5.1"]);
    assert_eq!(conda.packages[1].cuda.found().unwrap().to_string(), "12.4");
}

#[test]
fn what_cannot_be_looked_at_is_listed_with_the_reason() {
    let loops: [(&str, &[u8]); 1] = [("venv/lib", b"-> lib")];
    let found = in_tree(&loops, &[("VIRTUAL_ENV", "/venv")], "/");
    let [venv] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(venv.site_packages, "/venv/lib");
    assert!(venv.python.unknown().is_some());
    assert_eq!(venv.unreadable, ["`/venv/lib`: Too many levels of symbolic links (os error 40)"]);
}

#[test]
fn reads_pyvenv_cfg() {
    let check = |text: &str, expected: Option<&str>| {
        let got = parse_pyvenv(text).map(|version| version.to_string());
        assert_eq!(got.as_deref(), expected, "{text}");
    };
    check(
        "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.7\n",
        Some("3.11.7"),
    );
    check("implementation = CPython\nversion_info = 3.12.3.final.0\n", Some("3.12.3"));
    check("home=/x\nversion_info=3.13\n", Some("3.13"));
    check("version = \n", None);
    check("version", None);
    check("", None);
}

proptest! {
    #[test]
    fn never_panics(text in "(?s).*") {
        let _ = parse_pyvenv(&text);
        let _ = parse_pyvenv(&format!("version = {text}"));
        let _ = folder_version(&text);
    }
}
