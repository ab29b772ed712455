//! NVML answers that a GPU is lost.
//!
//! The driver had the GPU and cannot reach it any more (NVML code 15). Like a fall off the bus this
//! is nearly always power, heat, the slot or the board. `nvidia-smi` prints
//! `GPU is lost. Reboot the system to recover this GPU`; `sudo dmesg | grep -i xid` shows what came
//! before.
//!
//! Reboot, better switch off and on. If it comes again, have the board tested.

use super::{Diagnosis, Fix, Place};
use crate::{CallCode, Facts, Need, NvmlGpu, evidence};
use serde::Serialize;

/// A GPU cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "NVML says that {} is lost (code 15)",
    .gpu.as_deref().map_or_else(|| "a GPU".to_owned(), evidence::gpu_words)
)]
pub struct GpuLost {
    /// The GPU; `None` where NVML itself failed for it.
    pub gpu: Option<String>,
    /// Whether this is a container.
    pub container: bool,
}

impl GpuLost {
    pub(super) const CODE: &str = "gpu/gpu-lost";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/fell-off-the-bus"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let container = evidence::in_container(facts);
        if evidence::nvml_claim(facts) == Some(Self::CODE) {
            return vec![Self { gpu: None, container }];
        }
        let is_lost = |gpu: &&NvmlGpu| evidence::nvml_says(gpu, CallCode(15));
        let lost = evidence::nvml_gpus(facts).iter().filter(is_lost);
        lost.map(|gpu| Self { gpu: Some(evidence::gpu_id(facts, gpu)), container }).collect()
    }
}

impl Diagnosis for GpuLost {
    fn place(&self) -> Place {
        self.gpu.clone().map_or(Place::Machine, |gpu| Place::Gpu { gpu, name: None })
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::on_host(self.container, "start the GPU anew", "sudo reboot"),
            Fix::by_hand(
                "if it stays lost, switch the machine off and on, and check the power of the board",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(GpuLost::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn one_gpu_or_nvml_itself() {
        check(example::eight_h100(), |_| {}, 0);
        check(example::eight_h100(), |facts| faults::lose_gpu(facts, 3, 15), 1);
        check(example::eight_h100(), |facts| faults::lose_gpu(facts, 3, 16), 0);
        check(example::h200(), |facts| faults::nvml_fails(facts, 15), 1);
    }

    #[test]
    fn names_the_only_address_that_is_left() {
        let mut facts = example::eight_h100();
        faults::lose_gpu(&mut facts, 3, 15);
        let found = GpuLost::find(&facts, &Need::default());
        assert_eq!(found, [GpuLost { gpu: Some("0000:30:00.0".to_owned()), container: false }]);
        faults::lose_gpu(&mut facts, 5, 15);
        let found = GpuLost::find(&facts, &Need::default());
        assert_eq!(found[1], GpuLost { gpu: Some("GPU 5".to_owned()), container: false });
    }

    #[test]
    fn a_gpu_that_opens_and_answers_nothing() {
        let mut facts = example::eight_h100();
        let crate::Probed::Answered(nvml) = &mut facts.nvml else { panic!("it answers") };
        nvml.gpus[3].memory = crate::Reading::Unknown("NVML_ERROR_GPU_IS_LOST".to_owned());
        assert_eq!(GpuLost::find(&facts, &Need::default()).len(), 1);
    }
}
