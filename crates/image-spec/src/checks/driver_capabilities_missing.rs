//! The container is not given the part of the driver that CUDA needs.
//!
//! `NVIDIA_DRIVER_CAPABILITIES` says which libraries of the driver the container toolkit mounts. Without
//! `compute` there is no `libcuda.so`, and every CUDA program ends with `no CUDA-capable device is detected`
//! or `libcuda.so.1: cannot open shared object file`. Without `utility` there is no `nvidia-smi` and no NVML. For
//! a word that it does not know, the toolkit refuses to start the container.
//!
//! See for yourself with `docker run --rm --gpus all IMAGE sh -c 'ldconfig -p | grep libcuda'`.
//!
//! Write `compute,utility`, and further ones where they are used: `video` for NVENC, `graphics` for OpenGL
//! and Vulkan.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::shipped;
use serde::Serialize;

/// The container is not given the part of the driver that CUDA needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", sentence(.missing, .unknown))]
pub struct DriverCapabilitiesMissing {
    /// The capabilities that are missing: `compute`, `utility`.
    pub missing: Vec<String>,
    /// Words that are no capabilities.
    pub unknown: Vec<String>,
    /// The value.
    pub value: String,
    /// Where it is written.
    pub place: Place,
}

impl DriverCapabilitiesMissing {
    pub(super) const CODE: &str = "image/driver-capabilities-missing";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(history) = shipped(scene) else { return Vec::new() };
        // What the container runs with is what is set last.
        let Some(word) = history.env_value("NVIDIA_DRIVER_CAPABILITIES") else { return Vec::new() };
        let has: Vec<&str> = word.text.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
        // Empty is the default, which is enough.
        if word.open || has.is_empty() {
            return Vec::new();
        }
        let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<String>>();
        let needed = ["compute", "utility"].into_iter();
        let missing = owned(needed.filter(|it| !has.contains(it) && !has.contains(&"all")).collect());
        let unknown = owned(has.iter().copied().filter(|it| !KNOWN.contains(it)).collect());
        if missing.is_empty() && unknown.is_empty() {
            return Vec::new();
        }
        vec![Self { missing, unknown, value: word.text.clone(), place: history.place(word) }]
    }
}

/// The capabilities of the NVIDIA Container Toolkit, sorted.
const KNOWN: [&str; 8] =
    ["all", "compat32", "compute", "display", "graphics", "ngx", "utility", "video"];

fn sentence(missing: &[String], unknown: &[String]) -> String {
    let words = |list: &[String]| {
        list.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" and ")
    };
    if unknown.is_empty() {
        format!("`NVIDIA_DRIVER_CAPABILITIES` is without {}", words(missing))
    } else {
        format!("`NVIDIA_DRIVER_CAPABILITIES` has {}, which the container toolkit does not know", words(unknown))
    }
}

impl Diagnosis for DriverCapabilitiesMissing {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut all: Vec<&str> = vec!["compute", "utility"];
        all.extend(self.value.split(',').map(str::trim).filter(|it| {
            KNOWN.contains(it) && !matches!(*it, "compute" | "utility")
        }));
        vec![Fix::by_hand(format!("write `NVIDIA_DRIVER_CAPABILITIES={}`", all.join(",")))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, DriverCapabilitiesMissing::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}ENV NVIDIA_DRIVER_CAPABILITIES=video,utility\n"), 1);
        check(&format!("{base}ENV NVIDIA_DRIVER_CAPABILITIES=compute,utlity\n"), 1);
        check(&format!("{base}ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility,video\n"), 0);
        check(&format!("{base}ENV NVIDIA_DRIVER_CAPABILITIES=all\n"), 0);
        check(&format!("{base}ENV NVIDIA_DRIVER_CAPABILITIES=video\nENV NVIDIA_DRIVER_CAPABILITIES=all\n"), 0);
        check(base, 0);
    }
}
