//! The base image has another CUDA or distribution than the project says.
//!
//! `[cuda]` is the one source of versions: the driver, the wheels, the tag of the image and the labels are
//! judged and made from it. An image that names a base with another CUDA or distribution is not what its
//! tag and labels say.
//!
//! See for yourself by comparing `[cuda]` with the tag of the base.
//!
//! Write `base = "base"`, `"runtime"` or `"devel"` and let altlas make the tag, or change `[cuda]`.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Scene, once::once};
use cuda_compat::{CudaVersion, Flavour};
use serde::Serialize;

/// The base image has another CUDA or distribution than the project says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{reference}` has {has}, and the project says {says}")]
pub struct BaseDiffersFromProject {
    /// The base.
    pub reference: String,
    /// What it has.
    pub has: String,
    /// What `[cuda]` says.
    pub says: String,
    /// The flavour of the base.
    pub flavour: Flavour,
    /// Where it is written.
    pub place: Place,
}

impl BaseDiffersFromProject {
    pub(super) const CODE: &str = "image/base-differs-from-project";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(spec) = scene.spec else { return Vec::new() };
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let Base::Cuda { reference, tag } = &recipe.base.value else { continue };
            let differs = |cuda: &CudaVersion| match cuda.patch {
                Some(_) => tag.cuda != *cuda,
                None => tag.cuda.minor_line() != *cuda,
            };
            let cuda = spec.stack.cuda.filter(differs);
            let os = spec.stack.os.as_ref().filter(|os| **os != tag.os);
            let cuda = cuda.map(|cuda| (format!("CUDA {}", tag.cuda), format!("CUDA {cuda}")));
            let os = os.map(|os| (format!("`{}`", tag.os), format!("`{os}`")));
            for (has, says) in cuda.into_iter().chain(os) {
                let reference = reference.to_string();
                let place = recipe.base.place.clone();
                found.push(Self { reference, has, says, flavour: tag.flavour, place });
            }
        }
        once(found)
    }
}

impl Diagnosis for BaseDiffersFromProject {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(format!("write `base = \"{}\"`: altlas makes the tag from `[cuda]`", self.flavour)),
            Fix::by_hand("or change `[cuda]`, if the base is right"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_the_project() {
        let check = |base: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '12.6'\nos = 'ubuntu22.04'\n[image.prod]\nbase = '{base}'"
            );
            let found = example::spec(&text, BaseDiffersFromProject::find);
            assert_eq!(found.len(), expected, "{base}");
        };
        check("nvidia/cuda:11.8.0-devel-ubuntu22.04", 1);
        check("nvidia/cuda:11.8.0-devel-ubuntu20.04", 2);
        check("nvidia/cuda:12.6.3-devel-ubuntu22.04", 0);
        check("devel", 0);
        check("python:3.11-slim", 0);
    }
}
