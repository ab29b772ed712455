//! The image that is shipped names no program to run.
//!
//! Without `entrypoint` and `cmd` the container runs the command of the base, for `nvidia/cuda` a shell: it
//! ends at once, with exit code 0, and Kubernetes starts it again and again.
//!
//! See for yourself with `docker run --rm IMAGE; echo $?`.
//!
//! Write `entrypoint` or `cmd` for the image.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use serde::Serialize;

/// The image that is shipped names no program to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("image `{image}` is shipped and names no program to run")]
pub struct NothingToRun {
    /// The image.
    pub image: String,
    /// Where it is written.
    pub place: Place,
}

impl NothingToRun {
    pub(super) const CODE: &str = "image/nothing-to-run";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        if scene.spec.is_none() {
            return Vec::new();
        }
        let shipped = scene.recipes.iter().filter(|recipe| recipe.is_shipped());
        let without = shipped.filter(|recipe| {
            // Another base may name its own.
            recipe.entrypoint.is_none() && recipe.cmd.is_none() && recipe.cuda_tag().is_some()
        });
        without
            .map(|recipe| Self { image: recipe.name.clone(), place: recipe.place.clone() })
            .collect()
    }
}

impl Diagnosis for NothingToRun {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("write `entrypoint = [\"python\", \"-m\", \"app\"]`, or what starts yours")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(sections: &str, expected: &[&str]) {
        let text = format!("[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n{sections}");
        let found = example::spec(&text, NothingToRun::find);
        let got: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(got, expected, "{sections}");
    }

    #[test]
    fn looks_for_a_program() {
        check("[image.prod]", &["image `prod` is shipped and names no program to run"]);
        check("[image.prod]\ncmd = ['python']", &[]);
        check("[image.prod]\nentrypoint = ['python']", &[]);
        check("[image.dev]", &[]);
        check("[image.prod]\nbase = 'nvcr.io/nvidia/tritonserver:24.10-py3'", &[]);
    }
}
