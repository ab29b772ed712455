//! A kernel of the smoke test could not be run.
//!
//! The driver started and showed the GPU, but a call that a program needs (make a context, load a
//! module, allocate, start a kernel, wait for it) returned an error. The call and the code are
//! named as they came, also where the code is not in any list.
//!
//! Run it again with `cargo altlas doctor --deep` and look at the kernel log meanwhile (`sudo dmesg
//! --follow`): an Xid line there says more. Code 2 means that the GPU has no memory left, 46 that
//! somebody else holds the GPU, 700 to 719 that the kernel itself died on the GPU.

use super::no_kernel_image::NO_BINARY;
use super::ptx_too_new::UNSUPPORTED_PTX;
use super::{Diagnosis, DriverSeat, Fix, Place};
use crate::{CallCode, Facts, KernelRun, Need, Reading, SmokeGpu, cuda_code_name, evidence};
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

/// A driver call that failed in the smoke test.
pub(super) struct Failure<'a> {
    pub(super) gpu: Place,
    pub(super) ordinal: u32,
    pub(super) which: &'static str,
    pub(super) call: &'a str,
    pub(super) code: CallCode,
    pub(super) log: &'a str,
    /// Whether the PTX kernel failed and the cubin kernel was right.
    pub(super) ptx_only: bool,
}

/// Every call of the smoke test that failed; of one GPU the same failure is named once.
pub(super) fn failures(facts: &Facts) -> Vec<Failure<'_>> {
    evidence::smoke_gpus(facts).iter().flat_map(failures_of).collect()
}

fn failures_of(gpu: &SmokeGpu) -> Vec<Failure<'_>> {
    let cubin_right = matches!(gpu.cubin, Reading::Found(KernelRun::Correct { .. }));
    let failure = |which: &'static str, run: &'static str| {
        let reading = if run == "cubin" { &gpu.cubin } else { &gpu.ptx };
        let Some(KernelRun::Failed { call, code, log }) = reading.found() else { return None };
        Some(Failure {
            gpu: evidence::smoke_place(gpu),
            ordinal: gpu.ordinal,
            which,
            call,
            code: *code,
            log,
            // The driver compiles PTX when it loads the module; what fails later fails by itself.
            ptx_only: run == "ptx" && cubin_right && call.starts_with("cuModuleLoad"),
        })
    };
    let cubin = failure("cubin kernel", "cubin");
    let ptx = failure("PTX kernel", "ptx").map(|failure| match failure.log.starts_with(DURING) {
        true => Failure { which: "deep test", ..failure },
        false => failure,
    });
    match (cubin, ptx) {
        (Some(cubin), Some(ptx)) if cubin.call == ptx.call && cubin.code == ptx.code => vec![cubin],
        (cubin, ptx) => cubin.into_iter().chain(ptx).collect(),
    }
}

/// Where a deep test was, which it writes into the log.
fn when(log: &str) -> String {
    if log.starts_with(DURING) { format!(", {log}") } else { String::new() }
}

/// How the log of a deep test begins.
const DURING: &str = "during ";

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
        let other = |failure: &Failure<'_>| {
            let own_check = [NO_BINARY, UNSUPPORTED_PTX, NO_PTX_COMPILER].contains(&failure.code)
                || NEWER_DRIVER.contains(&failure.code);
            !own_check && !failure.ptx_only
        };
        let found = failures(facts).into_iter().filter(other);
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

/// `CUDA_ERROR_JIT_COMPILER_NOT_FOUND`, which `gpu/ptx-compiler-missing` is about.
pub(super) const NO_PTX_COMPILER: CallCode = CallCode(221);

/// The codes that say that the driver is too old.
pub(super) const NEWER_DRIVER: [CallCode; 2] = [CallCode(35), CallCode(36)];

impl Diagnosis for KernelFailed {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let first = match self.code.0 {
            2 => Fix::by_command(
                "end the programs that fill the GPU's memory; this lists them",
                "nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv",
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

/// The example machine, in which the cubin or the PTX kernel fails with these codes.
#[cfg(test)]
pub(super) fn with_runs(cubin: Option<u32>, ptx: Option<u32>) -> Facts {
    let failed = |code: u32| {
        Reading::Found(KernelRun::Failed {
            call: "cuModuleLoadData".to_owned(),
            code: CallCode(code),
            log: String::new(),
        })
    };
    with_smoke(|gpu| {
        if let Some(code) = cubin {
            gpu.cubin = failed(code);
        }
        if let Some(code) = ptx {
            gpu.ptx = failed(code);
        }
    })
}

/// The example machine, with its smoke test changed.
#[cfg(test)]
pub(super) fn with_smoke(change: impl FnOnce(&mut SmokeGpu)) -> Facts {
    let mut facts = crate::example::h200();
    let Some(crate::Probed::Answered(smoke)) = &mut facts.smoke else {
        panic!("the example ran a smoke test")
    };
    change(&mut smoke.gpus[0]);
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Probed, example};

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
