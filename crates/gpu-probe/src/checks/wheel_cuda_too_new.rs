//! A Python package brings a newer CUDA than the driver can run.
//!
//! A wheel brings its own CUDA runtime, and the driver must be new enough for it: any driver of the
//! same CUDA major version runs it, an older major does not. PyTorch then says `The NVIDIA driver
//! on your system is too old`, others `CUDA driver version is insufficient for CUDA runtime
//! version`.
//!
//! Compare the `CUDA Version` of `nvidia-smi` with `python -c 'import torch;
//! print(torch.version.cuda)'`. Update the driver, or install the build for an older CUDA.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, PythonEnvironment, evidence};
use cuda_compat::CudaVersion;
use serde::Serialize;

/// A package's CUDA is of a newer major version than the driver's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` {version} brings CUDA {cuda}, and the driver runs CUDA up to {driver_cuda}")]
pub struct WheelCudaTooNew {
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The CUDA that it brings or needs.
    pub cuda: CudaVersion,
    /// The newest CUDA of the driver.
    pub driver_cuda: CudaVersion,
    /// The `site-packages` folder that it is in.
    pub site_packages: String,
}

impl WheelCudaTooNew {
    pub(super) const CODE: &str = "gpu/wheel-cuda-too-new";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/driver-too-old", "gpu/driver-too-old-for-cuda"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(driver_cuda) = evidence::driver_cuda(facts) else { return Vec::new() };
        let environments = facts.python.iter();
        environments.filter_map(|environment| Self::of(environment, driver_cuda)).collect()
    }

    /// The frameworks and libraries of one environment fail for the same reason: the first stands
    /// for all, and a framework says it best.
    fn of(environment: &PythonEnvironment, driver_cuda: CudaVersion) -> Option<Self> {
        let mut newer: Vec<_> = environment
            .packages
            .iter()
            .filter_map(|package| Some((package, *package.cuda.found()?)))
            .filter(|(_, cuda)| !evidence::driver_runs(driver_cuda, *cuda))
            .collect();
        newer.sort_by_key(|(package, _)| package.name.starts_with("nvidia-"));
        let (package, cuda) = newer.first()?;
        Some(Self {
            package: package.name.clone(),
            version: package.version.clone(),
            cuda: *cuda,
            driver_cuda,
            site_packages: environment.site_packages.clone(),
        })
    }
}

impl Diagnosis for WheelCudaTooNew {
    fn place(&self) -> Place {
        Place::Path { path: self.site_packages.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(format!(
                "update the driver to one for CUDA {} or newer (under WSL in Windows, for a container on \
                 its host)",
                self.cuda.major
            )),
            Fix::by_hand(format!(
                "or install a build of `{}` for CUDA {} or older",
                self.package, self.driver_cuda
            )),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::{self, with_packages};

    #[test]
    fn compares_major_versions() {
        assert_eq!(WheelCudaTooNew::find(&example::h200(), &Need::default()), []);
        let check = |cuda: Reading<&str>, expected: usize| {
            let facts = with_packages(&[
                ("nvidia-cublas", "13.1.0", cuda.clone()),
                ("torch", "2.9.1", cuda.clone()),
            ]);
            let found = WheelCudaTooNew::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{cuda:?}");
            assert!(found.iter().all(|problem| problem.package == "torch"));
        };
        check(Reading::Found("13.0"), 1);
        check(Reading::Found("12.9"), 0);
        check(Reading::Found("11.8"), 0);
        check(Reading::Absent, 0);
        check(Reading::Unknown("not readable".to_owned()), 0);
    }
}
