//! A package is asked for that PyPI has no more, or has only a stand-in for.
//!
//! `tensorflow-gpu` was given up: its last release holds nothing but an error. `pytorch`, `apex` and
//! `nvidia-tensorflow` on PyPI are not what they are called: a stub that tells to install `torch`, a toolkit
//! for a web framework of 2013, and a stand-in for a package of NVIDIA's own index.
//!
//! See for yourself with `pip download --no-deps NAME`.
//!
//! Install what the fix names.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{histories, once, wanted};
use serde::Serialize;

/// A package is asked for that PyPI has no more, or has only a stand-in for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` on PyPI is {what}")]
pub struct RemovedPackage {
    /// The package.
    pub package: String,
    /// What it is.
    pub what: String,
    /// What to install.
    pub instead: String,
    /// Where it is written.
    pub place: Place,
}

impl RemovedPackage {
    pub(super) const CODE: &str = "image/removed-package";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            for (_, _, pip) in history.pip() {
                let has_other_index = pip.index.is_some() || !pip.extra_indexes.is_empty();
                for package in wanted(&pip) {
                    let Some((name, what, instead)) = GONE.iter().find(|row| row.0 == package.name) else {
                        continue;
                    };
                    // Its older releases are still there.
                    let is_older = *name == "tensorflow-gpu"
                        && package.version.is_some_and(|version| !version.starts_with("2.12"));
                    if is_older || has_other_index && *name != "tensorflow-gpu" {
                        continue;
                    }
                    let place = history.place(package.word);
                    let (what, instead) = ((*what).to_owned(), (*instead).to_owned());
                    once(&mut found, Self { package: package.name, what, instead, place });
                }
            }
        }
        found
    }
}

/// The package, what it is, and what to install. Sorted; source: the packages' files on PyPI,
/// 2026-11-24.
const GONE: [(&str, &str, &str); 4] = [
    ("apex", "another project of 2013", "`git+https://github.com/NVIDIA/apex` with `--no-build-isolation`"),
    ("nvidia-tensorflow", "a stand-in without TensorFlow", "`tensorflow[and-cuda]`"),
    ("pytorch", "a stub that only raises an error", "`torch`"),
    ("tensorflow-gpu", "removed: its last release only raises an error", "`tensorflow[and-cuda]`"),
];

impl Diagnosis for RemovedPackage {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!("install {}", self.instead))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, RemovedPackage::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}RUN pip install tensorflow-gpu\n"), 1);
        check(&format!("{base}RUN pip install tensorflow_gpu==2.12.0 pytorch\n"), 2);
        check(&format!("{base}RUN pip install tensorflow-gpu==2.10.1 torch\n"), 0);
        check(&format!("{base}RUN pip install --extra-index-url https://pypi.ngc.nvidia.com nvidia-tensorflow\n"), 0);
    }
}
