//! The image that is shipped holds CUDA's compiler, headers and static libraries.
//!
//! The flavour `devel` is some five gigabytes larger than `base`. Nothing of that is needed to run, and a
//! compiler in production is what an intruder wishes for. Half of all public GPU images end on it by habit.
//!
//! See for yourself with `docker run --rm IMAGE which nvcc`.
//!
//! Compile in a stage on `devel`, and ship a stage on `base` or `runtime` that copies the result.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Recipe, Scene, installs::installs, once::once};
use cuda_compat::{Flavour, Framework};
use serde::Serialize;

/// The image that is shipped holds the compiler of CUDA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the image that is shipped stands on `{reference}`, with CUDA's compiler and headers")]
pub struct DevelInProd {
    /// The base.
    pub reference: String,
    /// What is compiled in it.
    pub compiles: Option<String>,
    /// The package that brings what Numba compiles with.
    pub numba: Option<String>,
    /// Whether it is written in the config.
    pub in_config: bool,
    /// Where it is written.
    pub place: Place,
}

impl DevelInProd {
    pub(super) const CODE: &str = "image/devel-in-prod";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        once(scene.recipes.iter().filter(|recipe| recipe.is_shipped()).filter_map(|recipe| {
            let Base::Cuda { reference, tag } = &recipe.base.value else { return None };
            (tag.flavour == Flavour::Devel).then(|| Self {
                reference: reference.to_string(),
                numba: needs_nvvm(recipe).then(|| format!("numba-cuda[cu{}]", tag.cuda.major)),
                compiles: recipe.compiles.first().map(|what| what.value.clone()),
                in_config: scene.spec.is_some(),
                place: recipe.base.place.clone(),
            })
        }))
    }
}

impl Diagnosis for DevelInProd {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut fixes = Vec::new();
        if let Some(compiles) = &self.compiles {
            fixes.push(Fix::by_hand(format!(
                "move what is compiled ({compiles}) into a stage of its own, and copy the result"
            )));
        }
        if let Some(numba) = &self.numba {
            fixes.push(Fix::by_hand(format!(
                "add `{numba}`: Numba compiles with NVVM, which it brings and a smaller flavour has not"
            )));
        }
        fixes.push(Fix::by_hand(match self.in_config {
            true => "write `base = \"base\"` or `\"runtime\"` for the image, or leave `base` out",
            false => "take the flavour `base` or `runtime` for the last stage",
        }));
        fixes
    }
}

/// Numba compiles at run time, with the NVVM of the toolkit, unless numba-cuda brings one.
fn needs_nvvm(recipe: &Recipe) -> bool {
    let all = installs(recipe);
    let has = |framework| all.iter().any(|install| install.framework == framework);
    has(Framework::Numba) && !has(Framework::NumbaCuda)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn looks_at_what_is_shipped() {
        let check = |text: &str, expected: usize| {
            assert_eq!(example::dockerfile(text, DevelInProd::find).len(), expected, "{text}");
        };
        check("FROM nvidia/cuda:12.6.3-devel-ubuntu22.04\n", 1);
        check(
            "FROM nvidia/cuda:12.6.3-devel-ubuntu22.04 AS build\n\
             FROM nvidia/cuda:12.6.3-base-ubuntu22.04\n",
            0,
        );
    }

    #[test]
    fn numba_alone_needs_it() {
        let check = |pip: &str, expected: &str| {
            let text = format!(
                "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                 [image.prod]\nbase = 'devel'\npip = [{pip}]"
            );
            let found = example::spec(&text, DevelInProd::find);
            assert!(found[0].fixes()[0].text.starts_with(expected), "{pip}");
        };
        check("'numba==0.61.2'", "add `numba-cuda[cu12]`");
        check("'numba==0.61.2', 'numba-cuda[cu12]==0.20.0'", "write `base");
        check("", "write `base");
    }
}
