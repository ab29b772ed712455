//! `nouveau`, which cannot run CUDA, drives the GPU.
//!
//! `nouveau` is the free driver that comes with the kernel. While it holds a GPU the NVIDIA module
//! cannot take it. It binds where the NVIDIA driver is not installed, or was installed without its
//! `blacklist nouveau`. `lspci -nnk -d 10de:` shows the driver in use.
//!
//! Install the NVIDIA driver from the distribution, whose package turns `nouveau` off; or forbid
//! `nouveau` yourself, write the initramfs anew and reboot. A machine with another GPU that the
//! NVIDIA driver holds is not reported: there the split is meant.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, PackageManager, evidence};
use serde::Serialize;

/// `nouveau` holds the GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "`nouveau`, which cannot run CUDA, holds {}{}",
    evidence::list_gpus(.gpus),
    driver_words(.driver_installed)
)]
pub struct NouveauBound {
    /// The addresses of the GPUs.
    pub gpus: Vec<String>,
    /// Whether NVIDIA's driver is on this machine too.
    pub driver_installed: bool,
    /// Whether this is a container, whose kernel is the host's.
    pub container: bool,
    /// The package manager of the distribution.
    pub packages: Option<PackageManager>,
    /// The id of the distribution, such as `ubuntu`.
    pub distribution: Option<String>,
}

impl NouveauBound {
    pub(super) const CODE: &str = "gpu/nouveau-bound";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/no-nvidia-device"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let gpus = evidence::held_by(facts, "nouveau");
        if gpus.is_empty() || !evidence::held_by(facts, "nvidia").is_empty() {
            return Vec::new();
        }
        let driver_installed = !evidence::nothing_is_installed(facts);
        let distribution = facts.host.os.found().map(|os| os.id.clone());
        let container = evidence::in_container(facts);
        let packages = PackageManager::of(facts);
        vec![Self { gpus, driver_installed, container, packages, distribution }]
    }
}

impl Diagnosis for NouveauBound {
    fn place(&self) -> Place {
        evidence::place_of(&self.gpus)
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.container {
            return vec![Fix::by_hand(
                "on the host, install the NVIDIA driver, forbid `nouveau` and reboot",
            )];
        }
        if !self.driver_installed {
            return vec![
                steps::install_driver(self.packages, self.distribution.as_deref()),
                Fix::by_command("start with the new driver", "sudo reboot"),
            ];
        }
        let initramfs = steps::write_initramfs(self.packages);
        vec![
            Fix::by_command(
                "forbid `nouveau`",
                "printf 'blacklist nouveau\\noptions nouveau modeset=0\\n' | \
                 sudo tee /etc/modprobe.d/blacklist-nouveau.conf",
            ),
            initramfs,
            Fix::by_command("start without it", "sudo reboot"),
        ]
    }
}

fn driver_words(driver_installed: &bool) -> &'static str {
    if *driver_installed { "" } else { ", and the NVIDIA driver is not installed" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(NouveauBound::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn a_gpu_in_its_hands() {
        let bind = |facts: &mut Facts, driver: &str| {
            let crate::Reading::Found(gpus) = &mut facts.pci else { return };
            gpus[0].driver = crate::Reading::Found(driver.to_owned());
        };
        check(example::h200(), |facts| bind(facts, "nouveau"), 1);
        check(example::h200(), |facts| bind(facts, "nvidia"), 0);
        check(
            example::h200(),
            |facts| facts.kernel_module.nouveau_loaded = crate::Reading::Found(true),
            0,
        );
        check(
            example::h200(),
            |facts| facts.pci = crate::Reading::Unknown("no `/sys`".to_owned()),
            0,
        );
    }

    #[test]
    fn a_split_that_is_meant() {
        let mut facts = crate::example::eight_h100();
        let crate::Reading::Found(gpus) = &mut facts.pci else { panic!("the example has GPUs") };
        gpus[0].driver = crate::Reading::Found("nouveau".to_owned());
        assert_eq!(NouveauBound::find(&facts, &Need::default()), []);
    }
}
