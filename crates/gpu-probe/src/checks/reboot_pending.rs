//! The driver was updated on disk; the old one is still loaded.
//!
//! Everything works, because libraries and loaded module still fit, but the next boot (or the next
//! time the module is loaded) brings another driver. `modinfo -F version nvidia` shows the version
//! on disk, `cat /proc/driver/nvidia/version` the loaded one.
//!
//! Reboot at a time of your choice, before a test whose result is to be kept.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use cuda_compat::DriverVersion;
use serde::Serialize;

/// Another driver comes with the next boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("driver {loaded} is loaded and {on_disk} is on disk: the next boot changes the driver")]
pub struct RebootPending {
    /// The version of the loaded module.
    pub loaded: DriverVersion,
    /// The version of the module on disk.
    pub on_disk: DriverVersion,
}

impl RebootPending {
    pub(super) const CODE: &str = "gpu/reboot-pending";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(loaded) = facts.kernel_module.loaded.found() else { return Vec::new() };
        let modules = facts.kernel_module.on_disk.found().map_or(&[][..], Vec::as_slice);
        let mut versions = modules.iter().filter_map(|module| module.version.found().copied());
        let loaded = loaded.version;
        let Some(on_disk) = versions.next() else { return Vec::new() };
        let is_on_disk = on_disk == loaded || versions.any(|version| version == loaded);
        if is_on_disk || !evidence::nvml_works(facts) || !evidence::certainly_on_host(facts) {
            return Vec::new();
        }
        vec![Self { loaded, on_disk }]
    }
}

impl Diagnosis for RebootPending {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_command("start with the driver that is on disk", "sudo reboot")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(RebootPending::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn another_version_on_disk() {
        let update = |facts: &mut Facts| {
            if let crate::Reading::Found(modules) = &mut facts.kernel_module.on_disk {
                modules[0].version = crate::Reading::Found("575.57.08".parse().unwrap());
            }
        };
        let both = |facts: &mut Facts| {
            update(facts);
            faults::nvml_fails(facts, 18);
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), update, 1);
        check(example::h200(), both, 0);
    }
}
