//! A framework looks for the CUDA libraries on the system, and the base has none.
//!
//! The flavour `base` of `nvidia/cuda` holds the CUDA runtime alone: no cuBLAS, cuFFT, NPP or NCCL. Wheels of
//! PyTorch and `tensorflow[and-cuda]` bring these. `tensorflow` without the extra, ONNX Runtime and
//! `cupy-cuda12x` look for them on the system; TensorFlow and ONNX Runtime then go on with the CPU, with one
//! line of warning.
//!
//! See for yourself with `ldconfig -p | grep libcublas` in the image.
//!
//! Take the extra that brings them, or the flavour `runtime`.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Install, Pick, installs},
    once::once,
};
use cuda_compat::{Flavour, Framework};
use serde::Serialize;

/// A framework looks for the CUDA libraries on the system, and the base has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` looks for the CUDA libraries on the system, and the flavour `base` has none")]
pub struct CudaLibrariesMissing {
    /// The requirement.
    pub requirement: String,
    /// The package with its own CUDA.
    pub instead: Option<String>,
    /// Whether it is written in the config.
    pub in_config: bool,
    /// Where it is written.
    pub place: Place,
}

impl CudaLibrariesMissing {
    pub(super) const CODE: &str = "image/cuda-libraries-missing";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            if recipe.cuda_tag().is_none_or(|tag| tag.flavour != Flavour::Base) {
                continue;
            }
            let all = installs(recipe);
            // CuPy and others load the libraries that PyTorch's wheels bring, where these are of their CUDA.
            let brought = |cuda: u32| {
                let brings = |pick: Pick| pick.brought().is_some_and(|it| it.major == cuda);
                all.iter().filter_map(Install::pick).any(brings)
            };
            for install in &all {
                let Some(pick) = install.pick().filter(|pick| !pick.build.brings_cuda) else { continue };
                let by_itself = [Framework::Tensorflow, Framework::OnnxruntimeGpu, Framework::Cupy];
                let by_apt = recipe.apt.iter().any(|it| brings_libraries(&it.value.name));
                let is_cupy = install.framework == Framework::Cupy;
                if !by_itself.contains(&install.framework)
                    || by_apt
                    || (is_cupy && brought(pick.build.cuda_last.major))
                {
                    continue;
                }
                found.push(Self {
                    requirement: install.shown(),
                    instead: instead(install),
                    in_config: scene.spec.is_some(),
                    place: install.place(),
                });
            }
        }
        once(found)
    }
}

impl Diagnosis for CudaLibrariesMissing {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let instead =
            self.instead.as_ref().map(|instead| format!("write `{instead}`, which brings them"));
        let runtime = match self.in_config {
            true => "write `base = \"runtime\"` for the image",
            false => "take the flavour `runtime` of the base",
        };
        Fix::alternatives(instead.into_iter().chain([runtime.to_owned()]))
    }
}

fn brings_libraries(package: &str) -> bool {
    let starts = ["cuda-libraries", "cuda-runtime", "cuda-toolkit", "libcublas"];
    starts.iter().any(|start| package.starts_with(start))
}

fn instead(install: &Install<'_>) -> Option<String> {
    let with = install.builds_anywhere().filter(|row| {
        row.brings_cuda && install.fits_image(row) && row.versions.iter().any(|it| install.allows(it))
    });
    with.map(|row| row.package.clone()).last()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(lines: &str, expected: Option<&str>) {
        let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [image.prod]\nbase = 'base'\nrequirements = ['r.txt']";
        let found = example::spec_with(text, &[("r.txt", lines)], CudaLibrariesMissing::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{lines}");
    }

    #[test]
    fn compares_with_the_flavour() {
        check("tensorflow==2.20.0", Some(
            "`tensorflow==2.20.0` looks for the CUDA libraries on the system, and the flavour `base` \
             has none"
        ));
        check("onnxruntime-gpu==1.23.2", Some(
            "`onnxruntime-gpu==1.23.2` looks for the CUDA libraries on the system, and the flavour \
             `base` has none"
        ));
        check("tensorflow[and-cuda]==2.20.0", None);
        check("torch==2.8.0\ncupy-cuda12x", None);
        check("torch==2.8.0", None);
    }

    #[test]
    fn the_runtime_has_them() {
        let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [image.prod]\nbase = 'runtime'\npip = ['tensorflow==2.20.0']";
        assert_eq!(example::spec(text, CudaLibrariesMissing::find), []);
    }
}
