//! The base image is `nvidia/cuda` without a tag, or with `latest`.
//!
//! `nvidia/cuda` has had no tag `latest` since January 2021. Without a tag Docker asks for that one, and the build
//! ends at its first line with `manifest unknown`.
//!
//! See for yourself with `docker manifest inspect nvidia/cuda:latest`.
//!
//! Write the CUDA, the flavour and the distribution: `nvidia/cuda:12.8.1-base-ubuntu24.04`.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::Base;
use crate::written::once;
use serde::Serialize;

/// The base image is `nvidia/cuda` without a tag, or with `latest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{reference}` does not exist: `nvidia/cuda` has no tag `latest`")]
pub struct BaseTagMissing {
    /// The base as it is written.
    pub reference: String,
    /// Where it is written.
    pub place: Place,
}

impl BaseTagMissing {
    pub(super) const CODE: &str = "image/base-tag-missing";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let Base::Other(reference) = &recipe.base.value else { continue };
            let is_latest = reference.tag.as_deref().is_none_or(|tag| tag == "latest");
            if reference.is_nvidia_cuda() && is_latest && reference.digest.is_none() {
                let (reference, place) = (reference.to_string(), recipe.base.place.clone());
                once(&mut found, Self { reference, place });
            }
        }
        found
    }
}

impl Diagnosis for BaseTagMissing {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("write the version, flavour and distribution: `nvidia/cuda:12.8.1-base-ubuntu24.04`")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, BaseTagMissing::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        check("FROM nvidia/cuda\n", 1);
        check("FROM nvcr.io/nvidia/cuda:latest\n", 1);
        check("FROM nvidia/cuda:latest AS a\nFROM a\n", 1);
        check("FROM nvidia/cuda:12.8.1-base-ubuntu24.04\n", 0);
        check("FROM ubuntu\n", 0);
    }
}
