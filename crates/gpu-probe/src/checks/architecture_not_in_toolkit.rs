//! The CUDA toolkit cannot build machine code for this GPU.
//!
//! Each toolkit knows the architectures from a first to a last one: CUDA 12.6 goes up to compute
//! capability 9.0, so that an RTX 5090 (12.0) needs 12.8; CUDA 13 dropped everything before 7.5.
//! For a GPU that is too new, older PTX may still be compiled by the driver; for one that is too
//! old nothing can be built.
//!
//! Confirm with `nvcc --list-gpu-arch` and `nvidia-smi --query-gpu=name,compute_cap --format=csv`.
//! Build with a toolkit that knows the GPU, or test on a GPU that the toolkit knows.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use cuda_compat::{
    ComputeCapability, CudaVersion, architecture, architectures, machine_code_runs_on,
};
use serde::Serialize;

/// The GPU's architecture is outside what the toolkit builds for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "{what} cannot build for compute capability {capability}: {}",
    why(.too_new, .since, .until)
)]
pub struct ArchitectureNotInToolkit {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// Which CUDA, in words.
    pub what: String,
    /// The CUDA.
    pub cuda: CudaVersion,
    /// Whether the GPU is newer than the toolkit; else the toolkit has dropped it.
    pub too_new: bool,
    /// The first toolkit that knows the architecture.
    pub since: CudaVersion,
    /// The last one, where newer toolkits have dropped it.
    pub until: Option<CudaVersion>,
}

fn why(too_new: &bool, since: &CudaVersion, until: &Option<CudaVersion>) -> String {
    match until {
        _ if *too_new => format!("that came with CUDA {since}"),
        Some(until) => format!("CUDA {until} was the last that could"),
        None => format!("it needs CUDA {since} or newer"),
    }
}

impl ArchitectureNotInToolkit {
    pub(super) const CODE: &str = "gpu/architecture-not-in-toolkit";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/gpu-not-in-project"];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let mut gpus = evidence::gpu_capabilities(facts);
        // GPUs of one capability fail alike: the first stands for all.
        gpus.dedup_by_key(|gpu| gpu.capability);
        let wanted = evidence::wanted_cudas(facts, need);
        let pairs = gpus.iter().flat_map(|gpu| wanted.iter().map(move |wanted| (gpu, wanted)));
        pairs
            .filter_map(|(gpu, (what, cuda))| {
                Self::of(gpu.place.clone(), gpu.capability?, what.clone(), *cuda)
            })
            .collect()
    }

    fn of(
        gpu: Place,
        capability: ComputeCapability,
        what: String,
        cuda: CudaVersion,
    ) -> Option<Self> {
        let row = architecture(capability)?;
        if row.is_built_by(cuda) {
            return None;
        }
        let too_new = cuda.minor_line() < row.since;
        // Code for an older minor of the same family (8.6 for an 8.9) runs, and fast enough.
        let mut built = architectures().iter().filter(|other| other.is_built_by(cuda));
        if too_new && built.any(|other| machine_code_runs_on(other.cc, capability)) {
            return None;
        }
        let what = what.strip_prefix("programs of ").unwrap_or(&what).to_owned();
        Some(Self { gpu, capability, what, cuda, too_new, since: row.since, until: row.until })
    }
}

impl Diagnosis for ArchitectureNotInToolkit {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![match self.until {
            Some(until) if !self.too_new => Fix::by_hand(format!(
                "build with CUDA {until} or older for this GPU, or use a newer GPU"
            )),
            Some(_) | None => Fix::by_hand(format!("build with CUDA {} or newer", self.since)),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::{self, with_nvml_gpu};

    #[test]
    fn compares_gpu_and_toolkit() {
        assert_eq!(ArchitectureNotInToolkit::find(&example::h200(), &Need::default()), []);
        let check = |capability: &str, project: &str, expected: usize| {
            let facts = {
                let mut facts = with_nvml_gpu(|gpu| {
                    gpu.compute_capability = Reading::Found(capability.parse().unwrap());
                });
                facts.toolkits.clear();
                facts
            };
            let need = Need { cuda: Some(project.parse().unwrap()), ..Need::default() };
            let found = ArchitectureNotInToolkit::find(&facts, &need);
            assert_eq!(found.len(), expected, "{capability} {project}");
        };
        check("9.0", "12.6", 0);
        check("12.0", "12.6", 1);
        check("12.0", "12.8", 0);
        check("6.1", "12.9", 0);
        check("6.1", "13.0", 1);
        check("8.9", "11.6", 0);
        check("99.0", "12.6", 0);
    }

    #[test]
    fn an_unknown_capability_is_not_judged() {
        let mut facts = with_nvml_gpu(|gpu| gpu.compute_capability = Reading::default());
        facts.cuda = crate::Probed::default();
        let need = Need { cuda: Some(CudaVersion::new(11, 0)), ..Need::default() };
        assert_eq!(ArchitectureNotInToolkit::find(&facts, &need), []);
    }
}
