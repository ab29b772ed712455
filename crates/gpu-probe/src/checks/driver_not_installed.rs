//! An NVIDIA GPU is in the machine, its driver is not installed.
//!
//! The PCI bus shows a GPU, but there is no kernel module on disk, none that DKMS could build, and
//! no `libcuda.so.1`. A CUDA toolkit is not a driver: `nvcc` works without one, programs do not
//! run. `modinfo nvidia` and `ldconfig -p | grep libcuda` both come back empty.
//!
//! Install the driver from the distribution's packages and reboot. Choose the open kernel module
//! unless the GPU is older than Turing; the newest GPUs work with no other.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, PackageManager, evidence};
use serde::Serialize;

/// NVIDIA's driver is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the NVIDIA driver for {} is not installed", evidence::list_gpus(.gpus))]
pub struct DriverNotInstalled {
    /// The addresses of the GPUs.
    pub gpus: Vec<String>,
    /// The package manager of the distribution.
    pub packages: Option<PackageManager>,
    /// The id of the distribution, such as `ubuntu`.
    pub distribution: Option<String>,
}

impl DriverNotInstalled {
    pub(super) const CODE: &str = "gpu/driver-not-installed";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/no-nvidia-device", "gpu/device-held-by-vfio"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let bound_elsewhere = ["nouveau", "vfio-pci"]
            .iter()
            .any(|driver| !evidence::held_by(facts, driver).is_empty());
        if !evidence::nothing_is_installed(facts) || bound_elsewhere {
            return Vec::new();
        }
        let gpus = evidence::pci_gpus(facts).iter().map(|gpu| gpu.address.clone()).collect();
        let distribution = facts.host.os.found().map(|os| os.id.clone());
        vec![Self { gpus, packages: PackageManager::of(facts), distribution }]
    }
}

impl Diagnosis for DriverNotInstalled {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            steps::install_driver(self.packages, self.distribution.as_deref()),
            Fix::by_command(
                "once `modinfo -F version nvidia` prints a version, start with the driver",
                "sudo reboot",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(DriverNotInstalled::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn a_gpu_and_nothing_else() {
        let strip = |facts: &mut Facts| {
            faults::unload_module(facts);
            faults::remove_libraries(facts);
            facts.kernel_module.on_disk = crate::Reading::Found(Vec::new());
            facts.kernel_module.dkms = crate::Reading::Absent;
        };
        check(example::h200(), |_| {}, 0);
        check(example::no_gpu(), |_| {}, 0);
        check(example::rtx_4060_wsl(), |_| {}, 0);
        check(example::h200(), strip, 1);
        let unreadable = |facts: &mut Facts| {
            strip(facts);
            facts.kernel_module.on_disk = crate::Reading::Unknown("EACCES".to_owned());
        };
        check(example::h200(), unreadable, 0);
    }
}
