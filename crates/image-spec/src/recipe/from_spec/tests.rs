//! Specifications and the recipes that they make.

use super::*;
use crate::scene::example;

fn recipes(text: &str) -> Result<Vec<Recipe>, SpecError> {
    Recipe::from_spec(&example::read(text), &BTreeMap::new())
}

const STACK: &str = "[cuda]\nversion = '12.6'\ncudnn = '9'\npython = '3.11'\nos = 'ubuntu22.04'\n";

#[test]
fn the_base_is_the_smallest_that_suffices() {
    let check = |sections: &str, expected: &str| {
        let recipes = recipes(&format!("{STACK}{sections}")).unwrap();
        let crate::Base::Cuda { reference, .. } = &recipes[0].base.value else { panic!() };
        assert_eq!(reference.to_string(), expected, "{sections}");
    };
    let torch = "[frameworks]\ntorch = '2.8'\n";
    check(&format!("{torch}[image.prod]"), "nvidia/cuda:12.6.3-base-ubuntu22.04");
    check("[image.prod]", "nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04");
    check(&format!("{torch}[image.dev]"), "nvidia/cuda:12.6.3-devel-ubuntu22.04");
    check(&format!("{torch}[image.prod]\ncompiles = true"), "nvidia/cuda:12.6.3-devel-ubuntu22.04");
    check(
        &format!("{torch}[image.prod]\npip = ['onnxruntime-gpu==1.23.2']"),
        "nvidia/cuda:12.6.3-runtime-ubuntu22.04",
    );
    check(
        "[frameworks]\nnumba = '*'\n[image.prod]\ncudnn = false",
        "nvidia/cuda:12.6.3-devel-ubuntu22.04",
    );
    check(
        "[frameworks]\nnumba = '*'\nnumba-cuda = '*'\n[image.prod]",
        "nvidia/cuda:12.6.3-base-ubuntu22.04",
    );
    check(
        &format!("{torch}[image.prod]\ncudnn = true"),
        "nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04",
    );
    check("[image.prod]\nbase = 'base'", "nvidia/cuda:12.6.3-base-ubuntu22.04");
    check(
        "[registry]\nmirror = 'mirror.example.com/hub'\n[image.prod]\nbase = 'base'",
        "mirror.example.com/hub/nvidia/cuda:12.6.3-base-ubuntu22.04",
    );
}

#[test]
fn a_base_that_is_not_there_is_kept_for_the_checks() {
    let text = "[cuda]\nversion = '12.6'\nos = 'ubuntu18.04'\n[image.prod]\nbase = 'devel'\n";
    let recipes = recipes(text).unwrap();
    assert_eq!(recipes[0].cuda_tag().unwrap().to_string(), "12.6.3-devel-ubuntu18.04");
}

#[test]
fn a_base_of_its_own() {
    let check = |base: &str, mirror: &str, expected: &str, os: Option<&str>| {
        let text = format!("{mirror}\n[image.prod]\nbase = '{base}'");
        let recipes = recipes(&text).unwrap();
        let got = match &recipes[0].base.value {
            crate::Base::Cuda { reference, .. } | crate::Base::Other(reference) => {
                reference.to_string()
            }
            crate::Base::Scratch => "scratch".to_owned(),
            crate::Base::Open(text) => panic!("{text}"),
        };
        assert_eq!(got, expected);
        assert_eq!(recipes[0].os.as_ref().map(|os| os.value.as_str()), os, "{base}");
    };
    let mirror = "[registry]\nmirror = 'localhost:5000'";
    check("busybox:1.36", mirror, "localhost:5000/library/busybox:1.36", None);
    check("nvcr.io/nvidia/pytorch:24.10-py3", mirror, "nvcr.io/nvidia/pytorch:24.10-py3", None);
    check("ubuntu:22.04", "", "ubuntu:22.04", Some("ubuntu22.04"));
    check("debian:bookworm-slim", "", "debian:bookworm-slim", Some("debian12"));
    check("python:3.11-slim-bookworm", "", "python:3.11-slim-bookworm", Some("debian12"));
    check("scratch", "", "scratch", None);
}

