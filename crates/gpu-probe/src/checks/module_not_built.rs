//! DKMS knows the driver but has built no module for the running kernel.
//!
//! The driver's module is compiled for each kernel. After a kernel update the build is missing if
//! the kernel's headers are not installed, the compiler is another, or the driver is too old for
//! the new kernel. `dkms status` shows for which kernels it is built, `uname -r` which one runs.
//!
//! Install the headers of the running kernel and let DKMS build again. If the build fails, its log
//! is `/var/lib/dkms/nvidia/VERSION/build/make.log`; a newer driver or the kernel before usually
//! helps.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, PackageManager, evidence};
use serde::Serialize;

/// No module for the running kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "driver {version} is in DKMS but not built for the running kernel{}",
    headers_words(.headers)
)]
pub struct ModuleNotBuilt {
    /// The driver that DKMS knows.
    pub version: String,
    /// Whether the kernel's headers are there; `None` where that could not be looked at.
    pub headers: Option<bool>,
    /// The package manager of the distribution.
    pub packages: Option<PackageManager>,
}

impl ModuleNotBuilt {
    pub(super) const CODE: &str = "gpu/module-not-built";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let module = &facts.kernel_module;
        let Some(known) = module.dkms.found() else { return Vec::new() };
        let on_disk = module.on_disk.found().is_some_and(|found| !found.is_empty());
        if !evidence::module_is_gone(facts) || on_disk || known.iter().any(|entry| entry.built) {
            return Vec::new();
        }
        let Some(newest) = known.last() else { return Vec::new() };
        vec![Self {
            version: newest.version.clone(),
            headers: module.kernel_headers.found().copied(),
            packages: PackageManager::of(facts),
        }]
    }
}

impl Diagnosis for ModuleNotBuilt {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut fixes = Vec::new();
        if self.headers != Some(true) {
            fixes.push(self.packages.map_or_else(
                || Fix::by_hand("install the headers of the running kernel (`uname -r`)"),
                |packages| {
                    Fix::by_command(
                        "install the headers of the running kernel",
                        packages.install_headers(),
                    )
                },
            ));
        }
        fixes.push(Fix::by_command(
            "build the module; if that fails, the end of `make.log` says why",
            "sudo dkms autoinstall",
        ));
        fixes.push(Fix::by_command("load it", "sudo modprobe nvidia"));
        fixes
    }
}

fn headers_words(headers: &Option<bool>) -> &'static str {
    if *headers == Some(false) { ", whose headers are not installed" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(ModuleNotBuilt::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn known_and_not_built() {
        let unbuilt = |facts: &mut Facts| {
            faults::unload_module(facts);
            facts.kernel_module.on_disk = crate::Reading::Found(Vec::new());
            if let crate::Reading::Found(known) = &mut facts.kernel_module.dkms {
                known[0].built = false;
            }
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), faults::unload_module, 0);
        check(example::h200(), unbuilt, 1);
        let unreadable = |facts: &mut Facts| {
            unbuilt(facts);
            facts.kernel_module.dkms = crate::Reading::Unknown("EACCES".to_owned());
        };
        check(example::h200(), unreadable, 0);
    }
}
