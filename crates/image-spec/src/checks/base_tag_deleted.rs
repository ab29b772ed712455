//! The base image has a tag that NVIDIA has deleted.
//!
//! NVIDIA takes images of `nvidia/cuda` away some months after their end of life. A build that still has
//! the base in its cache goes on working, and fails on every new machine and runner.
//!
//! See for yourself with `docker manifest inspect nvidia/cuda:TAG`: the registry answers that the manifest
//! is unknown.
//!
//! Take one of the nearest tags that are still there, and keep a copy of bases that you cannot do without
//! in a registry of your own.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Scene, once::once};
use cuda_compat::{CudaTag, TagAnswer};
use serde::Serialize;

/// The base image has a tag that NVIDIA has deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the image `{reference}` has been deleted")]
pub struct BaseTagDeleted {
    /// The base.
    pub reference: String,
    /// The nearest tags that exist, best first.
    pub nearest: Vec<CudaTag>,
    /// Where it is written.
    pub place: Place,
}

impl BaseTagDeleted {
    pub(super) const CODE: &str = "image/base-tag-deleted";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let found = scene.recipes.iter().filter_map(|recipe| {
            let Base::Cuda { reference, tag } = &recipe.base.value else { return None };
            matches!(cuda_compat::look_up_tag(tag), TagAnswer::Deleted(_)).then(|| Self {
                reference: reference.to_string(),
                nearest: cuda_compat::nearest_tags(tag, 3),
                place: recipe.base.place.clone(),
            })
        });
        once(found)
    }
}

impl Diagnosis for BaseTagDeleted {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let tags: Vec<String> = self.nearest.iter().map(|tag| format!("`{tag}`")).collect();
        vec![Fix::by_hand(format!("take a tag that is still there, such as {}", tags.join(", ")))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_what_is_gone() {
        let check = |from: &str, expected: usize| {
            let found = example::dockerfile(&format!("FROM {from}\n"), BaseTagDeleted::find);
            assert_eq!(found.len(), expected, "{from}");
        };
        check("nvidia/cuda:11.7.0-base-ubuntu20.04", 1);
        check("nvidia/cuda:11.8.0-cudnn8-devel-ubuntu20.04", 0);
        check("busybox:1.36", 0);
    }
}
