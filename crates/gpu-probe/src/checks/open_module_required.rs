//! The GPU works with the open kernel module only, and the proprietary one is loaded.
//!
//! GPUs of the Blackwell generation (GeForce RTX 50, B200 and their relatives) are not supported by
//! the proprietary module. The driver is loaded, finds no GPU, and writes into the kernel log that
//! the GPU "requires use of the NVIDIA open kernel modules". `modinfo -F license nvidia` prints
//! `NVIDIA` for the proprietary module and `Dual MIT/GPL` for the open one.
//!
//! Install the `-open` variant of the same driver and reboot.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, PackageManager, evidence};
use serde::Serialize;

/// The proprietary module cannot drive this GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "the proprietary kernel module cannot drive {}: the open one is needed",
    evidence::list_gpus(.gpus)
)]
pub struct OpenModuleRequired {
    /// The addresses of the GPUs.
    pub gpus: Vec<String>,
    /// The command that installs it, where the distribution is one that we know.
    #[serde(skip)]
    pub install: Option<String>,
    /// Whether this is a container, whose kernel is the host's.
    pub container: bool,
}

impl OpenModuleRequired {
    pub(super) const CODE: &str = "gpu/open-module-required";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let loaded = facts.kernel_module.loaded.found();
        let proprietary = loaded.is_some_and(|loaded| loaded.open.found() == Some(&false));
        let told = facts.kernel_log.found().is_some_and(|log| {
            log.driver_messages.iter().any(|line| line.contains("NVIDIA open kernel modules"))
        });
        let missing = evidence::missing_addresses(facts);
        let is_blackwell = |gpu: &&crate::PciGpu| BLACKWELL.contains(&gpu.device_id);
        let blackwell = evidence::pci_gpus(facts)
            .iter()
            .filter(is_blackwell)
            .any(|gpu| evidence::nvml_works(facts) && missing.contains(&gpu.address));
        if !proprietary || !(told && !evidence::cuda_works(facts) || blackwell) {
            return Vec::new();
        }
        let all = || evidence::pci_gpus(facts).iter().map(|gpu| gpu.address.clone()).collect();
        vec![Self {
            gpus: if missing.is_empty() { all() } else { missing },
            install: loaded.and_then(|loaded| install(facts, loaded.version.branch)),
            container: evidence::in_container(facts),
        }]
    }
}

impl Diagnosis for OpenModuleRequired {
    fn place(&self) -> Place {
        evidence::place_of(&self.gpus)
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.container {
            return vec![Fix::by_hand(
                "on the host, install the open variant of the driver's module and reboot",
            )];
        }
        let text = "install the open variant of the driver's module in place of this one";
        let install = Fix { text: text.to_owned(), command: self.install.clone() };
        vec![install, Fix::by_command("start with it", "sudo reboot")]
    }
}

fn install(facts: &Facts, branch: u32) -> Option<String> {
    if evidence::has_ubuntu_packages(facts) {
        return Some(format!("sudo apt install nvidia-driver-{branch}-open"));
    }
    let is_arch = PackageManager::of(facts) == Some(PackageManager::Pacman);
    is_arch.then(|| "sudo pacman -S nvidia-open".to_owned())
}

/// The PCI device ids of the generation and of what comes after it; B200 (`0x2901`) is the first.
const BLACKWELL: std::ops::RangeFrom<u16> = 0x2900..;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(OpenModuleRequired::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn by_the_log_or_by_the_generation() {
        let proprietary = |facts: &mut Facts| {
            if let crate::Reading::Found(loaded) = &mut facts.kernel_module.loaded {
                loaded.open = crate::Reading::Found(false);
            }
            faults::hide_gpu(facts, 0);
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), proprietary, 0);
        let told = |facts: &mut Facts| {
            proprietary(facts);
            let line =
                "NVRM: installed in this system requires use of the NVIDIA open kernel modules.";
            faults::write_line(facts, line);
        };
        check(example::h200(), told, 1);
        let rtx_5090 = |facts: &mut Facts| {
            proprietary(facts);
            if let crate::Reading::Found(gpus) = &mut facts.pci {
                gpus[0].device_id = 0x2b85;
            }
        };
        check(example::h200(), rtx_5090, 1);
    }
}
