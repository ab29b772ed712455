//! The compute mode of a GPU keeps programs out.
//!
//! Mode `Prohibited` lets no CUDA program in, mode `Exclusive process` only one at a time. With the
//! first CUDA sees no device (code 100), with the second it is busy (code 46) while another program
//! has it. `nvidia-smi -q -d COMPUTE` shows the mode.
//!
//! Set the mode back to `Default`; or, in exclusive mode, wait for the program that has the GPU.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, NvmlGpu, evidence};
use serde::Serialize;

/// The mode lets nobody else in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", sentence(.gpus, *.exclusive, .holders))]
pub struct ComputeModeProhibited {
    /// The GPUs.
    pub gpus: Vec<String>,
    /// NVML's numbers for them.
    pub indices: Vec<u32>,
    /// Whether one program is let in, and not none.
    pub exclusive: bool,
    /// The ids of the processes that have an exclusive GPU.
    pub holders: Vec<u32>,
    /// Whether this is a container.
    pub container: bool,
}

impl ComputeModeProhibited {
    pub(super) const CODE: &str = "gpu/compute-mode-prohibited";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let restricted = evidence::restricted_gpus(facts);
        let prohibited: Vec<&NvmlGpu> =
            restricted.iter().copied().filter(|gpu| gpu.compute_mode.found() == Some(&2)).collect();
        // An exclusive GPU is a choice, and matters where somebody was turned away.
        let busy = evidence::cuda_returned(facts, 46);
        let exclusive = prohibited.is_empty();
        let gpus = if exclusive { restricted } else { prohibited };
        if gpus.is_empty() || (exclusive && !busy) {
            return Vec::new();
        }
        let processes = gpus.iter().filter_map(|gpu| gpu.processes.found()).flatten();
        vec![Self {
            holders: processes.filter(|_| exclusive).map(|process| process.pid).collect(),
            indices: gpus.iter().map(|gpu| gpu.index).collect(),
            gpus: gpus.iter().map(|gpu| evidence::gpu_id(facts, gpu)).collect(),
            exclusive,
            container: evidence::in_container(facts),
        }]
    }
}

impl Diagnosis for ComputeModeProhibited {
    fn place(&self) -> Place {
        evidence::place_of(&self.gpus)
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut fixes = Vec::new();
        if self.exclusive {
            fixes.push(Fix::by_hand("wait for the program that has the GPU, or end it"));
        }
        let numbers: Vec<String> = self.indices.iter().map(u32::to_string).collect();
        let command = format!("sudo nvidia-smi -i {} -c 0", numbers.join(","));
        fixes.push(Fix::on_host(self.container, "let programs share the GPU", command));
        fixes
    }
}

fn sentence(gpus: &[String], exclusive: bool, holders: &[u32]) -> String {
    let gpus = evidence::list_gpus(gpus);
    if !exclusive {
        return format!("the compute mode `Prohibited` keeps CUDA programs off {gpus}");
    }
    let pids: Vec<String> = holders.iter().map(u32::to_string).collect();
    let holder = match pids.as_slice() {
        [] => "another program".to_owned(),
        pids => format!("process {}", pids.join(", ")),
    };
    format!("the compute mode lets one program at a time on {gpus}, and {holder} is there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(ComputeModeProhibited::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn prohibited_or_exclusive_and_busy() {
        let mode = |facts: &mut Facts, mode: u32| {
            let crate::Probed::Answered(nvml) = &mut facts.nvml else { return };
            nvml.gpus[0].compute_mode = crate::Reading::Found(mode);
        };
        let busy = |facts: &mut Facts| {
            mode(facts, 3);
            faults::cuda_fails(facts, 46);
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| mode(facts, 2), 1);
        check(example::h200(), |facts| mode(facts, 3), 0);
        check(example::h200(), busy, 1);
        check(example::h200(), |facts| faults::cuda_fails(facts, 46), 0);
    }
}
