//! The image that is shipped builds on one that is developed or tested in.
//!
//! Everything of the parent comes along: compilers, notebooks, test runners, sources, root. What is removed
//! in a later layer still is in the image.
//!
//! See for yourself with `cargo altlas image size`.
//!
//! Turn it round: let the image to develop in build on the one that is shipped, or let both begin with a
//! base of their own.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use serde::Serialize;

/// The image that is shipped builds on one that is developed or tested in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("image `{image}` is shipped, and builds on `{parent}`, which is not")]
pub struct ProdBuildsOnDev {
    /// The image.
    pub image: String,
    /// What it builds on.
    pub parent: String,
    /// Where it is written.
    pub place: Place,
}

impl ProdBuildsOnDev {
    pub(super) const CODE: &str = "image/prod-builds-on-dev";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(spec) = scene.spec else { return Vec::new() };
        let mut found = Vec::new();
        for recipe in scene.recipes.iter().filter(|recipe| recipe.is_shipped()) {
            let Some(parent) = recipe.parent.and_then(|parent| scene.recipes.get(parent)) else { continue };
            if parent.is_shipped() || !spec.images.contains_key(&recipe.name) {
                continue;
            }
            found.push(Self {
                image: recipe.name.clone(),
                parent: parent.name.clone(),
                place: recipe.place.inner("from"),
            });
        }
        found
    }
}

impl Diagnosis for ProdBuildsOnDev {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(format!("write `from = \"{}\"` for image `{}`", self.image, self.parent)),
            Fix::by_hand("or leave `from` out: `[frameworks]` is in both"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(sections: &str, expected: &[&str]) {
        let text = format!("[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n{sections}");
        let found = example::spec(&text, ProdBuildsOnDev::find);
        let got: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(got, expected, "{sections}");
    }

    #[test]
    fn looks_at_the_parent() {
        check("[image.dev]\n[image.prod]\nfrom = 'dev'", &[
            "image `prod` is shipped, and builds on `dev`, which is not",
        ]);
        check("[image.prod]\n[image.dev]\nfrom = 'prod'", &[]);
        check("[image.prod]\n[image.other]\nfrom = 'prod'", &[]);
    }
}