#[test]
fn frameworks_become_requirements() {
    let check = |cuda: &str, python: &str, framework: &str, expected: &str| {
        let text = format!(
            "[cuda]\nversion = '{cuda}'\npython = '{python}'\nos = 'ubuntu22.04'\n\
             [frameworks]\n{framework}\n[image.prod]\nbase = 'base'"
        );
        let recipes = recipes(&text).unwrap();
        let asked = &recipes[0].pip[0].value;
        let index = asked.index.as_deref().unwrap_or("PyPI");
        assert_eq!(format!("{} from {index}", asked.requirement), expected);
    };
    let pytorch = |range: &str, index: &str| {
        format!("torch{range} from https://download.pytorch.org/whl/{index}")
    };
    check("12.6", "3.11", "torch = '2.8'", &pytorch("==2.8.*", "cu126"));
    check("11.8", "3.11", "torch = '*'", &pytorch("", "cu118"));
    check("12.3", "3.11", "torch = '2.4'", &pytorch("==2.4.*", "cu124"));
    check("12.6", "3.11", "cupy = '>=13'", "cupy-cuda12x[ctk]>=13 from PyPI");
    check("13.0", "3.12", "cupy = '*'", "cupy-cuda13x[ctk] from PyPI");
    check("12.6", "3.11", "tensorflow = '2.20'", "tensorflow[and-cuda]==2.20.* from PyPI");
    check("11.8", "3.11", "tensorflow = '2.14'", "tensorflow==2.14.* from PyPI");
    check("12.6", "3.11", "jax = '*'", "jax[cuda12] from PyPI");
    check("12.6", "3.11", "rapids = '25.8'", "cudf-cu12==25.8.* from PyPI");
    check("11.8", "3.11", "rapids = '*'", "cudf-cu11 from https://pypi.nvidia.com");
    check("12.6", "3.11", "numba-cuda = '*'", "numba-cuda[cu12] from PyPI");
}

#[test]
fn children_inherit() {
    let recipes = recipes(&format!(
        "{STACK}[frameworks]\ntorch = '2.8'\n[image.dev]\napt = ['git=1:2.34']\nnsight = true\n\
         [image.a]\nfrom = 'dev'\npip = ['pytest']\nuser = 'app'\nentrypoint = ['python']"
    ))
    .unwrap();
    let names: Vec<&str> = recipes.iter().map(|recipe| recipe.name.as_str()).collect();
    assert_eq!(names, ["dev", "a"]);
    let child = &recipes[1];
    assert_eq!(child.parent, Some(0));
    let apt: Vec<&str> = child.apt.iter().map(|it| it.value.name.as_str()).collect();
    assert_eq!(apt, ["git", "cuda-nsight-systems-12-6", "cuda-nsight-compute-12-6"]);
    assert_eq!(child.apt[0].value.version.as_deref(), Some("1:2.34"));
    assert_eq!(child.apt[0].place, Place::key("image.dev.apt.0"));
    let pip: Vec<&str> = child.pip.iter().map(|it| it.value.requirement.name.as_ref()).collect();
    assert_eq!(pip, ["torch", "pytest"]);
    assert_eq!(child.pip[0].place, Place::key("frameworks.torch"));
    assert_eq!(child.pip[1].place, Place::key("image.a.pip.0"));
    assert_eq!(child.base, recipes[0].base);
    assert_eq!(child.user.as_ref().unwrap().value, "app");
}

#[test]
fn requirements_files_are_handed_in() {
    let text = format!("{STACK}[image.prod]\nrequirements = ['r.txt', 'not-read.txt']");
    let spec = example::read(&text);
    let read = example::files(&[("r.txt", "torch==2.8.0\n--index-url https://x/cu126\nnumpy\n")]);
    let recipes = Recipe::from_spec(&spec, &read).unwrap();
    let pip: Vec<String> =
        recipes[0].pip.iter().map(|it| it.value.requirement.to_string()).collect();
    assert_eq!(pip, ["torch==2.8.0", "numpy"]);
}

#[test]
fn what_makes_no_images_is_refused() {
    let check = |text: &str, expected: &str, place: &str| {
        let error = recipes(text).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.place(), &Place::key(place));
    };
    check(
        "[image.dev]\nbase = 'busybox:1'\n[image.prod]\nfrom = 'dve'",
        "image `prod` builds on `dve`, and there is no such image; did you mean `dev`?",
        "image.prod.from",
    );
    check(
        "[image.a]\nfrom = 'b'\n[image.b]\nfrom = 'c'\n[image.c]\nfrom = 'b'",
        "images build on each other in a circle: `b` on `c` on `b`",
        "image.b.from",
    );
    check(
        "[image.a]\nfrom = 'a'",
        "images build on each other in a circle: `a` on `a`",
        "image.a.from",
    );
    check(
        "[image.dev]\nbase = 'busybox:1'\n[image.prod]\nfrom = 'dev'\nbase = 'base'",
        "image `prod` has `base` beside `from`: what builds on another image begins with that \
         image's base; remove one of the two",
        "image.prod.base",
    );
    check(
        "[cuda]\nversion = '12.6'\n[image.prod]",
        "image `prod` begins with CUDA, and `[cuda]` has no `os`; add it, as in \
         `os = \"ubuntu22.04\"`, or give the image a `base` with a tag",
        "image.prod",
    );
}
