//! The Dockerfile that a real team kept in its plans and never built, with every mistake that is known
//! of it: as it is written, and as the specification that it would be.

use super::{Problem, check, example};
use crate::{Dockerfile, Fleet, Recipe, Scene};
use std::collections::BTreeSet;
use std::path::Path;

const DOCKERFILE: &str = r#"FROM nvidia/cuda:11.8.0-cudnn8-devel-ubuntu20.04
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -y python3.11 python3.11-pip python3.11-venv git
COPY requirements-gpu.txt .
RUN pip3.11 install tensorflow torch cupy numba cudf-cu11
WORKDIR /app
COPY . .
CMD ["python3.11", "main.py"]
"#;

const SPEC: &str = r#"
[project]
name = "altlas-dev"
version = "1.0"

[cuda]
version = "11.8"
cudnn = "8"
python = "3.11"
os = "ubuntu20.04"
driver = "570.124.06"
gpus = ["RTX 4060", "9.0"]

[registry]
repository = "registry.example.com/altlas"
tag = "cuda-{cuda}-py{python}-v{version}"

[image.dev]
base = "devel"
cudnn = true
python_from = "distribution"
apt = ["python3.11", "python3.11-pip", "python3.11-venv"]
requirements = ["requirements-gpu.txt"]
nsight = true

[image.prod]
base = "runtime"
cudnn = true
python_from = "distribution"
apt = ["python3.11", "python3.11-venv"]
requirements = ["requirements-gpu.txt"]
cmd = ["python3.11", "main.py"]
engines = [{ path = "models/model.engine", gpu = "8.9", tensorrt = "10.3" }]
"#;

const REQUIREMENTS: &str = "tensorflow\ntorch\ncupy\nnumba\ncudf-cu11\nnumba-cuda[cu11]\n";

/// The codes that are missing among those that were found.
fn missing(found: &[Problem], expected: &[&'static str]) -> Vec<&'static str> {
    let codes: BTreeSet<&str> = found.iter().map(Problem::code).collect();
    expected.iter().copied().filter(|code| !codes.contains(code)).collect()
}

#[test]
fn the_dockerfile_gives_every_known_mistake() {
    let file = Dockerfile::parse(Path::new("Dockerfile"), DOCKERFILE.as_bytes()).unwrap();
    let fleet = Fleet { driver: Some("570.124.06".parse().unwrap()), ..example::fleet() };
    let found = check(&Scene {
        recipes: Recipe::from_dockerfile(&file),
        spec: None,
        dockerfile: Some(&file),
        requirements: crate::Requirements::default(),
        fleet,
        today: "2026-11-24".parse().unwrap(),
    });
    let expected = [
        "image/apt-package-unknown",
        "image/cuda-end-of-life",
        "image/devel-in-prod",
        "image/development-tools-in-prod",
        "image/distribution-end-of-life",
        "image/framework-not-pinned",
        "image/placeholder-package",
        "image/python-not-on-distribution",
        "image/source-build",
        "image/wheel-index-differs",
        "image/wheel-newer-than-driver",
    ];
    assert_eq!(missing(&found, &expected), [] as [&str; 0], "of {found:#?}");
    assert!(!found.iter().any(|problem| problem.code() == "image/base-tag-unknown"));
}

#[test]
fn the_specification_gives_every_known_mistake() {
    let found = example::spec_with(SPEC, &[("requirements-gpu.txt", REQUIREMENTS)], check);
    let expected = [
        "image/apt-package-unknown",
        "image/cuda-end-of-life",
        "image/distribution-end-of-life",
        "image/engine-for-other-gpu",
        "image/engine-without-tensorrt",
        "image/extra-ignored",
        "image/framework-not-pinned",
        "image/model-without-checksum",
        "image/placeholder-package",
        "image/python-not-on-distribution",
        "image/source-build",
        "image/tag-mutable",
        "image/wheel-index-differs",
        "image/wheel-newer-than-driver",
    ];
    assert_eq!(missing(&found, &expected), [] as [&str; 0], "of {found:#?}");
}

#[test]
fn each_fix_says_what_to_write() {
    let found = example::spec_with(SPEC, &[("requirements-gpu.txt", REQUIREMENTS)], check);
    let said: Vec<String> = found
        .iter()
        .map(|problem| {
            let diagnosis = problem.diagnosis();
            let fixes: Vec<String> = diagnosis.fixes().into_iter().map(|fix| fix.text).collect();
            format!("{}: {diagnosis}\n    {}\n", problem.code(), fixes.join("\n    "))
        })
        .collect();
    insta::assert_snapshot!(said.join(""));
}

/// What the solver makes of it is clean: the same products on one CUDA that is supported.
#[test]
fn a_specification_without_mistakes() {
    let text = r#"
[project]
name = "altlas-dev"
version = "1.0"

[cuda]
version = "12.6"
python = "3.11"
os = "ubuntu22.04"
driver = "570.124.06"
gpus = ["RTX 4060", "9.0"]

[frameworks]
torch = "2.8"
tensorflow = "2.20"
cupy = ">=13.6,<15"
numba-cuda = "0.20"
rapids = "25.8"

[registry]
repository = "registry.example.com/altlas"

[image.prod]
cmd = ["python", "main.py"]

[image.dev]
apt = ["git"]
nsight = true
"#;
    let found = example::spec_with(text, &[], check);
    let said: Vec<String> =
        found.iter().map(|problem| format!("{}: {problem:?}", problem.code())).collect();
    assert_eq!(said, [] as [&str; 0]);
}
