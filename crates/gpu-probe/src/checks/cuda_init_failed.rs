//! CUDA could not be started, or shows no device.
//!
//! `cuInit` or `cuDeviceGetCount` returned an error, so that every CUDA program fails. Codes with
//! one known cause are problems of their own; this one holds the rest, and the codes that follow
//! from another problem. `cargo altlas doctor -v` shows all that was read; `nvidia-smi` shows
//! whether the driver itself works.
//!
//! Code 100 says that there is no device, 3 and 999 that the driver could not be initialised, 304
//! that the operating system refused something, 2 that memory ran out.

use super::{Diagnosis, DriverSeat, Fix, KERNEL_LOG, Place};
use crate::steps;
use crate::{CallCode, Facts, Need, cuda_code_name, evidence};
use serde::Serialize;

/// CUDA returned a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{call}` failed with {}", evidence::code_words(*.code, cuda_code_name(*.code)))]
pub struct CudaInitFailed {
    /// The call.
    pub call: String,
    /// What it returned.
    pub code: CallCode,
    /// Where the driver is.
    #[serde(flatten)]
    pub seat: DriverSeat,
}

impl CudaInitFailed {
    pub(super) const CODE: &str = "gpu/cuda-init-failed";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/driver-hung",
        "gpu/driver-crashed",
        "gpu/mig-without-instances",
        "gpu/compute-mode-prohibited",
        "gpu/wsl-access-blocked",
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
        "gpu/uvm-not-loaded",
        "gpu/uvm-broken",
        "gpu/gpu-missing-from-driver",
        "gpu/gpu-needs-reset",
        "gpu/gpu-lost",
        "gpu/adapter-init-failed",
        "gpu/open-module-required",
        "gpu/fell-off-the-bus",
        "gpu/memory-windows-unassigned",
        "gpu/several-driver-libraries",
        "gpu/driver-library-broken",
        "gpu/nvml-failed",
        "gpu/driver-library-missing",
        "gpu/no-nvidia-device",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some((call, code)) = evidence::cuda_failure(facts) else { return Vec::new() };
        let seat = DriverSeat::of(facts);
        let claimed = evidence::cuda_claim(facts).is_some() || evidence::fabric_stops_cuda(facts);
        if claimed { Vec::new() } else { vec![Self { call: call.to_owned(), code, seat }] }
    }
}

impl Diagnosis for CudaInitFailed {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.seat.wsl {
            return vec![steps::renew_windows_driver()];
        }
        let host = self.seat.container;
        if self.seat.tegra {
            return vec![
                Fix::on_host(
                    host,
                    "join the groups that may use the GPU, and log in again",
                    "sudo usermod --append --groups video,render \"$USER\"",
                ),
                Fix::by_hand(
                    "in a container, use an image for Jetson and start it with `--runtime nvidia`",
                ),
            ];
        }
        let first = match self.code.0 {
            3 | 304 | 999 => Fix::on_host(
                host,
                "make the nodes of `nvidia_uvm` and load the module anew, with no CUDA program \
                 running",
                "sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm && sudo nvidia-modprobe \
                 -c 0 -u",
            ),
            2 => Fix::by_command("see what fills the memory", "nvidia-smi && free -m"),
            35 | 36 => Fix::by_hand("install a newer driver"),
            _ => Fix::by_command("see whether the driver itself works", "nvidia-smi"),
        };
        vec![first, Fix::on_host(host, "see what the kernel says", KERNEL_LOG)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(CudaInitFailed::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn only_codes_that_nobody_claims() {
        check(example::h200(), |_| {}, 0);
        let claimed = [34, 35, 46, 102, 802, 803, 804, 805, 3];
        for code in claimed {
            check(example::h200(), |facts| faults::cuda_fails(facts, code), 0);
        }
        for code in [1, 2, 100, 101, 304, 999, 4242] {
            check(example::h200(), |facts| faults::cuda_fails(facts, code), 1);
        }
        check(example::h200(), |facts| facts.cuda = crate::Probed::default(), 0);
        check(example::no_gpu(), |_| {}, 0);
    }
}
