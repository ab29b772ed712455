//! A Python package holds no code for this GPU.
//!
//! The binaries of a wheel are built for a list of architectures. Code for 8.0 also runs on 8.6 and
//! 8.9, but not on 9.0 or 12.0. Where nothing fits, PyTorch warns `… with CUDA capability sm_120 is
//! not compatible with the current PyTorch installation`, and kernels fail with `no kernel image is
//! available for execution on the device`.
//!
//! Confirm with `python -c 'import torch; print(torch.cuda.get_arch_list())'`; an entry `compute_…`
//! in it is PTX, which a newer GPU can still use. Install a release that was built for this GPU.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, PythonEnvironment, PythonPackage, evidence};
use cuda_compat::{ComputeCapability, machine_code_runs_on};
use serde::Serialize;

/// No architecture of a package fits the GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "`{package}` {version} holds no code for compute capability {capability} (it has {})",
    texts(.architectures)
)]
pub struct WheelWithoutArchitecture {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// The GPU's compute capability.
    pub capability: ComputeCapability,
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// What it holds code for.
    pub architectures: Vec<ComputeCapability>,
    /// The `site-packages` folder that it is in.
    pub site_packages: String,
}

fn texts(architectures: &[ComputeCapability]) -> String {
    let texts: Vec<String> = architectures.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

impl WheelWithoutArchitecture {
    pub(super) const CODE: &str = "gpu/wheel-without-architecture";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let mut gpus = evidence::gpu_capabilities(facts);
        // GPUs of one capability fail alike: the first stands for all.
        gpus.dedup_by_key(|gpu| gpu.capability);
        let environments = facts.python.iter();
        environments
            .flat_map(|environment| gpus.iter().flat_map(|gpu| Self::of(environment, gpu)))
            .collect()
    }

    fn of(environment: &PythonEnvironment, gpu: &evidence::KnownGpu) -> Vec<Self> {
        let Some(capability) = gpu.capability else { return Vec::new() };
        let without = |package: &PythonPackage| {
            let architectures = package.architectures.found().filter(|list| !list.is_empty())?;
            let fits = architectures.iter().any(|built| machine_code_runs_on(*built, capability));
            (!fits).then(|| Self {
                gpu: gpu.place.clone(),
                capability,
                package: package.name.clone(),
                version: package.version.clone(),
                architectures: architectures.clone(),
                site_packages: environment.site_packages.clone(),
            })
        };
        environment.packages.iter().filter_map(without).collect()
    }
}

impl Diagnosis for WheelWithoutArchitecture {
    fn place(&self) -> Place {
        Place::Path { path: self.site_packages.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        let built_for_newer =
            self.architectures.iter().all(|built| built.major > self.capability.major);
        vec![if built_for_newer {
            Fix::by_hand(format!(
                "install an older release of `{}`, one that still supports {}",
                self.package,
                self.capability.sm()
            ))
        } else {
            Fix::by_hand(format!(
                "install a newer release of `{}`, or its build for a newer CUDA, that supports {}",
                self.package,
                self.capability.sm()
            ))
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::with_packages;

    #[test]
    fn compares_with_the_gpu() {
        let check = |built: Reading<Vec<&str>>, expected: usize| {
            let mut facts = with_packages(&[("torch", "2.9.1", Reading::Found("12.6"))]);
            facts.python[0].packages[0].architectures =
                built.clone().map(|list| list.iter().map(|text| text.parse().unwrap()).collect());
            let found = WheelWithoutArchitecture::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{built:?}");
        };
        check(Reading::Found(vec!["8.0", "9.0"]), 0);
        check(Reading::Found(vec!["7.0", "8.0"]), 1);
        check(Reading::Found(vec!["10.0", "12.0"]), 1);
        check(Reading::Found(vec![]), 0);
        check(Reading::Unknown("not in its files".to_owned()), 0);
    }
}
