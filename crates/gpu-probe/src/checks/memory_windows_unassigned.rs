//! The firmware gave the GPU no address for its memory windows.
//!
//! A GPU's memory is reached through windows (BARs) in the address space of the machine. Large ones
//! need addresses above 4 GiB; where the firmware hands out none, the driver cannot start the GPU.
//! `lspci -vv -d 10de:` shows `Region 1: Memory at <unassigned>`.
//!
//! Turn on "Above 4G Decoding" (and "Resizable BAR", where there is one) in the firmware. In a
//! virtual machine the host has to give the guest a larger 64-bit memory window.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// A memory window has no address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the firmware assigned no memory window to {}", evidence::list_gpus(.gpus))]
pub struct MemoryWindowsUnassigned {
    /// The addresses of the GPUs.
    pub gpus: Vec<String>,
    /// The hypervisor, in a virtual machine.
    pub hypervisor: Option<String>,
}

impl MemoryWindowsUnassigned {
    pub(super) const CODE: &str = "gpu/memory-windows-unassigned";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/no-nvidia-device"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let unassigned = evidence::pci_gpus(facts)
            .iter()
            .filter(|gpu| gpu.memory_windows_assigned.found() == Some(&false))
            .filter(|gpu| !works(facts, &gpu.address));
        let gpus: Vec<String> = unassigned.map(|gpu| gpu.address.clone()).collect();
        if gpus.is_empty() {
            return Vec::new();
        }
        vec![Self { gpus, hypervisor: facts.host.machine.hypervisor.found().cloned() }]
    }
}

impl Diagnosis for MemoryWindowsUnassigned {
    fn place(&self) -> Place {
        evidence::place_of(&self.gpus)
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![match &self.hypervisor {
            Some(hypervisor) => Fix::by_hand(format!(
                "on the host{}, give the guest a 64-bit memory window larger than the GPU's \
                 memory, then start the guest again",
                evidence::hypervisor_words(hypervisor)
            )),
            None => Fix::by_hand(
                "turn on `Above 4G Decoding` in the firmware, update the firmware if it has no such \
                 setting, and reboot",
            ),
        }]
    }
}

/// Whether NVML reaches the GPU all the same.
fn works(facts: &Facts, address: &str) -> bool {
    evidence::nvml_gpus(facts).iter().any(|gpu| {
        gpu.pci_address.found().is_some_and(|own| own == address) && gpu.memory.found().is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(MemoryWindowsUnassigned::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn windows_without_addresses() {
        let set = |facts: &mut Facts, assigned: crate::Reading<bool>| {
            let crate::Reading::Found(gpus) = &mut facts.pci else { return };
            gpus[0].memory_windows_assigned = assigned;
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| set(facts, crate::Reading::Found(false)), 0);
        let without = |facts: &mut Facts| {
            set(facts, crate::Reading::Found(false));
            crate::example::faults::hide_gpu(facts, 0);
        };
        check(example::h200(), without, 1);
        check(example::h200(), |facts| set(facts, crate::Reading::Unknown("EACCES".to_owned())), 0);
    }
}
