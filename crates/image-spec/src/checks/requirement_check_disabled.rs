//! The check is switched off that refuses drivers which are too old for the image.
//!
//! Images of `nvidia/cuda` say in `NVIDIA_REQUIRE_CUDA` which drivers they run on, and the container toolkit
//! refuses to start them on others. `NVIDIA_DISABLE_REQUIRE` switches that off: the container starts, and
//! fails later with `CUDA driver version is insufficient` or in the middle of the work.
//!
//! See for yourself with `docker inspect --format '{{json .Config.Env}}' IMAGE`.
//!
//! Take it out of the image. Who knows that a driver is good enough can set it when the container starts.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{histories, once};
use serde::Serialize;

/// The check is switched off that refuses drivers which are too old for the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`NVIDIA_DISABLE_REQUIRE` lets the image start on drivers that cannot run it")]
pub struct RequirementCheckDisabled {
    /// Where it is written.
    pub place: Place,
}

impl RequirementCheckDisabled {
    pub(super) const CODE: &str = "image/requirement-check-disabled";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            for (name, value) in history.env() {
                let is_on = matches!(value.text.to_ascii_lowercase().as_str(), "1" | "true" | "t");
                if name.text == "NVIDIA_DISABLE_REQUIRE" && is_on {
                    once(&mut found, Self { place: history.place(name) });
                }
            }
        }
        found
    }
}

impl Diagnosis for RequirementCheckDisabled {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("take it out; where it is needed, give it to `docker run -e`")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, RequirementCheckDisabled::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}ENV NVIDIA_DISABLE_REQUIRE=1\n"), 1);
        check(&format!("{base}ENV NVIDIA_DISABLE_REQUIRE true\n"), 1);
        check(&format!("{base}ENV NVIDIA_DISABLE_REQUIRE=0\n"), 0);
        check(&format!("{base}ENV NVIDIA_REQUIRE_CUDA=\"cuda>=12.8\"\n"), 0);
    }
}
