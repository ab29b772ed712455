//! The GPU computed a wrong result.
//!
//! A kernel ran without an error, and its result was compared element by element with what it must
//! be. It is not. Nothing that this GPU computes can be trusted until the cause is known: memory
//! that flips bits, an overclock or undervolt that is too bold, too little power, a broken GPU, or
//! (seldom) a driver that miscompiles.
//!
//! Run `cargo altlas doctor --deep` again, and `--burn 10`: a fault that moves from element to
//! element is hardware; one that is always the same points to the driver. Set clocks, voltages and
//! power limits back to what the maker set first.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, KernelRun, Need, Reading, SmokeGpu, evidence};
use serde::Serialize;

/// A compared result was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("wrong result in the {what}: {detail}")]
pub struct KernelWrongResult {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// Which test: `cubin kernel`, `copy from host to GPU`.
    pub what: &'static str,
    /// What was wrong.
    pub detail: String,
}

impl KernelWrongResult {
    pub(super) const CODE: &str = "gpu/kernel-wrong-result";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/memory-test-failed",
        "gpu/uncorrected-ecc-errors",
        "gpu/row-remap-failed",
        "gpu/row-remap-pending",
        "gpu/page-retirement-pending",
        "gpu/xid-hardware",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        evidence::smoke_gpus(facts).iter().flat_map(Self::of).collect()
    }

    fn of(gpu: &SmokeGpu) -> Vec<Self> {
        let kernels = [("cubin kernel", &gpu.cubin), ("PTX kernel", &gpu.ptx)];
        let copies = [
            ("copy inside the GPU", &gpu.device_memory),
            ("copy from host to GPU", &gpu.host_to_device),
            ("copy from GPU to host", &gpu.device_to_host),
        ];
        let rates = [("FP32 test", &gpu.fp32), ("tensor core test", &gpu.tensor)];
        let wrong_kernels =
            kernels.into_iter().filter_map(|(what, run)| Some((what, wrong_elements(run)?)));
        let wrong_copies = copies
            .into_iter()
            .filter(|(_, run)| run.found().is_some_and(|run| !run.verified))
            .map(|(what, _)| (what, "the bytes that arrived were not confirmed equal".to_owned()));
        let wrong_rates = rates
            .into_iter()
            .filter(|(_, run)| run.found().is_some_and(|run| !run.verified))
            .map(|(what, _)| (what, "the results were not confirmed right".to_owned()));
        wrong_kernels
            .chain(wrong_copies)
            .chain(wrong_rates)
            .map(|(what, detail)| Self { gpu: evidence::smoke_place(gpu), what, detail })
            .collect()
    }
}

fn wrong_elements(run: &Reading<KernelRun>) -> Option<String> {
    let Some(KernelRun::Wrong { elements, wrong, first, expected, got }) = run.found() else {
        return None;
    };
    Some(format!(
        "{wrong} of {elements} elements are wrong, the first is number {first}: {got} instead of \
         {expected}"
    ))
}

impl Diagnosis for KernelWrongResult {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "set the clocks back to what the maker set, and undo any overclock or undervolt",
                "sudo nvidia-smi --reset-gpu-clocks; sudo nvidia-smi --reset-memory-clocks",
            ),
            Fix::by_command("run a longer test", "cargo altlas doctor --burn 10"),
            Fix::by_hand("if results stay wrong, do not use this GPU, and have it replaced"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_smoke};
    use crate::{BandwidthRun, RateRun};

    #[test]
    fn finds_wrong_values_of_every_test() {
        assert_eq!(KernelWrongResult::find(&example::h200(), &Need::default()), []);
        let facts = with_smoke(|gpu| {
            gpu.ptx = Reading::Found(KernelRun::Wrong {
                elements: 1024,
                wrong: 3,
                first: 17,
                expected: "4.5".to_owned(),
                got: "NaN".to_owned(),
            });
            gpu.host_to_device = Reading::Found(BandwidthRun {
                gb_per_s: 50.0,
                peak_gb_per_s: None,
                verified: false,
            });
            gpu.fp32 = Reading::Found(RateRun { tflops: 60.0, peak_tflops: None, verified: true });
        });
        let found = KernelWrongResult::find(&facts, &Need::default());
        let what: Vec<&str> = found.iter().map(|problem| problem.what).collect();
        assert_eq!(what, ["PTX kernel", "copy from host to GPU"]);
        assert!(found[0].to_string().contains("NaN instead of 4.5"));
    }

    #[test]
    fn a_test_that_could_not_run_is_not_wrong() {
        let facts = with_smoke(|gpu| gpu.cubin = Reading::Unknown("out of time".to_owned()));
        assert_eq!(KernelWrongResult::find(&facts, &Need::default()), []);
    }
}
