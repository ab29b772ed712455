//! pip replaces the PyTorch that the base image came with.
//!
//! Images such as `nvcr.io/nvidia/pytorch`, `pytorch/pytorch` and `l4t-pytorch` hold a torch that was built
//! for the CUDA, cuDNN and NCCL beside it. `pip install torch==X` removes it and brings a wheel with a CUDA
//! of its own: three gigabytes more, what was compiled against the old one (Apex, Transformer Engine,
//! torchvision) no longer loads, and on a Jetson the wheel of PyPI computes on the CPU.
//!
//! See for yourself with `docker run --rm BASE pip list | grep -i torch`.
//!
//! Leave torch out of what is installed, and take the base image with the release that is wanted; or begin
//! with a plain `nvidia/cuda` and install torch there.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Reference, Scene, installs::shown, once::once, open_question::is_jetson};
use pep508_rs::VersionOrUrl;
use serde::Serialize;

/// pip replaces the PyTorch that the base image came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` replaces the torch of the base `{base}`{end}",
    end = if *jetson { ", and what PyPI has instead is not for Jetson's GPU" } else { "" })]
pub struct FrameworkOfBaseReplaced {
    /// The requirement.
    pub requirement: String,
    /// The base.
    pub base: String,
    /// Whether it is an image for Jetson.
    pub jetson: bool,
    /// Where it is written.
    pub place: Place,
}

impl FrameworkOfBaseReplaced {
    pub(super) const CODE: &str = "image/framework-of-base-replaced";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let Base::Other(base) = &recipe.base.value else { continue };
            if !has_torch(base) {
                continue;
            }
            for asked in &recipe.pip {
                let requirement = &asked.value.requirement;
                // Without a version pip is content with the torch that is there.
                let Some(VersionOrUrl::VersionSpecifier(range)) = &requirement.version_or_url else {
                    continue;
                };
                let same = of_tag(base).is_some_and(|has| range.contains(&has));
                if requirement.name.as_ref() != "torch" || !requirement.marker.is_true() || same {
                    continue;
                }
                // What it has is older or newer; only an exact release is sure to differ.
                if !range.iter().any(|it| *it.operator() == pep440_rs::Operator::Equal) {
                    continue;
                }
                found.push(Self {
                    requirement: shown(&asked.value),
                    base: base.to_string(),
                    jetson: is_jetson(&base.path),
                    place: asked.place.clone(),
                });
            }
        }
        once(found)
    }
}

impl Diagnosis for FrameworkOfBaseReplaced {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let leave = "leave `torch` out, and take the tag of the base that has the release".to_owned();
        let plain = "begin with a plain `nvidia/cuda` image, and install `torch` there".to_owned();
        Fix::alternatives([leave].into_iter().chain((!self.jetson).then_some(plain)))
    }
}

/// Whether it is an image that holds a torch.
fn has_torch(base: &Reference) -> bool {
    let path = base.path.as_str();
    let of_ngc = base.registry.as_deref() == Some("nvcr.io") && path == "nvidia/pytorch";
    of_ngc || path == "pytorch/pytorch" || path.ends_with("/l4t-pytorch")
}

/// The release that `pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime` names. NVIDIA's own builds are none
/// that PyPI has: even the same number is replaced.
fn of_tag(base: &Reference) -> Option<pep440_rs::Version> {
    let tag = base.tag.as_deref().filter(|_| base.path == "pytorch/pytorch")?;
    tag.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_images_that_hold_torch() {
        let check = |base: &str, pip: &str, expected: Option<&str>| {
            let text = format!("FROM {base}\nRUN pip install {pip}\n");
            let found = example::dockerfile(&text, FrameworkOfBaseReplaced::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{base} {pip}");
        };
        check(
            "nvcr.io/nvidia/pytorch:24.10-py3",
            "torch==2.5.0",
            Some("`torch==2.5.0` replaces the torch of the base `nvcr.io/nvidia/pytorch:24.10-py3`"),
        );
        check(
            "nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3",
            "torch==2.0.0",
            Some(
                "`torch==2.0.0` replaces the torch of the base \
                 `nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3`, and what PyPI has instead is not for \
                 Jetson's GPU",
            ),
        );
        let runtime = "pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime";
        check(runtime, "torch==2.5.1", None);
        check(runtime, "torch", None);
        check(runtime, "'torch>=2'", None);
        check(runtime, "transformers==4.46.0", None);
        check("python:3.11", "torch==2.6.0", None);
        let found = example::dockerfile(
            &format!("FROM {runtime}\nRUN pip install torch==2.6.0\n"),
            FrameworkOfBaseReplaced::find,
        );
        assert_eq!(found.len(), 1);
    }
}
