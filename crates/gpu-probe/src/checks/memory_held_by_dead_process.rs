//! GPU memory is held by a process that is gone.
//!
//! NVML lists a process that uses GPU memory, and the kernel knows no process of that number. The
//! memory stays taken: a program crashed in a way that the driver could not clean up, or one of its
//! children or a container still holds the device open.
//!
//! Find who holds the device with `sudo fuser --verbose /dev/nvidia*`, and end it. If nobody does,
//! a reset of the GPU frees the memory. This is judged on a host only: in a container the numbers
//! of other processes are not visible.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, NvmlGpu, evidence};
use serde::Serialize;

/// NVML names processes that do not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{memory_mib} MiB of GPU memory are held by processes that are gone: {}", numbers(.pids))]
pub struct MemoryHeldByDeadProcess {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// The number of NVML, which `nvidia-smi -i` takes.
    pub index: u32,
    /// The process ids, sorted.
    pub pids: Vec<u32>,
    /// How much they hold together, in MiB.
    pub memory_mib: u64,
}

fn numbers(pids: &[u32]) -> String {
    let texts: Vec<String> = pids.iter().map(u32::to_string).collect();
    texts.join(", ")
}

impl MemoryHeldByDeadProcess {
    pub(super) const CODE: &str = "gpu/memory-held-by-dead-process";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let machine = &facts.host.machine;
        let sees_all = machine.container.is_absent() && machine.wsl.is_absent();
        if !sees_all || names_wrong_processes(facts) {
            return Vec::new();
        }
        evidence::nvml_gpus(facts).iter().filter_map(Self::of).collect()
    }

    fn of(gpu: &NvmlGpu) -> Option<Self> {
        let dead = gpu.processes.found()?.iter().filter(|process| process.name.is_absent());
        let held: Vec<(u32, u64)> = dead
            .filter_map(|process| Some((process.pid, *process.memory_mib.found()?)))
            .filter(|(_, memory_mib)| *memory_mib > 0)
            .collect();
        if held.is_empty() {
            return None;
        }
        let mut pids: Vec<u32> = held.iter().map(|(pid, _)| *pid).collect();
        pids.sort_unstable();
        pids.dedup();
        // A driver may answer nonsense for a process that is gone.
        let memory_mib = held.iter().fold(0_u64, |sum, (_, mib)| sum.saturating_add(*mib));
        Some(Self { gpu: evidence::nvml_place(gpu), index: gpu.index, pids, memory_mib })
    }
}

/// Drivers 535.43 to 535.85 name wrong process ids.
fn names_wrong_processes(facts: &Facts) -> bool {
    facts
        .driver_version()
        .is_some_and(|driver| driver.branch == 535 && (43..=85).contains(&driver.minor))
}

impl Diagnosis for MemoryHeldByDeadProcess {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "see who still holds the device open, and end it",
                "sudo fuser --verbose /dev/nvidia*",
            ),
            steps::reset_gpu(self.index, "if nobody does, free the memory"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::with_nvml_gpu;
    use crate::{Process, Reading};

    fn held_by(name: Reading<String>) -> Facts {
        with_nvml_gpu(|gpu| {
            gpu.processes = Reading::Found(vec![Process {
                pid: 4711,
                name,
                memory_mib: Reading::Found(2048),
                graphics: false,
            }]);
        })
    }

    #[test]
    fn finds_processes_that_do_not_exist() {
        let found = MemoryHeldByDeadProcess::find(&held_by(Reading::Absent), &Need::default());
        assert_eq!(found[0].pids, [4711]);
        let alive = Reading::Found("python3".to_owned());
        assert_eq!(MemoryHeldByDeadProcess::find(&held_by(alive), &Need::default()), []);
        let unknown = Reading::Unknown("`/proc` is not readable".to_owned());
        assert_eq!(MemoryHeldByDeadProcess::find(&held_by(unknown), &Need::default()), []);
    }

    #[test]
    fn adds_up_nonsense() {
        let facts = with_nvml_gpu(|gpu| {
            let process = Process {
                pid: 4711,
                name: Reading::Absent,
                memory_mib: Reading::Found(u64::MAX),
                graphics: false,
            };
            gpu.processes = Reading::Found(vec![process.clone(), process]);
        });
        let found = MemoryHeldByDeadProcess::find(&facts, &Need::default());
        assert_eq!(found[0].memory_mib, u64::MAX);
    }

    #[test]
    fn a_container_does_not_see_other_processes() {
        let mut facts = held_by(Reading::Absent);
        facts.host.machine.container = Reading::Found("docker".to_owned());
        assert_eq!(MemoryHeldByDeadProcess::find(&facts, &Need::default()), []);
    }

    #[test]
    fn a_driver_that_names_wrong_processes_is_not_believed() {
        let mut facts = held_by(Reading::Absent);
        if let crate::Probed::Answered(nvml) = &mut facts.nvml {
            nvml.driver_version = Reading::Found("535.54.03".parse().unwrap());
        }
        assert_eq!(MemoryHeldByDeadProcess::find(&facts, &Need::default()), []);
    }
}
