//! The base image is not known before the build.
//!
//! `FROM ${BASE}` with an `ARG BASE` that has no default builds only with `--build-arg`, and nothing
//! can be judged that depends on the base: its CUDA, its distribution, whether its tag exists.
//!
//! See for yourself with `docker build .`, which says `base name (${BASE}) should not be blank`.
//!
//! Give the `ARG` a default: `ARG BASE=nvidia/cuda:12.6.3-base-ubuntu22.04`.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Scene};
use serde::Serialize;

/// The base image is not known before the build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the base `{base}` is not known before the build, so that nothing is judged that depends on it")]
pub struct BaseNotKnownBeforeBuild {
    /// The base as far as it is known.
    pub base: String,
    /// Where it is written.
    pub place: Place,
}

/// What BuildKit fills in by the platform that it builds for.
const PLATFORM: [&str; 8] = [
    "BUILDARCH", "BUILDOS", "BUILDPLATFORM", "BUILDVARIANT", "TARGETARCH", "TARGETOS",
    "TARGETPLATFORM", "TARGETVARIANT",
];

impl BaseNotKnownBeforeBuild {
    pub(super) const CODE: &str = "image/base-not-known-before-build";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let mut found: Vec<Self> = Vec::new();
        for recipe in &scene.recipes {
            let Base::Open(base) = &recipe.base.value else { continue };
            // `FROM base-${TARGETARCH}` chooses among stages of the file.
            let is_platform = PLATFORM.iter().any(|name| base.contains(name));
            let start = base.split('$').next().unwrap_or_default();
            let is_stage = !start.is_empty() && file.stages.iter().any(|stage| {
                stage.name.as_deref().is_some_and(|name| name.starts_with(start))
            });
            let is_new = found.iter().all(|found| found.place != recipe.base.place);
            if is_new && !is_platform && !is_stage && base.contains('$') {
                found.push(Self { base: base.clone(), place: recipe.base.place.clone() });
            }
        }
        found
    }
}

impl Diagnosis for BaseNotKnownBeforeBuild {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let name = self.base.split('$').nth(1).unwrap_or_default().trim_start_matches('{');
        let end = name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let name = name.get(..end.unwrap_or(name.len())).unwrap_or_default();
        vec![Fix::by_hand(format!("give it a default above the first `FROM`: `ARG {name}=…`"))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_open_bases() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, BaseNotKnownBeforeBuild::find);
            assert_eq!(found.len(), expected, "{text}");
        };
        check("ARG BASE\nFROM ${BASE}", 1);
        check("FROM nvidia/cuda:$TAG", 1);
        check("ARG V\nFROM a:$V AS b\nFROM b", 1);
        check("ARG BASE=a:1\nFROM ${BASE}", 0);
        check("FROM a:${V:-1}", 0);
        check("ARG V\nFROM a:${V:-1}", 0);
        check("FROM a AS base-amd64\nFROM b AS base-arm64\nFROM base-${TARGETARCH}", 0);
        check("ARG KIND\nFROM a AS base-x\nFROM base-${KIND}", 0);
    }
}
