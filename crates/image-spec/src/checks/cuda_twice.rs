//! The image holds CUDA twice: in its base and in its wheels.
//!
//! The flavours `runtime` and `devel` hold about two and five gigabytes of CUDA libraries. Wheels of
//! PyTorch, `tensorflow[and-cuda]` and JAX bring the same again and load only their own. Where everything
//! comes as such wheels, the flavour `base` suffices.
//!
//! See for yourself with `pip list | grep nvidia-` beside `du -sh /usr/local/cuda/`.
//!
//! Take the flavour `base` for what is shipped.

use super::{Diagnosis, Fix};
use crate::{
    Base, Place, Scene,
    installs::{Install, installs},
    once::once,
};
use cuda_compat::Flavour;
use serde::Serialize;

/// The image holds CUDA twice: in its base and in its wheels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{reference}` holds CUDA, and {} brings it again", names(brings))]
pub struct CudaTwice {
    /// The base.
    pub reference: String,
    /// Its flavour.
    pub flavour: Flavour,
    /// What brings CUDA by itself.
    pub brings: Vec<String>,
    /// Whether it is written in the config.
    pub in_config: bool,
    /// Where it is written.
    pub place: Place,
}

impl CudaTwice {
    pub(super) const CODE: &str = "image/cuda-twice";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        once(scene.recipes.iter().filter(|recipe| recipe.is_shipped()).filter_map(|recipe| {
            let Base::Cuda { reference, tag } = &recipe.base.value else { return None };
            if tag.flavour == Flavour::Base || !recipe.compiles.is_empty() {
                return None;
            }
            let all = installs(recipe);
            // Something else may need the base's libraries, as far as is known.
            let brings = |install: &&Install<'_>| {
                install.pick().is_some_and(|pick| pick.build.brings_cuda)
            };
            if all.is_empty() || !all.iter().all(|install| brings(&install)) {
                return None;
            }
            Some(Self {
                reference: reference.to_string(),
                flavour: tag.flavour,
                brings: all.iter().map(|install| install.name().to_owned()).collect(),
                in_config: scene.spec.is_some(),
                place: recipe.base.place.clone(),
            })
        }))
    }
}

impl Diagnosis for CudaTwice {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(match self.in_config {
            true => "write `base = \"base\"` for the image, or leave `base` out".to_owned(),
            false => format!(
                "take the flavour `base` instead of `{}`, without cuDNN, for the stage that is shipped",
                self.flavour
            ),
        })]
    }
}

fn names(brings: &[String]) -> String {
    let names: Vec<String> = brings.iter().map(|name| format!("`{name}`")).collect();
    names.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_base_and_wheels() {
        let check = |keys: &str, lines: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                 [image.prod]\nrequirements = ['r.txt']\n{keys}"
            );
            let found = example::spec_with(&text, &[("r.txt", lines)], CudaTwice::find);
            assert_eq!(found.len(), expected, "{keys} {lines}");
        };
        check("base = 'runtime'", "torch==2.8.0\nnumpy", 1);
        check("base = 'devel'", "torch==2.8.0", 1);
        check("base = 'base'", "torch==2.8.0", 0);
        check("base = 'runtime'", "torch==2.8.0\nonnxruntime-gpu==1.23.2", 0);
        check("base = 'runtime'", "numpy", 0);
        check("base = 'runtime'\nusage = 'dev'", "torch==2.8.0", 0);
        check("base = 'devel'\ncompiles = true", "torch==2.8.0", 0);
    }
}
