//! The image does not say that it wants GPUs.
//!
//! Images of `nvidia/cuda` set `NVIDIA_VISIBLE_DEVICES=all` and `NVIDIA_DRIVER_CAPABILITIES=compute,utility`;
//! Python's, Ubuntu's and Debian's own images do not. With `docker run --gpus all` that makes no difference.
//! Where the runtime `nvidia` is the default, as on many clusters, a container without the first variable gets
//! no GPU at all.
//!
//! See for yourself with `docker run --rm --runtime nvidia IMAGE nvidia-smi`.
//!
//! Set both in the image.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::Base;
use crate::written::{History, shipped, wanted};
use cuda_compat::Framework;
use serde::Serialize;

/// The image does not say that it wants GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the image installs `{package}` and does not set `NVIDIA_VISIBLE_DEVICES`")]
pub struct GpuVariablesMissing {
    /// A package that uses GPUs.
    pub package: String,
    /// Where it is written.
    pub place: Place,
}

impl GpuVariablesMissing {
    pub(super) const CODE: &str = "image/gpu-variables-missing";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(history) = shipped(scene) else { return Vec::new() };
        let is_set = history.env().any(|(name, _)| name.text == "NVIDIA_VISIBLE_DEVICES");
        if is_set || !is_bare(&history) {
            return Vec::new();
        }
        let mut calls = history.pip().filter(|(_, _, pip)| {
            !pip.index_page().is_some_and(|page| page.trim_end_matches('/').ends_with("/cpu"))
        });
        let package = calls.find_map(|(_, _, pip)| wanted(&pip).into_iter().find_map(uses_gpus));
        let place = history.recipe.place.clone();
        package.map(|package| Self { package, place }).into_iter().collect()
    }
}

/// Whether it begins with an image that certainly does not set the variable.
fn is_bare(history: &History<'_>) -> bool {
    let Base::Other(reference) = &history.recipe.base.value else { return false };
    let name = reference.path.strip_prefix("library/").unwrap_or(&reference.path);
    let is_hub = reference.registry.as_deref().is_none_or(|it| it == "docker.io");
    let bare = [
        "almalinux", "condaforge/mambaforge", "condaforge/miniforge3", "continuumio/miniconda3",
        "debian", "fedora", "mambaorg/micromamba", "python", "rockylinux", "ubuntu",
    ];
    is_hub && bare.contains(&name)
}

fn uses_gpus(package: crate::written::Wanted<'_>) -> Option<String> {
    let by_framework = Framework::of_package(&package.name).is_some_and(|framework| {
        // These are also installed for CPUs; the others are for nothing else.
        !matches!(framework, Framework::Numba | Framework::Jax | Framework::Tensorflow)
    });
    let with_cuda = package.word.text.contains("cuda");
    let is_cpu = package.range.ends_with("+cpu");
    let is_one = by_framework || with_cuda || package.name == "vllm";
    (is_one && !is_cpu).then_some(package.name)
}

impl Diagnosis for GpuVariablesMissing {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "write `ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility`",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, GpuVariablesMissing::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM python:3.12-slim\n";
        check(&format!("{base}RUN pip install torch==2.8.0\n"), 1);
        check(&format!("{base}RUN pip install requests\n"), 0);
        check(&format!("{base}RUN pip install torch --index-url https://download.pytorch.org/whl/cpu\n"), 0);
        check(&format!("{base}ENV NVIDIA_VISIBLE_DEVICES=all\nRUN pip install torch==2.8.0\n"), 0);
        check("FROM nvidia/cuda:12.8.1-base-ubuntu22.04\nRUN pip install torch==2.8.0\n", 0);
        check("FROM nvcr.io/nvidia/pytorch:25.08-py3\nRUN pip install vllm\n", 0);
        check("FROM ours/base:1\nRUN pip install torch==2.8.0\n", 0);
    }
}
