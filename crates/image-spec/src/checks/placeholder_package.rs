//! On PyPI this package is an empty placeholder.
//!
//! RAPIDS publishes its wheels for CUDA 11 on NVIDIA's own index only; under the same names PyPI has
//! version 0.0.1, which holds nothing, or fails with a message. The install succeeds or ends with a riddle,
//! and the import fails.
//!
//! See for yourself with `pip index versions cudf-cu11`.
//!
//! Name NVIDIA's index: `--extra-index-url https://pypi.nvidia.com`.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Install, installs},
    once::once,
};
use cuda_compat::Framework;
use serde::Serialize;

/// On PyPI this package is an empty placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` is an empty placeholder on PyPI")]
pub struct PlaceholderPackage {
    /// The requirement.
    pub requirement: String,
    /// Where it is written.
    pub place: Place,
}

impl PlaceholderPackage {
    pub(super) const CODE: &str = "image/placeholder-package";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let recipes = scene.recipes.iter();
        once(recipes.flat_map(|recipe| {
            let mut all = installs(recipe);
            all.retain(is_placeholder);
            all.into_iter()
                .map(|install| Self { requirement: install.shown(), place: install.place() })
                .collect::<Vec<_>>()
        }))
    }
}

impl Diagnosis for PlaceholderPackage {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "name the index that has it: `--extra-index-url https://pypi.nvidia.com` at the top of the \
             requirements file",
        )]
    }
}

fn is_placeholder(install: &Install<'_>) -> bool {
    let elsewhere = install.asked.iter().any(|asked| asked.value.index.is_some());
    let is_url = install.specifiers().is_none();
    install.framework == Framework::Rapids
        && install.name().ends_with("-cu11")
        && !elsewhere
        && !is_url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_the_index() {
        let check = |lines: &str, expected: usize| {
            let text = "[cuda]\nversion = '11.8'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                        [image.prod]\nbase = 'base'\nrequirements = ['r.txt']";
            let found = example::spec_with(text, &[("r.txt", lines)], PlaceholderPackage::find);
            assert_eq!(found.len(), expected, "{lines}");
        };
        check("cudf-cu11", 1);
        check("cuml-cu11==25.6.0", 1);
        check("--index-url https://pypi.nvidia.com\ncudf-cu11", 0);
        check("--index-url https://pypi.example.com/simple\ncudf-cu11", 0);
        check("cudf-cu12", 0);
        check("numpy", 0);
    }
}
