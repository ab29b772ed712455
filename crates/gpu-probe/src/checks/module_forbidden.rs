//! A file under `modprobe.d` forbids the driver's module.
//!
//! `blacklist nvidia` (or `install nvidia /bin/false`) keeps the kernel from loading the module.
//! Tools that switch a laptop to its other GPU write such files, and some guides for pass-through
//! do. `grep -rs nvidia /etc/modprobe.d /lib/modprobe.d` shows the line.
//!
//! Take the line out, write the initramfs anew and load the module. On a laptop use the tool that
//! wrote it: `sudo prime-select nvidia` or `on-demand`.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, PackageManager, evidence};
use serde::Serialize;

/// The module may not be loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the kernel module `nvidia` is forbidden by `{}`", .files.join("`, `"))]
pub struct ModuleForbidden {
    /// The files that forbid it.
    pub files: Vec<String>,
    /// The package manager of the distribution.
    pub packages: Option<PackageManager>,
}

impl ModuleForbidden {
    pub(super) const CODE: &str = "gpu/module-forbidden";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/device-held-by-vfio"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let files = facts.kernel_module.forbidden_by.found().cloned().unwrap_or_default();
        if files.is_empty() || !evidence::module_is_gone(facts) {
            return Vec::new();
        }
        vec![Self { files, packages: PackageManager::of(facts) }]
    }
}

impl Diagnosis for ModuleForbidden {
    fn place(&self) -> Place {
        match self.files.as_slice() {
            [path] => Place::Path { path: path.clone() },
            _ => Place::Machine,
        }
    }

    fn fixes(&self) -> Vec<Fix> {
        let initramfs = steps::write_initramfs(self.packages);
        vec![
            Fix::by_hand(format!(
                "take the line that names `nvidia` out of `{}`",
                self.files.join("`, `")
            )),
            initramfs,
            Fix::by_command("load the module", "sudo modprobe nvidia"),
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
        assert_eq!(ModuleForbidden::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn a_blacklist_matters_where_the_module_is_not_loaded() {
        let forbid = |facts: &mut Facts| {
            let file = "/etc/modprobe.d/blacklist-nvidia.conf".to_owned();
            facts.kernel_module.forbidden_by = crate::Reading::Found(vec![file]);
        };
        let both = |facts: &mut Facts| {
            forbid(facts);
            faults::unload_module(facts);
        };
        check(example::h200(), forbid, 0);
        check(example::h200(), faults::unload_module, 0);
        check(example::h200(), both, 1);
    }
}
