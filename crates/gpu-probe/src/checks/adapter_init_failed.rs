//! The driver is loaded and could not start a GPU (`RmInitAdapter failed`).
//!
//! The kernel log holds the line, with three numbers that say where the driver gave up. Usual
//! causes: the firmware assigned no memory windows (Above 4G Decoding is off), the power cables of
//! the board, a driver older than the GPU, a GPU that was not reset after a guest used it, or a
//! broken board. `sudo dmesg | grep -i nvrm` shows it; `nvidia-smi` prints `No devices were found`.
//!
//! Switch the machine off and on first. Then try the newest driver with the open module, and check
//! the firmware's settings and the power of the board.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// A GPU did not start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "the driver could not start {}: `RmInitAdapter failed`{}",
    evidence::gpu_words(.gpu),
    .numbers.as_deref().map_or_else(String::new, |numbers| format!(" {numbers}"))
)]
pub struct AdapterInitFailed {
    /// The address of the GPU.
    pub gpu: String,
    /// The numbers of the line, such as `(0x22:0x56:762)`.
    pub numbers: Option<String>,
    /// The hypervisor, in a virtual machine.
    pub hypervisor: Option<String>,
}

impl AdapterInitFailed {
    pub(super) const CODE: &str = "gpu/adapter-init-failed";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/open-module-required",
        "gpu/memory-windows-unassigned",
        "gpu/fell-off-the-bus",
        "gpu/device-held-by-vfio",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(log) = facts.kernel_log.found() else { return Vec::new() };
        let missing = evidence::missing_addresses(facts);
        let dead = |gpu: &str| match evidence::nvml_works(facts) {
            true => missing.iter().any(|address| address == gpu),
            false => true,
        };
        let mut found: Vec<Self> = Vec::new();
        for (gpu, numbers) in
            log.driver_messages.iter().filter_map(|line| parse_adapter_failure(line))
        {
            if dead(&gpu)
                && evidence::has_usual_driver(facts)
                && found.iter().all(|old| old.gpu != gpu)
            {
                let hypervisor = facts.host.machine.hypervisor.found().cloned();
                found.push(Self { gpu, numbers, hypervisor });
            }
        }
        found
    }
}

impl Diagnosis for AdapterInitFailed {
    fn place(&self) -> Place {
        Place::Gpu { gpu: self.gpu.clone(), name: None }
    }

    fn fixes(&self) -> Vec<Fix> {
        let first = match &self.hypervisor {
            Some(hypervisor) => format!(
                "switch this virtual machine off and on; if that does not help, have the GPU reset on \
                 the host{}",
                evidence::hypervisor_words(hypervisor)
            ),
            None => "switch the machine off, check the power cables of the board, and switch it on"
                .to_owned(),
        };
        vec![
            Fix::by_hand(first),
            Fix::by_hand(
                "turn on `Above 4G Decoding` in the firmware and install the newest driver with the open \
                 module",
            ),
            Fix::by_command(
                "if it stays, collect what NVIDIA's support asks for",
                "sudo nvidia-bug-report.sh",
            ),
        ]
    }
}

/// The GPU and the numbers of an `RmInitAdapter failed` line.
fn parse_adapter_failure(line: &str) -> Option<(String, Option<String>)> {
    let (before, after) = line.split_once("RmInitAdapter failed")?;
    let (_, gpu) = before.split_once("GPU ")?;
    let gpu = gpu.trim().trim_end_matches(':').to_ascii_lowercase();
    let numbers = after.trim_start_matches('!').trim();
    let numbers = (numbers.starts_with('(') && numbers.ends_with(')')).then(|| numbers.to_owned());
    (!gpu.is_empty()).then_some((gpu, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(AdapterInitFailed::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn a_line_and_a_gpu_that_is_missing() {
        let line = "NVRM: GPU 0000:18:00.0: RmInitAdapter failed! (0x22:0x56:762)";
        check(example::h200(), |facts| faults::write_line(facts, line), 0);
        check(example::h200(), |facts| faults::hide_gpu(facts, 0), 0);
        let both = |facts: &mut Facts| {
            faults::write_line(facts, line);
            faults::write_line(facts, line);
            faults::hide_gpu(facts, 0);
        };
        check(example::h200(), both, 1);
    }

    #[test]
    fn reads_the_line() {
        let check = |line: &str, expected: Option<(&str, Option<&str>)>| {
            let found = parse_adapter_failure(line);
            let found = found.as_ref().map(|(gpu, numbers)| (gpu.as_str(), numbers.as_deref()));
            assert_eq!(found, expected, "{line}");
        };
        check(
            "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:762)",
            Some(("0000:01:00.0", Some("(0x22:0x56:762)"))),
        );
        check("NVRM: GPU 0000:AF:00.0: RmInitAdapter failed!", Some(("0000:af:00.0", None)));
        check("NVRM: RmInitAdapter failed!", None);
        check("NVRM: GPU 0000:01:00.0: rm_init_adapter failed, device minor number 0", None);
        check("", None);
    }

    #[test]
    fn never_panics() {
        proptest::proptest!(|(line in "(?s).{0,80}")| { parse_adapter_failure(&line); });
    }
}
