//! Dockerfiles, and what their images hold.

use super::*;
use crate::PythonFrom;
use std::path::Path;

fn recipes(name: &str, text: &str) -> Vec<Recipe> {
    Recipe::from_dockerfile(&Dockerfile::parse(Path::new(name), text.as_bytes()).unwrap())
}

fn last(text: &str) -> Recipe {
    recipes("Dockerfile", text).pop().unwrap()
}

#[test]
fn knows_the_python() {
    let check = |text: &str, version: Option<&str>, from: Option<PythonFrom>| {
        let recipe = last(text);
        let got = recipe.python.map(|python| python.value.to_string());
        assert_eq!((got.as_deref(), recipe.python_from), (version, from), "{text}");
    };
    use PythonFrom::{Base, Conda, Deadsnakes, Distribution, Uv};
    let cuda = "FROM nvidia/cuda:11.8.0-cudnn8-devel-ubuntu20.04\n";
    check(
        &format!("{cuda}RUN apt-get install python3.11 python3.11-pip\nRUN pip3.11 install x"),
        Some("3.11"),
        Some(Distribution),
    );
    check(
        &format!("{cuda}RUN apt-get install python3-pip\nRUN pip3 install x"),
        Some("3.8"),
        Some(Distribution),
    );
    check(
        &format!(
            "{cuda}RUN add-apt-repository -y ppa:deadsnakes/ppa && apt-get install -y python3.10 && python3.10 -m pip install x"
        ),
        Some("3.10"),
        Some(Deadsnakes),
    );
    check(
        &format!(
            "{cuda}RUN apt install -y python3.9 python3-pip && update-alternatives --install /usr/bin/python3 python3 /usr/bin/python3.9 1\nRUN pip install x"
        ),
        Some("3.9"),
        Some(Distribution),
    );
    check(
        &format!("{cuda}RUN uv venv --python 3.12 /v\nRUN uv pip install x"),
        Some("3.12"),
        Some(Uv),
    );
    check(
        &format!("{cuda}RUN conda create -y -n a python=3.10\nRUN conda run -n a pip install x"),
        Some("3.10"),
        Some(Conda),
    );
    check("FROM python:3.11-slim-bookworm\nRUN pip install x", Some("3.11"), Some(Base));
    check("FROM nvcr.io/nvidia/pytorch:24.05-py3\nRUN pip install x", None, Some(Base));
    check(&format!("{cuda}RUN echo"), None, None);
}

#[test]
fn knows_the_stack() {
    let check = |text: &str, cuda: Option<&str>, cudnn: Option<&str>, os: Option<&str>| {
        let recipe = last(text);
        let got = (
            recipe.cuda.map(|found| found.value.to_string()),
            recipe.cudnn.map(|found| found.value.to_string()),
            recipe.os.map(|found| found.value),
        );
        assert_eq!(
            (got.0.as_deref(), got.1.as_deref(), got.2.as_deref()),
            (cuda, cudnn, os),
            "{text}"
        );
    };
    check(
        "FROM nvidia/cuda:11.8.0-cudnn8-devel-ubuntu20.04",
        Some("11.8.0"),
        Some("8.9.6.50"),
        Some("ubuntu20.04"),
    );
    check(
        "FROM ubuntu:jammy\nRUN apt-get install -y cuda-toolkit-12-4 libcudnn9-cuda-12",
        Some("12.4"),
        Some("9"),
        Some("ubuntu22.04"),
    );
    check("FROM pytorch/pytorch:2.3.1-cuda12.1-cudnn8-runtime", Some("12.1"), Some("8"), None);
    check("FROM python:3.11-bookworm", None, None, Some("debian12"));
    check(
        "FROM continuumio/miniconda3\nRUN conda install -y pytorch-cuda=11.8 -c pytorch",
        Some("11.8"),
        None,
        None,
    );
}

#[test]
fn collects_packages_and_files() {
    let recipe = last(
        "ARG T=2.7.1\nFROM nvidia/cuda:12.6.3-devel-ubuntu22.04 AS b\nARG T\nWORKDIR /app\n\
         COPY requirements/ gpu.txt ./\n\
         RUN apt-get update && apt-get install -y --no-install-recommends git=1:2 $MORE\n\
         RUN pip3 install torch==$T --extra-index-url https://u:p@download.pytorch.org/whl/cu126 -r gpu.txt\n\
         RUN --mount=type=bind,source=dev.txt,target=/tmp/dev.txt pip3 install -r /tmp/dev.txt flash-attn\n\
         RUN pip install https://x/y/torch-2.6.0%2Bcu118-cp310-cp310-linux_x86_64.whl $OPEN\n\
         FROM b\nUSER 1000\nENV A=1\nCMD [\"a\"]\nENTRYPOINT [\"b\", \"c\"]\nHEALTHCHECK CMD curl -f x || exit 1\n",
    );
    let apt: Vec<&str> = recipe.apt.iter().map(|package| package.value.name.as_str()).collect();
    assert_eq!(apt, ["git"]);
    let pip: Vec<String> = recipe
        .pip
        .iter()
        .map(|asked| {
            let index = asked.value.index.as_deref().unwrap_or("-");
            format!("{} {index}", asked.value.requirement)
        })
        .collect();
    assert_eq!(
        pip,
        [
            "torch==2.7.1 https://download.pytorch.org/whl/cu126",
            "flash-attn -",
            "torch==2.6.0+cu118 -",
        ]
    );
    let files: Vec<_> = recipe
        .requirements_files
        .iter()
        .map(|used| used.value.path.display().to_string())
        .collect();
    assert_eq!(files, ["gpu.txt", "dev.txt"]);
    assert_eq!(recipe.compiles.len(), 1);
    assert_eq!(recipe.user.unwrap().value, "1000");
    assert_eq!(recipe.entrypoint.unwrap().value, ["b", "c"]);
    assert_eq!(recipe.cmd, None);
    assert_eq!(recipe.healthcheck.unwrap().value, ["curl", "-f", "x"]);
}

#[test]
fn knows_what_stages_are_for() {
    let check = |name: &str, text: &str, expected: &[Option<Usage>]| {
        let got: Vec<_> = recipes(name, text).iter().map(|recipe| recipe.usage).collect();
        assert_eq!(got, expected, "{name}");
    };
    use Usage::{Dev, Prod, Test};
    check("Dockerfile", "FROM a AS builder\nFROM a AS dev\nFROM b", &[None, Some(Dev), Some(Prod)]);
    check("Dockerfile", "FROM a AS prod\nFROM prod AS test", &[Some(Prod), Some(Test)]);
    check("docker/Dockerfile.dev", "FROM a", &[Some(Dev)]);
    check("dev/Dockerfile", "FROM a AS builder", &[Some(Prod)]);
}
