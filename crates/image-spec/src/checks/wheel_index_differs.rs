//! The wheels bring another major of CUDA than the base image has.
//!
//! What is compiled against the base, and what finds its libraries there, then meets the libraries of the
//! wheels in one process; the driver has to suit both, and the size is paid twice. It comes from an index
//! that was left over (`cu121` on a base of 11.8), or from PyPI, whose newest wheels are of a newer CUDA.
//!
//! See for yourself with `python -c "import torch; print(torch.version.cuda)"`.
//!
//! Name the index of the image's CUDA, or take the flavour `base`, on which only the wheels' CUDA counts.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, installs::installs, once::once};
use cuda_compat::{CudaVersion, Flavour, Framework, framework_builds};
use serde::Serialize;

/// The wheels bring another major of CUDA than the base image has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` brings CUDA {brings}, and the base has CUDA {cuda}")]
pub struct WheelIndexDiffers {
    /// The requirement.
    pub requirement: String,
    /// The CUDA of the wheels.
    pub brings: String,
    /// The CUDA of the base.
    pub cuda: CudaVersion,
    /// The index of PyTorch that fits the base.
    pub index: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl WheelIndexDiffers {
    pub(super) const CODE: &str = "image/wheel-index-differs";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let Some(tag) = recipe.cuda_tag().filter(|tag| tag.flavour != Flavour::Base) else { continue };
            for install in installs(recipe) {
                let Some(pick) = install.pick().filter(|pick| pick.build.brings_cuda) else { continue };
                let build = pick.build;
                if (build.cuda_first.major..=build.cuda_last.major).contains(&tag.cuda.major) {
                    continue;
                }
                found.push(Self {
                    requirement: install.shown(),
                    brings: pick.shown_cuda(),
                    cuda: tag.cuda.minor_line(),
                    index: index(install.framework, tag.cuda),
                    place: install.place(),
                });
            }
        }
        once(found)
    }
}

impl Diagnosis for WheelIndexDiffers {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let index = self.index.as_ref().map(|index| {
            format!(
                "name the index of the base's CUDA: `--index-url https://download.pytorch.org/whl/{index}`"
            )
        });
        let base = "take the flavour `base`: only the CUDA of the wheels counts there";
        Fix::alternatives(index.into_iter().chain([base.to_owned()]))
    }
}

fn index(framework: Framework, cuda: CudaVersion) -> Option<String> {
    let name = format!("cu{}{}", cuda.major, cuda.minor);
    let has = |index: &str| {
        let mut rows = framework_builds().iter();
        rows.any(|row| row.framework == framework && row.index.as_deref() == Some(index))
    };
    has(&name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(lines: &str, expected: Option<&str>) {
        let text = "[cuda]\nversion = '11.8'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [image.prod]\nbase = 'runtime'\nrequirements = ['r.txt']";
        let found = example::spec_with(text, &[("r.txt", lines)], WheelIndexDiffers::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{lines}");
    }

    #[test]
    fn compares_with_the_base() {
        check("--index-url https://download.pytorch.org/whl/cu121\ntorch", Some(
            "`torch` brings CUDA 12.1, and the base has CUDA 11.8"
        ));
        check("torch", Some("`torch` brings CUDA 13.2, and the base has CUDA 11.8"));
        check("--index-url https://download.pytorch.org/whl/cu118\ntorch", None);
        check("cupy-cuda12x", None);
    }

    #[test]
    fn on_the_small_base_only_the_wheels_count() {
        let text = "[cuda]\nversion = '11.8'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [image.prod]\nbase = 'base'\npip = ['torch']";
        assert_eq!(example::spec(text, WheelIndexDiffers::find), []);
    }
}
