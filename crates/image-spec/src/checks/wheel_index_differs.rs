//! The wheels bring another major of CUDA than the base image has.
//!
//! What is compiled against the base, and what finds its libraries there, then meets the libraries of the
//! wheels in one process; the driver has to suit both, and the size is paid twice. It comes from an index
//! that was left over (`cu121` on a base of 11.8), or from PyPI, whose newest wheels are of a newer CUDA.
//!
//! See for yourself with `python -c "import torch; print(torch.version.cuda)"`.
//!
//! Name the index of the image's CUDA, where it has the release, or take the flavour `base`, on which only the wheels' CUDA counts.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Facts, Install, Pick, installs},
    once::once,
};
use cuda_compat::{CudaVersion, Flavour};
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
    /// The same release for the CUDA of the base, or the nearest that there is, with its index.
    pub instead: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl WheelIndexDiffers {
    pub(super) const CODE: &str = "image/wheel-index-differs";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let Some(tag) = recipe.cuda_tag().filter(|tag| tag.flavour != Flavour::Base) else { continue };
            let facts = Facts::of(recipe, &scene.fleet);
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
                    instead: instead(&install, pick, tag.cuda, &facts),
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
        let instead = self.instead.as_ref().map(|instead| {
            format!("write {instead}, which is for CUDA {}", self.cuda.major)
        });
        let base = "take the flavour `base`: only the CUDA of the wheels counts there";
        Fix::alternatives(instead.into_iter().chain([base.to_owned()]))
    }
}

/// The release that is asked for, for the CUDA of the base; the nearest newer one that there is, the
/// newest otherwise.
fn instead(
    install: &Install<'_>,
    pick: Pick,
    cuda: CudaVersion,
    facts: &Facts<'_>,
) -> Option<String> {
    let rows = install.builds_anywhere();
    let all = rows.flat_map(|build| build.versions.iter().map(move |version| Pick { version, build }));
    let fitting: Vec<Pick> = all.filter(|it| it.is_for(cuda) && facts.fit(install, it)).collect();
    // Of those of one release that on the index of the base's own CUDA.
    let distance = |it: &&Pick| it.build.cuda_first.minor.abs_diff(cuda.minor);
    let same = fitting.iter().filter(|it| it.version == pick.version).min_by_key(distance);
    let allowed = fitting.iter().filter(|it| install.allows(it.version));
    let allowed = allowed.max_by_key(|it| it.version);
    let newer = fitting.iter().filter(|it| it.version > pick.version).min_by_key(|it| it.version);
    let newest = || fitting.iter().max_by_key(|it| it.version);
    same.or(allowed).or(newer).or_else(newest).map(|it| install.in_words(it))
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
    fn offers_what_is_published() {
        let first_fix = |pip: &str| {
            let text = format!(
                "FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04\n\
                 RUN apt-get install -y python3-pip && pip install {pip}\n"
            );
            let found = example::dockerfile(&text, WheelIndexDiffers::find);
            found[0].fixes()[0].text.clone()
        };
        assert_eq!(first_fix("torch==1.13.1"), "write `torch==2.1.0`, which is for CUDA 12");
        assert_eq!(
            first_fix("--index-url https://download.pytorch.org/whl/cu118 torch==2.5.1"),
            "write `torch==2.5.1` from PyPI, which is for CUDA 12"
        );
    }

    #[test]
    fn on_the_small_base_only_the_wheels_count() {
        let text = "[cuda]\nversion = '11.8'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [image.prod]\nbase = 'base'\npip = ['torch']";
        assert_eq!(example::spec(text, WheelIndexDiffers::find), []);
    }
}
