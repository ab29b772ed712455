//! The base image has a tag that `nvidia/cuda` does not have.
//!
//! NVIDIA publishes a version of CUDA for some releases of some distributions only, in the flavours
//! `base`, `runtime` and `devel`, of which the last two also come with cuDNN. Up to CUDA 12.2 that part
//! of the tag is `cudnn8`, for 12.3 it is `cudnn9`, and since 12.4 it is `cudnn` without a number. A
//! tag outside of that does not exist, and the build ends at its first line.
//!
//! See for yourself with `docker manifest inspect nvidia/cuda:TAG`.
//!
//! Take one of the nearest tags that exist, or another CUDA or distribution.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Scene};
use cuda_compat::{CudaTag, TagAnswer};
use serde::Serialize;

/// The base image has a tag that `nvidia/cuda` does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("there is no image `{reference}`")]
pub struct BaseTagUnknown {
    /// The base.
    pub reference: String,
    /// The nearest tags that exist, best first.
    pub nearest: Vec<CudaTag>,
    /// Where it is written.
    pub place: Place,
}

impl BaseTagUnknown {
    pub(super) const CODE: &str = "image/base-tag-unknown";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for recipe in &scene.recipes {
            let Base::Cuda { reference, tag } = &recipe.base.value else { continue };
            if !matches!(cuda_compat::look_up_tag(tag), TagAnswer::NotPublished) {
                continue;
            }
            let place = recipe.base.place.clone();
            // Stages that build on one another share their base.
            if found.iter().any(|found| found.place == place) {
                continue;
            }
            let nearest = cuda_compat::nearest_tags(tag, 3);
            found.push(Self { reference: reference.to_string(), nearest, place });
        }
        found
    }
}

impl Diagnosis for BaseTagUnknown {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.nearest.is_empty() {
            return vec![Fix::by_hand("take another version of CUDA or another distribution")];
        }
        let tags: Vec<String> = self.nearest.iter().map(|tag| format!("`{tag}`")).collect();
        vec![Fix::by_hand(format!("take a tag that exists; the nearest are {}", tags.join(", ")))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_the_tags() {
        let check = |from: &str, expected: usize| {
            let found = example::dockerfile(&format!("FROM {from}\n"), BaseTagUnknown::find);
            assert_eq!(found.len(), expected, "{from}");
        };
        check("nvidia/cuda:12.6.3-cudnn-devel-ubuntu22.04", 0);
        check("nvidia/cuda:12.6.3-cudnn9-devel-ubuntu22.04", 1);
        check("nvcr.io/nvidia/cuda:12.6.3-base-ubuntu18.04", 1);
        check("busybox:1.36", 0);
    }
}
