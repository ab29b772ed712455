//! A kernel of the smoke test could not be run.
//!
//! The driver started and showed the GPU, but a call that a program needs (make a context, load a
//! module, allocate, start a kernel, wait for it) returned an error. The call and the code are
//! named as they came, also where the code is not in any list.
//!
//! Run it again with `cargo altlas doctor --deep` and look at the kernel log meanwhile (`sudo dmesg
//! --follow`): an Xid line there says more. Code 2 means that the GPU has no memory left, 46 that
//! somebody else holds the GPU, 700 to 719 that the kernel itself died on the GPU.

use super::{Diagnosis, DriverSeat, Fix, Place};
use crate::steps;
use crate::{CallCode, Facts, Need, cuda_code_name, evidence};
use serde::Serialize;

/// A driver call failed in the smoke test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the {which} did not run: `{call}` returned {}{}", named(*.code), when(.log))]
pub struct KernelFailed {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// Which: `cubin kernel`, `PTX kernel` or `deep test`.
    pub which: &'static str,
    /// The call that failed.
    pub call: String,
    /// What it returned.
    pub code: CallCode,
    /// What the driver's compiler wrote; empty where it wrote nothing.
    pub log: String,
    /// Where the driver is.
    #[serde(flatten)]
    pub seat: DriverSeat,
}

/// Where a deep test was, which it writes into the log.
fn when(log: &str) -> String {
    if log.starts_with(evidence::DURING) { format!(", {log}") } else { String::new() }
}

fn named(code: CallCode) -> String {
    match cuda_code_name(code) {
        Some(name) => format!("{code} (`{name}`)"),
        None => format!("{code}, a code that is not in our list"),
    }
}

impl KernelFailed {
    pub(super) const CODE: &str = "gpu/kernel-failed";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/fell-off-the-bus",
        "gpu/gpu-lost",
        "gpu/gpu-needs-reset",
        "gpu/fabric-not-ready",
        "gpu/compute-mode-prohibited",
        "gpu/device-busy",
        "gpu/vgpu-unlicensed",
        "gpu/mps-unreachable",
        "gpu/uvm-broken",
        "gpu/cuda-init-failed",
        "gpu/driver-too-old-for-cuda",
        "gpu/uncorrected-ecc-errors",
        "gpu/row-remap-failed",
        "gpu/row-remap-pending",
        "gpu/memory-held-by-dead-process",
        "gpu/xid-hardware",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let other = |failure: &evidence::KernelFailure<'_>| {
            let own_check = evidence::CODES_OF_OTHERS.contains(&failure.code)
                || evidence::NEWER_DRIVER.contains(&failure.code);
            !own_check && !failure.ptx_only
        };
        let found = evidence::kernel_failures(facts).into_iter().filter(other);
        found
            .map(|failure| Self {
                gpu: failure.gpu,
                which: failure.which,
                call: failure.call.to_owned(),
                code: failure.code,
                log: failure.log.to_owned(),
                seat: DriverSeat::of(facts),
            })
            .collect()
    }
}

impl Diagnosis for KernelFailed {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let first = match self.code.0 {
            2 => Fix::by_command(
                "end the programs that fill the GPU's memory; this lists them",
                steps::LIST_PROGRAMS,
            ),
            46 => Fix::by_command("see which program holds the GPU, and end it", "nvidia-smi"),
            _ if self.seat.wsl => Fix::by_hand(
                "in Windows, look into the event viewer for a restart of the display driver",
            ),
            _ => Fix::on_host(
                self.seat.container,
                "look for an Xid line of the same moment in the kernel log",
                "sudo dmesg --ctime | grep --ignore-case --extended-regexp 'xid|nvrm'",
            ),
        };
        vec![first, Fix::by_hand("if it fails again after a reboot, update the driver")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Probed;
    use crate::example::{self, with_runs};

    #[test]
    fn finds_other_codes() {
        let check = |cubin: Option<u32>, ptx: Option<u32>, expected: usize| {
            let found = KernelFailed::find(&with_runs(cubin, ptx), &Need::default());
            assert_eq!(found.len(), expected, "{cubin:?} {ptx:?}");
        };
        check(None, None, 0);
        check(Some(700), None, 1);
        check(Some(700), Some(700), 1);
        check(Some(209), Some(222), 0);
        check(None, Some(218), 0);
        check(Some(4242), None, 1);
    }

    #[test]
    fn an_unknown_code_is_named_by_its_number() {
        let found = KernelFailed::find(&with_runs(Some(4242), None), &Need::default());
        assert!(found[0].to_string().contains("4242"), "{}", found[0]);
    }

    #[test]
    fn a_test_that_did_not_run_is_not_judged() {
        let mut facts = example::h200();
        for smoke in [None, Some(Probed::NotRun("no driver".to_owned()))] {
            facts.smoke = smoke;
            assert_eq!(KernelFailed::find(&facts, &Need::default()), []);
        }
    }
}
