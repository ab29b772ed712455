//! The container asks for every part of the driver.
//!
//! `NVIDIA_DRIVER_CAPABILITIES=all` mounts the libraries for graphics, display, video and ngx as well. A program
//! that computes needs `compute` and `utility`; the others make the container start more slowly, open more to
//! whoever breaks in, and on a host without X11 or with a driver without those parts they are errors to explain.
//!
//! See for yourself with `docker run --rm --gpus all IMAGE sh -c 'mount | grep -c nvidia'`.
//!
//! Write those that are used.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::shipped;
use serde::Serialize;

/// The container asks for every part of the driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`NVIDIA_DRIVER_CAPABILITIES=all` asks for graphics and display as well")]
pub struct DriverCapabilitiesAll {
    /// Where it is written.
    pub place: Place,
}

impl DriverCapabilitiesAll {
    pub(super) const CODE: &str = "image/driver-capabilities-all";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(history) = shipped(scene) else { return Vec::new() };
        let word = history.env_value("NVIDIA_DRIVER_CAPABILITIES");
        let Some(word) = word.filter(|word| word.text.split(',').any(|it| it.trim() == "all")) else {
            return Vec::new();
        };
        vec![Self { place: history.place(word) }]
    }
}

impl Diagnosis for DriverCapabilitiesAll {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "write `NVIDIA_DRIVER_CAPABILITIES=compute,utility`, and `graphics` or `video` where they are used",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, DriverCapabilitiesAll::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}ENV NVIDIA_DRIVER_CAPABILITIES=all\n"), 1);
        check(&format!("{base}ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility\n"), 0);
        check(&format!("{base}ENV NVIDIA_DRIVER_CAPABILITIES=all\nFROM ubuntu:24.04\n"), 0);
        check(base, 0);
    }
}
