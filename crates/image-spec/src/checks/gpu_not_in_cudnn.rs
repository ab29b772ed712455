//! The cuDNN does not run on a GPU of the fleet.
//!
//! cuDNN 9.11 and newer run on Turing (compute capability 7.5) and newer; the last one for Maxwell, Pascal
//! and Volta is 9.10.2. On an older GPU each call answers `CUDNN_STATUS_ARCH_MISMATCH`.
//!
//! See for yourself in NVIDIA's cuDNN support matrix.
//!
//! Take a cuDNN up to 9.10.2, or leave the GPU out of the fleet.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, installs::installs, once::once};
use cuda_compat::{ComputeCapability, CudnnVersion, Framework, cudnn_least_capability};
use serde::Serialize;

/// The cuDNN does not run on a GPU of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("cuDNN {cudnn}{brought_by} needs compute capability {least}, and {gpu} has less")]
pub struct GpuNotInCudnn {
    /// The cuDNN.
    pub cudnn: CudnnVersion,
    /// What brings it: the base, or a framework.
    pub brought_by: String,
    /// The GPU.
    pub gpu: String,
    /// The least compute capability.
    pub least: ComputeCapability,
    /// Where it is written.
    pub place: Place,
}

impl GpuNotInCudnn {
    pub(super) const CODE: &str = "image/gpu-not-in-cudnn";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let of_base = recipe.cudnn.iter().map(|it| (it.value, String::new(), it.place.clone()));
            let of_wheels: Vec<_> = installs(recipe)
                .iter()
                .filter_map(|install| {
                    let build = install.pick()?.build;
                    // A least version that a framework takes says nothing of the one that comes.
                    let exact = build.brings_cuda && build.framework != Framework::Jax;
                    let cudnn = build.cudnn.filter(|_| exact)?;
                    Some((cudnn, format!(" of `{}`", install.shown()), install.place()))
                })
                .collect();
            for (cudnn, brought_by, place) in of_base.chain(of_wheels) {
                let Some(least) = cudnn_least_capability(cudnn) else { continue };
                let gpus = scene.fleet.gpus.iter().filter(|gpu| gpu.capability < least);
                found.extend(gpus.map(|gpu| Self {
                    cudnn,
                    brought_by: brought_by.clone(),
                    gpu: gpu.name.clone(),
                    least,
                    place: place.clone(),
                }));
            }
        }
        once(found)
    }
}

impl Diagnosis for GpuNotInCudnn {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand("take what brings cuDNN 9.10.2 or older"),
            Fix::by_hand("or leave the GPU out of the fleet"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_the_fleet() {
        let check = |sections: &str, expected: Option<&str>| {
            let text = format!("[cuda]\npython = '3.11'\nos = 'ubuntu22.04'\n{sections}");
            let found = example::spec(&text, GpuNotInCudnn::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{sections}");
        };
        let base = "[image.prod]\nbase = 'runtime'\ncudnn = true";
        check(&format!("version = '13.0.2'\ngpus = ['7.0']\n{base}"), Some(
            "cuDNN 9.14.0.64 needs compute capability 7.5, and compute capability 7.0 has less"
        ));
        check(&format!("version = '12.6'\ngpus = ['7.0']\n{base}"), None);
        check(&format!("version = '13.0'\ngpus = ['7.5']\n{base}"), None);
        let torch = |version: &str| {
            format!(
                "version = '12.6'\ngpus = ['7.0']\n[image.prod]\nbase = 'base'\n\
                 pip = ['torch=={version}']"
            )
        };
        check(&torch("2.11.0"), Some(
            "cuDNN 9.19.0.56 of `torch==2.11.0` needs compute capability 7.5, and compute capability \
             7.0 has less"
        ));
        check(&torch("2.8.0"), None);
    }
}
