//! The driver wants a GPU to be reset, or the machine rebooted.
//!
//! After a fault that it cannot undo, such as an uncorrectable memory error or a stuck engine, the
//! driver says what has to be done before the GPU is used again. `nvidia-smi -q` shows it as
//! `GPU Recovery Action`.
//!
//! Stop the programs on the GPU and reset it. A GPU that drives a display or is in a laptop cannot be
//! reset alone, and under WSL none can: there the machine has to be rebooted.

use super::{Diagnosis, Fix, Place};
use crate::{CallCode, Facts, Need, evidence};
use serde::Serialize;

/// A GPU waits for a reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "{} has to be {} before it is used again",
    .gpu.as_deref().map_or_else(|| "a GPU".to_owned(), evidence::gpu_words),
    action_words(.action)
)]
pub struct GpuNeedsReset {
    /// The GPU; `None` where NVML itself failed for it.
    pub gpu: Option<String>,
    /// NVML's number for it.
    pub index: Option<u32>,
    /// What the driver wants: 1 reset, 2 reboot, 3 drain peer-to-peer, 4 drain and reset.
    pub action: u32,
    /// Whether this is a container.
    pub container: bool,
    /// Whether this is a WSL guest.
    pub wsl: bool,
}

impl GpuNeedsReset {
    pub(super) const CODE: &str = "gpu/gpu-needs-reset";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/fell-off-the-bus", "gpu/gpu-lost"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let (container, wsl) = (evidence::in_container(facts), evidence::in_wsl(facts));
        if evidence::nvml_claim(facts) == Some(Self::CODE) {
            return vec![Self { gpu: None, index: None, action: 1, container, wsl }];
        }
        let gpus = evidence::nvml_gpus(facts);
        let waiting = gpus.iter().filter_map(|gpu| {
            let by_handle = evidence::nvml_says(gpu, CallCode(16)).then_some(1);
            let action = gpu.recovery_action.found().copied().filter(|action| *action != 0);
            Some((gpu, action.or(by_handle)?))
        });
        waiting
            .map(|(gpu, action)| Self {
                gpu: Some(evidence::gpu_id(facts, gpu)),
                index: Some(gpu.index),
                action,
                container,
                wsl,
            })
            .collect()
    }
}

impl Diagnosis for GpuNeedsReset {
    fn place(&self) -> Place {
        self.gpu.clone().map_or(Place::Machine, |gpu| Place::Gpu { gpu, name: None })
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.wsl {
            return vec![Fix::by_hand("restart Windows: a GPU cannot be reset from WSL")];
        }
        let reset = self.index.map(|index| {
            let text = "stop the programs on the GPU and reset it";
            Fix::on_host(self.container, text, format!("sudo nvidia-smi --gpu-reset -i {index}"))
        });
        let reboot = Fix::on_host(self.container, "or reboot the machine", "sudo reboot");
        match self.action {
            2 => vec![Fix::on_host(self.container, "reboot the machine", "sudo reboot")],
            3 => vec![
                Fix::by_hand("stop the programs that copy from GPU to GPU with this one"),
                Fix::by_command(
                    "then see whether the driver still wants something",
                    "nvidia-smi --query | grep -i -A3 'recovery action'",
                ),
            ],
            _ => reset.into_iter().chain([reboot]).collect(),
        }
    }
}

fn action_words(action: &u32) -> &'static str {
    match action {
        2 => "rebooted with its machine",
        3 => "drained of peer-to-peer traffic",
        4 => "drained and reset",
        _ => "reset",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(GpuNeedsReset::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn by_action_and_by_code() {
        let act = |action: u32| {
            move |facts: &mut Facts| {
                let crate::Probed::Answered(nvml) = &mut facts.nvml else { return };
                nvml.gpus[0].recovery_action = crate::Reading::Found(action);
            }
        };
        check(example::h200(), act(0), 0);
        check(example::h200(), act(1), 1);
        check(example::h200(), act(4), 1);
        check(example::eight_h100(), |facts| faults::lose_gpu(facts, 2, 16), 1);
        check(example::h200(), |facts| faults::nvml_fails(facts, 16), 1);
    }
}
