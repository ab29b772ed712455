//! CUDA says that the GPU is busy or unavailable (code 46).
//!
//! The GPU cannot take another program now: it waits for a reset after a fault, the multi-process
//! service holds it, or another program has it for itself. `nvidia-smi` lists the programs and the
//! compute mode, `sudo dmesg | grep -i xid` the faults.
//!
//! End the programs on the GPU and try again. If it stays busy with no program on it, reset it.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// CUDA returned 46.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("CUDA says that the GPU is busy or unavailable (code 46)")]
pub struct DeviceBusy {
    /// The processes that hold memory of a GPU.
    pub pids: Vec<u32>,
}

impl DeviceBusy {
    pub(super) const CODE: &str = "gpu/device-busy";
    pub(super) const FOLLOWS_FROM: &[&str] =
        &["gpu/mps-unreachable", "gpu/gpu-needs-reset", "gpu/gpu-lost", "gpu/fell-off-the-bus"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if !evidence::cuda_returned(facts, 46) || !evidence::restricted_gpus(facts).is_empty() {
            return Vec::new();
        }
        let gpus = evidence::nvml(facts).map_or(&[][..], |nvml| nvml.gpus.as_slice());
        let processes = gpus.iter().filter_map(|gpu| gpu.processes.found()).flatten();
        let mut pids: Vec<u32> = processes.map(|process| process.pid).collect();
        pids.sort_unstable();
        pids.dedup();
        vec![Self { pids }]
    }
}

impl Diagnosis for DeviceBusy {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "see which programs use the GPU, and end those you can",
                "sudo fuser -v /dev/nvidia*",
            ),
            Fix::by_command("if it stays busy with none, reset it", "sudo nvidia-smi --gpu-reset"),
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
        assert_eq!(DeviceBusy::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn code_46() {
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| faults::cuda_fails(facts, 46), 1);
        check(example::h200(), |facts| faults::cuda_fails(facts, 100), 0);
    }
}
