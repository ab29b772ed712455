//! A GPU has fallen off the PCIe bus.
//!
//! The driver could not reach the GPU any more (Xid 79). The cause is nearly always hardware: power
//! that broke down, a riser or cable, heat, the slot, or PCIe power saving. A program does not
//! cause it. `sudo dmesg | grep -i -e 'Xid.*: 79' -e 'fallen off'` shows the line.
//!
//! Switch the machine off and on again (a warm reboot may not be enough), check the power cables
//! and the slot. If it comes back, try the kernel parameter `pcie_aspm=off`, then another slot,
//! then have the board replaced.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// The GPU does not answer on the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{} has fallen off the PCIe bus (Xid 79)", evidence::gpu_words(.gpu))]
pub struct FellOffTheBus {
    /// The address of the GPU.
    pub gpu: String,
}

impl FellOffTheBus {
    pub(super) const CODE: &str = "gpu/fell-off-the-bus";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(log) = facts.kernel_log.found() else { return Vec::new() };
        let by_xid =
            log.xids.iter().filter(|xid| xid.code == 79).map(|xid| xid.pci_address.clone());
        let by_line = log.driver_messages.iter().filter_map(|line| parse_fallen(line));
        let mut gpus: Vec<String> =
            by_xid.chain(by_line).filter(|gpu| !answers_again(facts, gpu)).collect();
        gpus.sort();
        gpus.dedup();
        gpus.into_iter().map(|gpu| Self { gpu }).collect()
    }
}

impl Diagnosis for FellOffTheBus {
    fn place(&self) -> Place {
        Place::Gpu { gpu: self.gpu.clone(), name: None }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(
                "switch the machine off, wait half a minute and switch it on: a reboot is not \
                 always enough",
            ),
            Fix::by_hand(
                "if it comes back, check power cables, riser and slot, and have the board tested",
            ),
        ]
    }
}

/// Whether NVML reaches the GPU now, so that the line is of an older accident.
fn answers_again(facts: &Facts, address: &str) -> bool {
    let gpus = evidence::nvml_gpus(facts);
    gpus.iter().any(|gpu| {
        gpu.pci_address.found().is_some_and(|own| own == address)
            && gpu.handle.found().is_some_and(|code| code.is_success())
            && gpu.memory.found().is_some()
    })
}

/// The address of the GPU in a line that says it fell off the bus.
fn parse_fallen(line: &str) -> Option<String> {
    if !line.contains("fallen off the bus") {
        return None;
    }
    let words = line.split_whitespace().map(|word| word.trim_end_matches([':', '.', ',']));
    let is_address = |word: &&str| word.matches(':').count() == 2 && word.contains('.');
    let address = words.into_iter().find(is_address)?.to_ascii_lowercase();
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(FellOffTheBus::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn finds_the_xid_of_a_gpu_that_is_gone() {
        let address = example::H200_ADDRESS;
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| faults::write_xid(facts, 79, address), 0);
        let break_it = |facts: &mut Facts| {
            faults::write_xid(facts, 79, address);
            faults::write_line(facts, "NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.");
            faults::lose_gpu(facts, 0, 15);
        };
        check(example::h200(), break_it, 1);
        let unreadable = |facts: &mut Facts| {
            facts.kernel_log = crate::Reading::Unknown("EPERM".to_owned());
            faults::lose_gpu(facts, 0, 15);
        };
        check(example::h200(), unreadable, 0);
    }

    #[test]
    fn reads_both_lines() {
        let check = |line: &str, expected: Option<&str>| {
            assert_eq!(parse_fallen(line).as_deref(), expected, "{line}");
        };
        check("NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.", Some("0000:18:00.0"));
        check("NVRM: The NVIDIA GPU 0000:AF:00.0", None);
        check(
            "NVRM: The NVIDIA GPU 0000:AF:00.0 (PCI ID: 10de:2330) fallen off the bus and is not \
             responding",
            Some("0000:af:00.0"),
        );
        check("fallen off the bus", None);
        check("", None);
    }

    #[test]
    fn never_panics() {
        proptest::proptest!(|(line in "(?s).{0,80}")| { parse_fallen(&line); });
    }
}
