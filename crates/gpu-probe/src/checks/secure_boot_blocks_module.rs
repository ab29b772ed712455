//! Secure Boot is on and does not let the driver's module in.
//!
//! With Secure Boot the kernel loads only modules that were signed with a key it knows. A module
//! that DKMS or NVIDIA's `.run` file built is unsigned, or signed with a key that nobody enrolled.
//! `sudo modprobe nvidia` answers `Key was rejected by service`; `mokutil --sb-state` shows the
//! state.
//!
//! Enrol the key that signed the module (the firmware asks for the password once at the next boot),
//! use the distribution's signed packages, or turn Secure Boot off in the firmware.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// The module is not signed by a key that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "Secure Boot is on and the kernel module `nvidia` is not signed with a key that it accepts"
)]
pub struct SecureBootBlocksModule {
    /// Who signed the module; `None` for an unsigned one.
    pub signer: Option<String>,
    /// The file with the key that modules built here are signed with, where it is known.
    pub key: Option<&'static str>,
}

impl SecureBootBlocksModule {
    pub(super) const CODE: &str = "gpu/secure-boot-blocks-module";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let on = facts.host.secure_boot.found() == Some(&true);
        let Some(modules) = facts.kernel_module.on_disk.found() else { return Vec::new() };
        if !on || !evidence::module_is_gone(facts) || modules.is_empty() {
            return Vec::new();
        }
        let unsigned = modules.iter().all(|module| module.signer.is_absent());
        let rejected = facts
            .kernel_log
            .found()
            .is_some_and(|log| log.driver_messages.iter().any(|line| says_rejected(line)));
        if !unsigned && !rejected {
            return Vec::new();
        }
        let signer = modules.iter().find_map(|module| module.signer.found()).cloned();
        vec![Self { signer, key: key_file(facts) }]
    }
}

impl Diagnosis for SecureBootBlocksModule {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        let sign = self.signer.is_none().then(|| {
            Fix::by_hand(
                "the module is unsigned: install the distribution's signed packages, or build it anew \
                 with DKMS, which signs it",
            )
        });
        let enrol = match self.key {
            Some(key) => Fix::by_command(
                "enrol the key that signs the modules built here, and choose a password",
                format!("sudo mokutil --import {key}"),
            ),
            None => Fix::by_hand(
                "enrol the key that signs the modules built here: `sudo mokutil --import KEY.der` \
                 (DKMS keeps it as `/var/lib/dkms/mok.pub`)",
            ),
        };
        let reboot =
            Fix::by_command("reboot, and choose `Enroll MOK` on the blue screen", "sudo reboot");
        let off = Fix::by_hand("or turn Secure Boot off in the firmware");
        sign.into_iter().chain([enrol, reboot, off]).collect()
    }
}

/// Where the distribution keeps the key.
fn key_file(facts: &Facts) -> Option<&'static str> {
    if evidence::has_ubuntu_packages(facts) {
        return Some("/var/lib/shim-signed/mok/MOK.der");
    }
    match facts.host.os.found()?.id.as_str() {
        "debian" => Some("/var/lib/dkms/mok.pub"),
        "fedora" => Some("/etc/pki/akmods/certs/public_key.der"),
        _ => None,
    }
}

/// Whether a line of the kernel's says that it refused a module for its signature.
fn says_rejected(line: &str) -> bool {
    line.contains("unavailable key is rejected")
        || line.contains("Key was rejected")
        || line.contains("Required key not available")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(SecureBootBlocksModule::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn unsigned_or_rejected() {
        let found = |on: bool, signer: Option<&str>| {
            let signer = signer.map(str::to_owned);
            move |facts: &mut Facts| {
                faults::unload_module(facts);
                facts.host.secure_boot = crate::Reading::Found(on);
                if let crate::Reading::Found(modules) = &mut facts.kernel_module.on_disk {
                    modules[0].signer = signer.into();
                }
            }
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), found(true, None), 1);
        check(example::h200(), found(false, None), 0);
        check(example::h200(), found(true, Some("Canonical")), 0);
        let rejected = |facts: &mut Facts| {
            found(true, Some("DKMS module signing key"))(facts);
            faults::write_line(facts, "Loading of module with unavailable key is rejected");
        };
        check(example::h200(), rejected, 1);
    }
}
