//! What is judged: recipes, and what they are judged against.

use crate::{CHECKS, Dockerfile, Problem, Recipe, Spec};
use cuda_compat::{ComputeCapability, DriverVersion, Platform};
use jiff::civil::Date;

/// What is judged, and against what.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    /// The images, or the stages of a Dockerfile in their order.
    pub recipes: Vec<Recipe>,
    /// The specification; `None` where only a Dockerfile is judged.
    pub spec: Option<&'a Spec>,
    /// The Dockerfile that the recipes were read from; `None` where they come from the specification.
    pub dockerfile: Option<&'a Dockerfile>,
    /// What the images must run on.
    pub fleet: Fleet,
    /// The day for which ends of life are judged.
    pub today: Date,
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
pub(crate) mod example {
    use super::*;
    use std::path::Path;

    /// A fleet of RTX 4060 under WSL and H200, on driver 572.83 and newer.
    pub(crate) fn fleet() -> Fleet {
        let gpu = |name: &str, capability: &str, data_center| Gpu {
            name: name.to_owned(),
            capability: capability.parse().unwrap(),
            data_center: Some(data_center),
        };
        Fleet {
            driver: Some("570.124.06".parse().unwrap()),
            platform: Some(Platform::Linux),
            gpus: vec![gpu("RTX 4060", "8.9", false), gpu("H200", "9.0", true)],
        }
    }

    /// What `find` finds in a Dockerfile with this text, for [`fleet`].
    pub(crate) fn dockerfile<T>(text: &str, find: fn(&Scene<'_>) -> Vec<T>) -> Vec<T> {
        dockerfile_for(text, fleet(), find)
    }

    /// What `find` finds in a Dockerfile with this text, for that fleet.
    pub(crate) fn dockerfile_for<T>(
        text: &str,
        fleet: Fleet,
        find: fn(&Scene<'_>) -> Vec<T>,
    ) -> Vec<T> {
        let file = Dockerfile::parse(Path::new("Dockerfile"), text.as_bytes()).unwrap();
        find(&Scene {
            recipes: Recipe::from_dockerfile(&file),
            spec: None,
            dockerfile: Some(&file),
            fleet,
            today: "2026-11-24".parse().unwrap(),
        })
    }
}
