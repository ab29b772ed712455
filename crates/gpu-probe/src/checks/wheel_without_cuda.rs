//! PyTorch is installed without CUDA.
//!
//! This build of PyTorch runs on the processor only: `torch.cuda.is_available()` is `False`
//! whatever the driver does. It comes about through a version with `+cpu`, an index for the
//! processor build, or a lock file that was made on a machine without a GPU.
//!
//! Confirm with `python -c 'import torch; print(torch.version.cuda)'`, which prints `None`. Install
//! the build for your CUDA as the selector on pytorch.org says.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, PythonEnvironment, evidence};
use serde::Serialize;

/// A build for the processor on a machine with a GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` {version} is built without CUDA, so it does not use the NVIDIA GPU")]
pub struct WheelWithoutCuda {
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The `site-packages` folder that it is in.
    pub site_packages: String,
}

/// Packages of which the same name comes with and without CUDA.
const PACKAGES: &[&str] = &["torch"];

impl WheelWithoutCuda {
    pub(super) const CODE: &str = "gpu/wheel-without-cuda";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if !evidence::has_gpu(facts) {
            return Vec::new();
        }
        facts.python.iter().flat_map(Self::of).collect()
    }

    fn of(environment: &PythonEnvironment) -> Vec<Self> {
        let without = environment.packages.iter().filter(|package| {
            // A build for another maker's GPU was chosen.
            let of_another = ["+rocm", "+xpu"].iter().any(|word| package.version.contains(word));
            PACKAGES.contains(&package.name.as_str()) && package.cuda.is_absent() && !of_another
        });
        without
            .map(|package| Self {
                package: package.name.clone(),
                version: package.version.clone(),
                site_packages: environment.site_packages.clone(),
            })
            .collect()
    }
}

impl Diagnosis for WheelWithoutCuda {
    fn place(&self) -> Place {
        Place::Path { path: self.site_packages.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!(
            "remove it (`pip uninstall {}`) and install the build for your CUDA, with the command \
             that pytorch.org/get-started shows",
            self.package
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::{self, with_packages};

    #[test]
    fn finds_a_build_for_the_processor() {
        assert_eq!(WheelWithoutCuda::find(&example::h200(), &Need::default()), []);
        let check = |cuda: Reading<&str>, expected: usize| {
            let facts = with_packages(&[("torch", "2.9.1", cuda)]);
            assert_eq!(WheelWithoutCuda::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Absent, 1);
        check(Reading::Found("12.6"), 0);
        check(Reading::Unknown("`version.py` is not readable".to_owned()), 0);
    }

    #[test]
    fn a_machine_without_a_gpu_needs_no_cuda() {
        let mut facts = with_packages(&[("torch", "2.9.1+cpu", Reading::Absent)]);
        facts.pci = Reading::Found(Vec::new());
        facts.nvml = crate::Probed::default();
        facts.cuda = crate::Probed::default();
        assert_eq!(WheelWithoutCuda::find(&facts, &Need::default()), []);
    }
}
