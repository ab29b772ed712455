//! A program holds no code for this GPU (CUDA code 209, `no kernel image is available`).
//!
//! A CUDA program carries machine code (cubins) for the architectures it was built for, and perhaps
//! PTX, which the driver can compile for newer GPUs. Where neither fits the GPU, every kernel start
//! fails with 209. Typical: a new GPU with binaries of last year, or a GPU older than compute
//! capability 7.5 with CUDA 13, which dropped them.
//!
//! See what a binary holds with `cuobjdump --list-elf --list-ptx PROGRAM`, and the GPU's capability
//! with `nvidia-smi --query-gpu=name,compute_cap --format=csv`. Then build with that architecture,
//! or install a release of the framework that supports it.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use cuda_compat::ComputeCapability;
use serde::Serialize;

/// The smoke test got code 209.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "no code for this GPU: `{call}` of the {which} returned 209 (no kernel image){}",
    .capability.map(|value| format!(", and the GPU has compute capability {value}")).unwrap_or_default()
)]
pub struct NoKernelImage {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// Which kernel: `cubin kernel` or `PTX kernel`.
    pub which: &'static str,
    /// The call that failed.
    pub call: String,
    /// The GPU's compute capability, where it is known.
    pub capability: Option<ComputeCapability>,
}

impl NoKernelImage {
    pub(super) const CODE: &str = "gpu/no-kernel-image";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/architecture-not-in-toolkit"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let found = evidence::kernel_failures(facts)
            .into_iter()
            .filter(|failure| failure.code == evidence::NO_BINARY);
        found.map(|failure| Self::of(facts, failure)).collect()
    }

    fn of(facts: &Facts, failure: evidence::KernelFailure<'_>) -> Self {
        let devices = facts.cuda.answered().map(|cuda| cuda.devices.as_slice()).unwrap_or_default();
        let device = devices.iter().find(|device| device.ordinal == failure.ordinal);
        Self {
            gpu: failure.gpu,
            which: failure.which,
            call: failure.call.to_owned(),
            capability: device.and_then(|device| device.compute_capability.found()).copied(),
        }
    }
}

impl Diagnosis for NoKernelImage {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let target = self.capability.map_or("sm_XX".to_owned(), ComputeCapability::sm);
        let digits = target.trim_start_matches("sm_");
        vec![Fix::by_hand(format!(
            "build with `-gencode arch=compute_{digits},code={target}`, by a toolkit that knows \
             {target}, or install a release of the framework that supports it"
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_runs};

    #[test]
    fn finds_code_209_only() {
        assert_eq!(NoKernelImage::find(&example::h200(), &Need::default()), []);
        let facts = with_runs(Some(209), None);
        let found = NoKernelImage::find(&facts, &Need::default());
        assert_eq!(found.len(), 1);
        assert!(found[0].fixes()[0].text.contains("sm_90"));
        assert_eq!(NoKernelImage::find(&with_runs(Some(700), None), &Need::default()), []);
    }
}
