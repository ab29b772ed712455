//! Requirements and what pip would take for them.

use super::*;
use crate::scene::example;
use std::collections::BTreeMap;

fn recipe(python: &str, os: &str, lines: &str) -> Recipe {
    let text = format!(
        "[cuda]\nversion = '12.6'\npython = '{python}'\nos = '{os}'\n\
         [image.prod]\nbase = 'base'\nrequirements = ['r.txt']"
    );
    let spec = example::read(&text);
    let read = example::files(&[("r.txt", lines)]);
    Recipe::from_spec(&spec, &read).unwrap().remove(0)
}

#[test]
fn pip_takes_the_newest_that_fits() {
    let check = |python: &str, lines: &str, expected: &str| {
        let recipe = recipe(python, "ubuntu22.04", lines);
        let picks: Vec<String> = installs(&recipe)
            .iter()
            .map(|it| it.pick().map_or("nothing".to_owned(), |pick| pick.shown()))
            .collect();
        assert_eq!(picks.join(" "), expected, "{lines}");
    };
    check("3.11", "torch==2.8.0", "torch==2.8.0");
    check("3.9", "torch", "torch==2.8.0");
    check("3.11", "torch<2.7", "torch==2.6.0");
    check("3.11", "torch==2.7.1+cu118", "torch==2.7.1");
    check("3.11", "--index-url https://download.pytorch.org/whl/cu118\ntorch", "torch==2.7.1");
    check("3.11", "torch==9.9", "nothing");
    check("3.11", "torch>=2\ntorch<2.5", "torch==2.4.1");
    check("3.11", "tensorflow==2.20", "tensorflow==2.20.0");
    check("3.11", "tensorflow[and-cuda]==2.20", "tensorflow[and-cuda]==2.20.0");
    check("3.11", "tensorflow[and-cuda]==2.14.1", "nothing");
    check("3.10", "tensorflow[and-cuda]==2.14.1", "tensorflow[and-cuda]==2.14.1");
    check("3.11", "tensorflow[and-cuda]==2.13.1", "tensorflow==2.13.1");
    check("3.12", "jax[cuda12_pip]==0.5.3", "jax[cuda12]==0.5.3");
    check("3.12", "jax==0.5.3", "nothing");
    check("3.11", "onnxruntime-gpu[cuda,cudnn]==1.23.2", "onnxruntime-gpu[cuda,cudnn]==1.23.2");
    check("3.11", "onnxruntime-gpu==1.23.2", "onnxruntime-gpu==1.23.2");
    check("3.11", "torch @ https://example.com/torch.whl", "nothing");
    check("3.11", "--index-url https://pypi.example.com/simple\ntorch", "nothing");
    check("3.11", "torch==2.8.0; sys_platform == 'win32'", "");
    check("3.11", "numpy", "");
}

#[test]
fn the_c_library_decides_as_well() {
    let old = recipe("3.11", "ubuntu18.04", "torch");
    assert_eq!(installs(&old)[0].pick().unwrap().shown(), "torch==2.6.0");
}

#[test]
fn an_open_range_says_nothing_without_the_python() {
    let mut recipe = recipe("3.11", "ubuntu22.04", "torch>=2\njax[cuda12]==0.5.3");
    recipe.python = None;
    let found = installs(&recipe);
    assert!(found[0].is_open() && found[0].pick().is_none());
    assert!(!found[1].is_open() && found[1].pick().is_some());
}

#[test]
fn an_extra_may_be_ignored() {
    let check = |line: &str, expected: Option<(&str, &str)>| {
        let recipe = recipe("3.11", "ubuntu22.04", line);
        let found = installs(&recipe);
        let got = found[0].ignored_extra().map(|(extra, version)| (extra, version.to_string()));
        let expected = expected.map(|(extra, version)| (extra, version.to_owned()));
        assert_eq!(got, expected, "{line}");
    };
    check("numba-cuda[cu11]", Some(("cu11", "0.30.4")));
    check("numba-cuda[cu11]<0.19", None);
    check("numba-cuda[cu12]", None);
    check("tensorflow[and-cuda]==2.12.0", Some(("and-cuda", "2.12.0")));
    check("torch[opt-einsum]", None);
}

#[test]
fn nothing_without_a_framework() {
    let recipe =
        Recipe { env: BTreeMap::new(), ..recipe("3.11", "ubuntu22.04", "numpy\nrequests>=2") };
    assert!(installs(&recipe).is_empty());
}
