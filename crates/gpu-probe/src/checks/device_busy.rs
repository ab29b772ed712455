//! CUDA says that the GPU is busy or unavailable (code 46).
//!
//! The GPU cannot take another program now: it waits for a reset after a fault, the multi-process
//! service holds it, or another program has it for itself. `nvidia-smi` lists the programs and the
//! compute mode, `sudo dmesg | grep -i xid` the faults.
//!
//! End the programs on the GPU and try again. If it stays busy with no program on it, reset it; under
//! WSL, where that cannot be done, restart Windows.

use super::{Diagnosis, DriverSeat, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// CUDA returned 46.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("CUDA says that the GPU is busy or unavailable (code 46){}", holders(.pids))]
pub struct DeviceBusy {
    /// The processes that hold memory of a GPU.
    pub pids: Vec<u32>,
    /// NVML's number for the GPU, where there is one only.
    pub index: Option<u32>,
    /// Where the driver is.
    #[serde(flatten)]
    pub seat: DriverSeat,
}

impl DeviceBusy {
    pub(super) const CODE: &str = "gpu/device-busy";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/mps-unreachable",
        "gpu/gpu-needs-reset",
        "gpu/gpu-lost",
        "gpu/fell-off-the-bus",
        "gpu/xid-hardware",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if !evidence::cuda_returned(facts, 46) || !evidence::restricted_gpus(facts).is_empty() {
            return Vec::new();
        }
        let gpus = evidence::nvml_gpus(facts);
        let processes = gpus.iter().filter_map(|gpu| gpu.processes.found()).flatten();
        let mut pids: Vec<u32> = processes.map(|process| process.pid).collect();
        pids.sort_unstable();
        pids.dedup();
        let index = match gpus {
            [gpu] => Some(gpu.index),
            _ => None,
        };
        vec![Self { pids, index, seat: DriverSeat::of(facts) }]
    }
}

impl Diagnosis for DeviceBusy {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.seat.wsl {
            return vec![
                Fix::by_hand("end the programs that use the GPU, in WSL and in Windows"),
                Fix::by_hand("if it stays busy with none, restart Windows"),
            ];
        }
        if self.seat.tegra {
            return vec![Fix::by_hand(
                "end the programs that use the GPU; if it stays busy with none, reboot",
            )];
        }
        let id = self.index.map_or_else(|| "NUMBER".to_owned(), |index| index.to_string());
        vec![
            Fix::on_host(
                self.seat.container,
                "see which programs use the GPU, and end those you can",
                "sudo fuser -v /dev/nvidia*",
            ),
            Fix::on_host(
                self.seat.container,
                "if it stays busy with none, reset it (`nvidia-smi -L` lists the numbers)",
                format!("sudo nvidia-smi --gpu-reset --id={id}"),
            ),
        ]
    }
}

fn holders(pids: &[u32]) -> String {
    let texts: Vec<String> = pids.iter().map(u32::to_string).collect();
    match texts.as_slice() {
        [] => String::new(),
        [pid] => format!("; process {pid} uses it"),
        pids => format!("; processes {} use it", pids.join(", ")),
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
