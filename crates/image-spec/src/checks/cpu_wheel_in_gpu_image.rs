//! A build without CUDA is installed in an image for GPUs.
//!
//! `https://download.pytorch.org/whl/cpu`, `torch==…+cpu` and `tensorflow-cpu` are the builds without CUDA.
//! They install and run, and `torch.cuda.is_available()` is false: the image carries CUDA for nothing, and
//! the program is slow without a word.
//!
//! See for yourself with `docker run --rm --gpus all IMAGE python3 -c 'import torch; print(torch.version.cuda)'`.
//!
//! Take the index of the image's CUDA, or begin with a base without CUDA.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{histories, once, wanted};
use serde::Serialize;

/// A build without CUDA is installed in an image for GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` is a build without CUDA, in an image of `nvidia/cuda`")]
pub struct CpuWheelInGpuImage {
    /// The package.
    pub package: String,
    /// Where it is written.
    pub place: Place,
}

impl CpuWheelInGpuImage {
    pub(super) const CODE: &str = "image/cpu-wheel-in-gpu-image";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            if history.cuda_tag().is_none() {
                continue;
            }
            for (_, command, pip) in history.pip() {
                let index = pip.index.is_some_and(|index| index.trim_end_matches('/').ends_with("/whl/cpu"));
                let is_cpu = |name: &str, range: &str| {
                    name == "tensorflow-cpu"
                        || name == "torch" && (index || range.trim_end().ends_with("+cpu"))
                };
                let named = wanted(&pip);
                if let Some(package) = named.iter().find(|it| is_cpu(&it.name, it.range)) {
                    let place = history.file.place(command.span.start);
                    once(&mut found, Self { package: package.name.clone(), place });
                }
            }
        }
        found
    }
}

impl Diagnosis for CpuWheelInGpuImage {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "install it from `https://download.pytorch.org/whl/cuXYZ` of the image's CUDA, or take a \
             base without CUDA",
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
            let found = example::dockerfile(text, CpuWheelInGpuImage::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        let at = "https://download.pytorch.org/whl";
        check(&format!("{base}RUN pip install torch torchvision --index-url {at}/cpu\n"), 1);
        check(&format!("{base}RUN pip install torch==2.8.0+cpu -f {at}/torch_stable.html\n"), 1);
        check(&format!("{base}RUN pip install tensorflow-cpu==2.20.0\n"), 1);
        check(&format!("{base}RUN pip install torch==2.8.0 --index-url {at}/cu128\n"), 0);
        check(&format!("FROM python:3.12\nRUN pip install torch --index-url {at}/cpu\n"), 0);
    }
}
