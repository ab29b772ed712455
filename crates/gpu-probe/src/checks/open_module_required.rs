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
    /// The branch of the loaded driver, such as 570.
    pub branch: Option<u32>,
    /// The package manager of the distribution.
    pub packages: Option<PackageManager>,
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
            branch: loaded.map(|loaded| loaded.version.branch),
            packages: PackageManager::of(facts),
        }]
    }
}

impl Diagnosis for OpenModuleRequired {
    fn place(&self) -> Place {
        evidence::place_of(&self.gpus)
    }

    fn fixes(&self) -> Vec<Fix> {
        let install = match (self.packages, self.branch) {
            (Some(PackageManager::Apt), Some(branch)) => Fix::by_command(
                "install the driver with the open module",
                format!("sudo apt install nvidia-driver-{branch}-open"),
            ),
            (Some(PackageManager::Pacman), _) => {
                Fix::by_command("install the open module", "sudo pacman -S nvidia-open")
            }
            _ => {
                Fix::by_hand("install the open variant of the driver's module in place of this one")
            }
        };
        vec![install, Fix::by_command("start with it", "sudo reboot")]
    }
}

/// The PCI device ids of the generation, from B200 (`0x2901`) to the GeForce RTX 50.
const BLACKWELL: std::ops::Range<u16> = 0x2900..0x3000;

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
