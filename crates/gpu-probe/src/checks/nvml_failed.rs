//! NVML, the driver's management library, returned an error.
//!
//! NVML is what `nvidia-smi` asks. Where its first call fails, something is wrong with the driver,
//! also if CUDA still works. Codes with one known cause are problems of their own; this one holds the rest, and
//! the codes that follow from another problem. `nvidia-smi` prints the same error in words;
//! `cargo altlas doctor -v` shows all that was read.
//!
//! Code 9 says that the module is not loaded, 4 that you have no permission, 12 that a library is
//! missing, 8 that a power cable is not connected, 14 that the GPU's own settings are damaged.

use super::{Diagnosis, DriverSeat, Fix, KERNEL_LOG, Place};
use crate::steps;
use crate::{CallCode, Facts, Need, evidence, nvml_code_name};
use serde::Serialize;

/// NVML returned a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "{}`{call}` failed with {}",
    .gpu.as_deref().map_or_else(String::new, |gpu| format!("{}: ", evidence::gpu_words(gpu))),
    evidence::code_words(*.code, nvml_code_name(*.code))
)]
pub struct NvmlFailed {
    /// The call.
    pub call: String,
    /// What it returned.
    pub code: CallCode,
    /// Where the driver is.
    #[serde(flatten)]
    pub seat: DriverSeat,
    /// The GPU, where the call is of one.
    pub gpu: Option<String>,
}

impl NvmlFailed {
    pub(super) const CODE: &str = "gpu/nvml-failed";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/driver-hung",
        "gpu/driver-crashed",
        "gpu/wsl-version-1",
        "gpu/device-node-missing",
        "gpu/device-node-dead",
        "gpu/device-node-permission",
        "gpu/container-lost-gpu",
        "gpu/container-without-gpu",
        "gpu/driver-version-mismatch",
        "gpu/module-not-loaded",
        "gpu/nouveau-bound",
        "gpu/device-held-by-vfio",
        "gpu/driver-library-broken",
        "gpu/several-driver-libraries",
        "gpu/adapter-init-failed",
        "gpu/gpu-lost",
        "gpu/fell-off-the-bus",
        "gpu/no-nvidia-device",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let seat = DriverSeat::of(facts);
        // A Jetson has a part of NVML at most, and CUDA does without.
        if seat.tegra && evidence::cuda_works(facts) {
            return Vec::new();
        }
        if let Some(code) = evidence::nvml_failure(facts) {
            return match evidence::nvml_claim(facts) {
                Some(_) => Vec::new(),
                None => vec![Self { call: "nvmlInit_v2".to_owned(), code, seat, gpu: None }],
            };
        }
        let gpus = evidence::nvml_gpus(facts);
        let failed = gpus.iter().filter_map(|gpu| {
            let code = gpu.handle.found().filter(|code| !CLAIMED_HANDLES.contains(&code.0))?;
            Some(Self {
                call: "nvmlDeviceGetHandleByIndex_v2".to_owned(),
                code: *code,
                seat,
                gpu: Some(evidence::gpu_id(facts, gpu)),
            })
        });
        failed.collect()
    }
}

impl Diagnosis for NvmlFailed {
    fn place(&self) -> Place {
        self.gpu.clone().map_or(Place::Machine, |gpu| Place::Gpu { gpu, name: None })
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.seat.wsl {
            return vec![steps::renew_windows_driver()];
        }
        let host = self.seat.container;
        let first = match self.code.0 {
            9 => Fix::on_host(
                host,
                "load the module, or see why it does not load",
                "sudo modprobe nvidia",
            ),
            4 => Fix::by_command("see who may open the nodes", "ls -l /dev/nvidia*"),
            8 => Fix::by_hand("connect the power cables of the board"),
            12 => Fix::by_hand("install the driver's libraries again, all of one version"),
            14 => Fix::by_hand("have the board replaced: its own settings are damaged"),
            _ => Fix::by_command("see the error in the driver's own words", "nvidia-smi"),
        };
        vec![first, Fix::on_host(host, "see what the kernel says", KERNEL_LOG)]
    }
}

/// What opening a GPU returns where nothing is wrong, or where another check says what is.
const CLAIMED_HANDLES: [u32; 3] = [0, 15, 16];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(NvmlFailed::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn only_codes_that_nobody_claims() {
        check(example::h200(), |_| {}, 0);
        for (code, expected) in [(9, 1), (999, 1), (4242, 1), (17, 1), (15, 0), (16, 0), (18, 0)] {
            check(example::h200(), |facts| faults::nvml_fails(facts, code), expected);
        }
        check(example::rtx_4060_wsl(), |facts| faults::nvml_fails(facts, 17), 0);
        check(example::h200(), |facts| faults::lose_gpu(facts, 0, 29), 1);
        check(example::h200(), |facts| faults::lose_gpu(facts, 0, 15), 0);
        check(example::h200(), |facts| facts.nvml = crate::Probed::default(), 0);
    }
}
