//! The image that is shipped holds Nsight.
//!
//! Nsight Systems and Nsight Compute are a gigabyte and more, need rights that no service should have
//! (`CAP_SYS_ADMIN`, or counters that are open to all), and their licence lets them go to nobody outside.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'which nsys ncu'`.
//!
//! Keep them in an image to profile in, that builds on the one which is shipped.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, once::once};
use serde::Serialize;

/// The image that is shipped holds Nsight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("image `{image}` is shipped with Nsight (`{package}`)")]
pub struct ProfilerInProd {
    /// The image.
    pub image: String,
    /// What brings it.
    pub package: String,
    /// Where it is written.
    pub place: Place,
}

impl ProfilerInProd {
    pub(super) const CODE: &str = "image/profiler-in-prod";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in scene.recipes.iter().filter(|recipe| recipe.is_shipped()) {
            let first = recipe.apt.iter().find(|it| it.value.name.contains("nsight"));
            found.extend(first.map(|package| Self {
                image: recipe.name.clone(),
                package: package.value.name.clone(),
                place: package.place.clone(),
            }));
        }
        once(found)
    }
}

impl Diagnosis for ProfilerInProd {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "take it out here, and put it into an image with `usage = \"profile\"` that builds on this one",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn looks_at_what_is_shipped() {
        let check = |keys: &str, expected: usize| {
            let text =
                format!("[cuda]\nversion = '12.6'\nos = 'ubuntu22.04'\n[image.app]\n{keys}");
            assert_eq!(example::spec(&text, ProfilerInProd::find).len(), expected, "{keys}");
        };
        check("nsight = true", 1);
        check("apt = ['nsight-systems-2024.5.1']", 1);
        check("usage = 'profile'\nnsight = true", 0);
        check("", 0);
    }
}
