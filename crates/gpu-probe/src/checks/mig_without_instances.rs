//! MIG is on, and no instance was made: CUDA cannot use the GPU.
//!
//! With MIG on, a GPU is used through instances only, parts of it that somebody makes. Until then
//! CUDA sees nothing of it and returns 100, `no CUDA-capable device is detected`. `nvidia-smi -L`
//! lists the instances under each GPU.
//!
//! Make instances, or turn MIG off to use the GPU as a whole. Instances are gone after a reboot
//! unless a service makes them again.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// MIG is on and empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "MIG is on without an instance on {}, so CUDA finds nothing to use there",
    evidence::list_gpus(.gpus)
)]
pub struct MigWithoutInstances {
    /// The GPUs.
    pub gpus: Vec<String>,
    /// NVML's numbers for them.
    pub indices: Vec<u32>,
}

impl MigWithoutInstances {
    pub(super) const CODE: &str = "gpu/mig-without-instances";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let gpus = evidence::nvml_gpus(facts);
        let empty: Vec<_> =
            gpus.iter().filter(|gpu| evidence::is_mig_without_instances(gpu)).collect();
        // A container is given some of the instances, and does not see the others.
        let given = evidence::in_container(facts) && evidence::cuda_works(facts);
        if empty.is_empty() || given {
            return Vec::new();
        }
        vec![Self {
            gpus: empty.iter().map(|gpu| evidence::gpu_id(facts, gpu)).collect(),
            indices: empty.iter().map(|gpu| gpu.index).collect(),
        }]
    }
}

impl Diagnosis for MigWithoutInstances {
    fn place(&self) -> Place {
        evidence::place_of(&self.gpus)
    }

    fn fixes(&self) -> Vec<Fix> {
        let numbers: Vec<String> = self.indices.iter().map(u32::to_string).collect();
        let numbers = numbers.join(",");
        vec![
            Fix::by_command(
                "see which instances there can be, then make some with `sudo nvidia-smi mig -cgi \
                 PROFILE -C`",
                format!("sudo nvidia-smi mig -i {numbers} -lgip"),
            ),
            Fix::by_command("or turn MIG off, with no program on the GPU", format!("sudo nvidia-smi -i {numbers} -mig 0")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(MigWithoutInstances::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn mig_on_and_empty() {
        let mig = |facts: &mut Facts, devices: u32| {
            let crate::Probed::Answered(nvml) = &mut facts.nvml else { return };
            nvml.gpus[0].mig_enabled = crate::Reading::Found(true);
            nvml.gpus[0].mig_devices = crate::Reading::Found(devices);
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| mig(facts, 0), 1);
        check(example::h200(), |facts| mig(facts, 7), 0);
    }
}
