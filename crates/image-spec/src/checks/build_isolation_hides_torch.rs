//! A package is compiled that looks for PyTorch and cannot see it.
//!
//! The build scripts of `flash-attn`, `torch-scatter` and their like import `torch`, and do not say so in their
//! metadata. pip and uv build in an empty environment, in which there is no torch: `ModuleNotFoundError: No module
//! named 'torch'`.
//!
//! See for yourself with `pip download --no-deps --no-binary :all: NAME`.
//!
//! Install torch first, then the package with `--no-build-isolation` (and `setuptools`, `wheel`, `packaging` and
//! `ninja` beside it); or install a wheel that was built for your torch and CUDA.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{histories, once, wanted};
use serde::Serialize;

/// A package is compiled that looks for PyTorch and cannot see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the build of `{package}` imports torch, which it does not see without `--no-build-isolation`")]
pub struct BuildIsolationHidesTorch {
    /// The package.
    pub package: String,
    /// Where it is written.
    pub place: Place,
}

impl BuildIsolationHidesTorch {
    pub(super) const CODE: &str = "image/build-isolation-hides-torch";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let is_off = history.variables().any(|(name, _)| {
                matches!(name, "PIP_NO_BUILD_ISOLATION" | "UV_NO_BUILD_ISOLATION")
            });
            for (_, _, pip) in history.pip() {
                let has_wheels = !pip.find_links.is_empty()
                    || pip.index.is_some()
                    || !pip.extra_indexes.is_empty()
                    || pip.has(&["--only-binary", "--no-build"]);
                let names_it = pip.has(&["--no-build-isolation", "--no-build-isolation-package"]);
                if is_off || has_wheels || names_it || pip.action != "install" {
                    continue;
                }
                let named = wanted(&pip).into_iter();
                for package in named.filter(|it| IMPORTING.contains(&it.name.as_str())) {
                    let place = history.place(package.word);
                    once(&mut found, Self { package: package.name, place });
                }
            }
        }
        found
    }
}

/// Packages whose build ends so, sorted; source: `pip download --no-binary :all:` of each, run on
/// 2026-11-24.
const IMPORTING: [&str; 4] = ["flash-attn", "torch-cluster", "torch-scatter", "torch-sparse"];

impl Diagnosis for BuildIsolationHidesTorch {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!(
            "install torch in an instruction before, and write `pip install --no-build-isolation {}`",
            self.package
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, BuildIsolationHidesTorch::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-devel-ubuntu22.04\n";
        check(&format!("{base}RUN pip install flash-attn==2.8.3\n"), 1);
        check(&format!("{base}RUN uv pip install torch flash_attn\n"), 1);
        check(&format!("{base}RUN pip install --no-build-isolation flash-attn==2.8.3\n"), 0);
        check(&format!("{base}RUN pip install torch-scatter -f https://data.pyg.org/whl/torch-2.8.0+cu128.html\n"), 0);
        check(&format!("{base}RUN pip install https://x/flash_attn-2.8.3-cp312-cp312-linux_x86_64.whl\n"), 0);
        check(&format!("{base}RUN pip install numpy\n"), 0);
    }
}
