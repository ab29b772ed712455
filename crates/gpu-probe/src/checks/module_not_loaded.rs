//! The driver's kernel module is not loaded.
//!
//! CUDA and NVML talk to the GPU through the module `nvidia`. It is loaded at boot or by the first
//! program that needs it; where it is not, something kept it out: it is not installed for the
//! running kernel, a signature is missing, another driver holds the GPU. `nvidia-smi` says that it
//! "couldn't communicate with the NVIDIA driver". `lsmod | grep nvidia` comes back empty.
//!
//! `sudo modprobe nvidia` loads it, or says why it does not. In a container the module is the
//! host's: load it there.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, PackageManager, evidence};
use serde::Serialize;

/// `nvidia` is not loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the kernel module `nvidia` is not loaded{}", disk_words(.on_disk))]
pub struct ModuleNotLoaded {
    /// Whether a module for the running kernel is on disk; `None` where that could not be looked at.
    pub on_disk: Option<bool>,
    /// Whether this is a container, whose kernel is the host's.
    pub container: bool,
    /// The package manager of the distribution.
    pub packages: Option<PackageManager>,
}

impl ModuleNotLoaded {
    pub(super) const CODE: &str = "gpu/module-not-loaded";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/module-forbidden",
        "gpu/secure-boot-blocks-module",
        "gpu/module-not-built",
        "gpu/fell-off-the-bus",
        "gpu/memory-windows-unassigned",
        "gpu/nouveau-bound",
        "gpu/device-held-by-vfio",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let nouveau = !evidence::held_by(facts, "nouveau").is_empty();
        if !evidence::module_is_gone(facts) || (evidence::nothing_is_installed(facts) && !nouveau) {
            return Vec::new();
        }
        let container = evidence::in_container(facts);
        let on_disk = facts.kernel_module.on_disk.found().map(|modules| !modules.is_empty());
        vec![Self {
            on_disk: on_disk.filter(|_| !container),
            container,
            packages: PackageManager::of(facts),
        }]
    }
}

impl Diagnosis for ModuleNotLoaded {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.container {
            return vec![Fix::by_hand(
                "on the host, run `sudo modprobe nvidia`, then start the container again",
            )];
        }
        let mut fixes = Vec::new();
        if self.on_disk == Some(false) {
            fixes.push(Fix::by_command(
                "if the kernel was updated since the last start, start the new one",
                "sudo reboot",
            ));
            fixes.push(match self.packages {
                Some(PackageManager::Apt) => Fix::by_hand(
                    "else install the module for the running kernel: `linux-modules-nvidia-…-$(uname -r)` or \
                     `nvidia-dkms-…`, with the number of the installed driver",
                ),
                _ => Fix::by_hand("else install the driver's module for the running kernel"),
            });
        }
        fixes.push(Fix::by_command(
            "load the module, or see why it does not load",
            "sudo modprobe nvidia",
        ));
        fixes
    }
}

fn disk_words(on_disk: &Option<bool>) -> &'static str {
    if *on_disk == Some(false) { ", and none is on disk for the running kernel" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(ModuleNotLoaded::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn a_gpu_without_its_module() {
        check(example::h200(), |_| {}, 0);
        check(example::no_gpu(), |_| {}, 0);
        check(example::rtx_4060_wsl(), |_| {}, 0);
        check(example::h200(), faults::unload_module, 1);
        let unreadable = |facts: &mut Facts| {
            faults::unload_module(facts);
            facts.kernel_module.loaded = crate::Reading::Unknown("no `/proc`".to_owned());
        };
        check(example::h200(), unreadable, 0);
    }
}
