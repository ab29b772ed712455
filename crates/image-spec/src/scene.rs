//! What is judged: recipes, and what they are judged against.

use crate::{CHECKS, Dockerfile, Problem, Recipe, RequirementsFile, Resolution, Spec};
use cuda_compat::{ComputeCapability, DriverVersion, Platform};
use jiff::civil::Date;
use std::{collections::BTreeMap, path::PathBuf};

/// What is judged, and against what.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    /// The images, or the stages of a Dockerfile in their order.
    pub recipes: Vec<Recipe>,
    /// The specification; `None` where only a Dockerfile is judged.
    pub spec: Option<&'a Spec>,
    /// The Dockerfile that the recipes were read from; `None` where they come from the specification.
    pub dockerfile: Option<&'a Dockerfile>,
    /// What is known of their Python packages.
    pub requirements: Requirements,
    /// What the images must run on.
    pub fleet: Fleet,
    /// The day for which ends of life are judged.
    pub today: Date,
}

/// What is known of Python packages, beyond what the recipes ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// The requirements files and locks that were read, by the path that names them.
    pub files: BTreeMap<PathBuf, RequirementsFile>,
    /// How uv resolved them; empty where that was not asked.
    pub resolutions: Vec<Resolution>,
}

impl Scene<'_> {
    /// The recipes that somebody runs: a stage that others only copy from needs no driver.
    pub(crate) fn run(&self) -> impl Iterator<Item = &Recipe> {
        self.recipes.iter().filter(|recipe| recipe.usage.is_some())
    }
}

/// The machines that images must run on, as far as the config says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fleet {
    /// The oldest driver.
    pub driver: Option<DriverVersion>,
    /// Whose driver that is.
    pub platform: Option<Platform>,
    /// The GPUs.
    pub gpus: Vec<Gpu>,
}

/// A GPU of the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpu {
    /// Its name as it is written: `RTX 4060`, or its compute capability.
    pub name: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// Whether it is a data-center GPU; `None` where only a compute capability is written.
    pub data_center: Option<bool>,
}

/// Everything that is wrong, in the order of the checks, but for what comments in the Dockerfile pass
/// over.
pub fn check(scene: &Scene<'_>) -> Vec<Problem> {
    let mut found: Vec<Problem> = CHECKS.iter().flat_map(|check| (check.find)(scene)).collect();
    if let Some(file) = scene.dockerfile {
        found.retain(|problem| !file.ignores(problem.code(), &problem.diagnosis().place()));
    }
    found
}

/// Small scenes for the tests of the checks.
#[cfg(test)]
pub(crate) mod example;

#[cfg(test)]
mod catalogue;

#[cfg(test)]
mod dockerfiles;

#[cfg(test)]
mod properties;

#[cfg(test)]
mod real_example;

#[cfg(test)]
mod ways_out;
