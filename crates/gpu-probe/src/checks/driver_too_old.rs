//! The driver is older than the project says it must be.
//!
//! `[cuda] driver` in `altlas.toml` names the oldest driver that the product promises to work
//! with. A machine with an older one cannot show that the promise holds. `nvidia-smi` shows the
//! driver's version.
//!
//! Install a newer driver, or lower the promise. Under WSL the driver is the one of Windows: update it there, never inside the Linux guest. In a
//! container it is the one of the host.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use cuda_compat::DriverVersion;
use serde::Serialize;

/// The driver is older than `[cuda] driver`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("driver {installed} is older than {needed}, the oldest that the project supports")]
pub struct DriverTooOld {
    /// The driver of this machine.
    pub installed: DriverVersion,
    /// The driver of `[cuda] driver`.
    pub needed: DriverVersion,
    /// Whether the machine is a WSL guest, whose driver is Windows' own.
    pub wsl: bool,
    /// Whether this is a container, whose driver is the host's.
    pub container: bool,
}

impl DriverTooOld {
    pub(super) const CODE: &str = "gpu/driver-too-old";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let Some(needed) = need.driver else { return Vec::new() };
        let Some(installed) = facts.driver_version() else { return Vec::new() };
        if installed >= needed {
            return Vec::new();
        }
        let (wsl, container) = (evidence::in_wsl(facts), evidence::in_container(facts));
        vec![Self { installed, needed, wsl, container }]
    }
}

impl Diagnosis for DriverTooOld {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        let place = evidence::install_place(self.wsl, self.container);
        vec![Fix::by_hand(format!("install driver {} or newer{place}", self.needed))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn compares_with_the_config() {
        let check = |needed: Option<&str>, expected: usize| {
            let driver = needed.map(|text| text.parse().unwrap());
            let need = Need { driver, ..Need::default() };
            assert_eq!(DriverTooOld::find(&example::h200(), &need).len(), expected, "{needed:?}");
        };
        check(None, 0);
        check(Some("570.86.15"), 0);
        check(Some("999.0"), 1);
    }
}
