//! An image with Nsight goes to a registry from which everybody can pull.
//!
//! NVIDIA's licence lets Nsight Systems and Nsight Compute be used in your house, and be passed on to nobody.
//! A public registry passes them on with every pull.
//!
//! See for yourself in the licence agreement that the package installs below `/opt/nvidia/nsight-*/`.
//!
//! Take Nsight out of the image, or push it to a private registry.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, Visibility};
use serde::Serialize;

/// An image with Nsight goes to a registry from which everybody can pull.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("image `{image}` holds Nsight and goes to the public registry{name}",
    name = repository.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default())]
pub struct ProfilerInPublicRegistry {
    /// The image.
    pub image: String,
    /// The repository.
    pub repository: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl ProfilerInPublicRegistry {
    pub(super) const CODE: &str = "image/profiler-in-public-registry";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(spec) = scene.spec.filter(|it| it.registry.visibility == Visibility::Public) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let first = recipe.apt.iter().find(|it| it.value.name.contains("nsight"));
            found.extend(first.map(|package| Self {
                image: recipe.name.clone(),
                repository: spec.registry.repository.clone(),
                place: package.place.clone(),
            }));
        }
        // Images that build on one with Nsight hold it as well: the place is the same, and one is enough.
        found.dedup_by(|later, first| later.place == first.place);
        found
    }
}

impl Diagnosis for ProfilerInPublicRegistry {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand("take Nsight out of the image"),
            Fix::by_hand("or write `visibility = \"private\"` and push to a registry of your own"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn looks_at_the_registry() {
        let check = |visibility: &str, keys: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '12.6'\nos = 'ubuntu22.04'\n\
                 [registry]\nvisibility = '{visibility}'\n[image.dev]\n{keys}\n\
                 [image.profile]\nfrom = 'dev'"
            );
            let found = example::spec(&text, ProfilerInPublicRegistry::find);
            assert_eq!(found.len(), expected, "{visibility} {keys}");
        };
        check("public", "nsight = true", 1);
        check("private", "nsight = true", 0);
        check("public", "", 0);
    }
}
