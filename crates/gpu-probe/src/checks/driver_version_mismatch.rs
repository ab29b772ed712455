//! The driver's libraries and its loaded kernel module are of different versions.
//!
//! Both have to be of exactly the same version. An update replaces the libraries on disk while the
//! old module stays in memory until it is unloaded; unattended updates do so overnight. In a
//! container the image brought a library of its own. `nvidia-smi` prints
//! `Driver/library version mismatch` (NVML code 18), CUDA returns 803.
//! `cat /proc/driver/nvidia/version` shows the module's version.
//!
//! Reboot; or stop everything that uses the GPU and load the module anew. `sudo apt-mark hold`
//! keeps the driver's packages from being updated by themselves.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, LibraryKind, Need, evidence};
use cuda_compat::DriverVersion;
use serde::Serialize;

/// Module and libraries do not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "the {}{} and the driver libraries{} are of different versions{}",
    if *.wsl { "driver of Windows" } else { "loaded kernel module" },
    version_words(.module),
    version_words(.libraries),
    .told.as_ref().map_or_else(String::new, |told| format!(" ({told})"))
)]
pub struct DriverVersionMismatch {
    /// The version of the loaded module.
    pub module: Option<DriverVersion>,
    /// The version of the libraries.
    pub libraries: Option<DriverVersion>,
    /// The version of the module on disk.
    pub on_disk: Option<DriverVersion>,
    /// Who says so: `NVML returned 18`; `None` where only the versions were compared.
    pub told: Option<String>,
    /// Whether this is a container.
    pub container: bool,
    /// Whether this is a WSL guest, whose driver is Windows' own.
    pub wsl: bool,
}

impl DriverVersionMismatch {
    pub(super) const CODE: &str = "gpu/driver-version-mismatch";
    pub(super) const FOLLOWS_FROM: &[&str] =
        &["gpu/several-driver-libraries", "gpu/no-nvidia-device"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let module = facts.kernel_module.loaded.found().map(|loaded| loaded.version);
        let libraries = library_version(facts);
        // Where NVML did not get as far as to tell, the versions themselves do.
        let unasked = evidence::nvml(facts).is_none() && evidence::cuda(facts).is_none();
        let differ = module.zip(libraries).is_some_and(|(module, libraries)| module != libraries);
        if told(facts).is_none() && !(unasked && differ) {
            return Vec::new();
        }
        let disk = facts.kernel_module.on_disk.found().and_then(|modules| modules.first());
        vec![Self {
            module,
            libraries: libraries.filter(|_| differ),
            on_disk: disk.and_then(|module| module.version.found()).copied(),
            told: told(facts),
            container: evidence::in_container(facts),
            wsl: evidence::in_wsl(facts),
        }]
    }
}

impl Diagnosis for DriverVersionMismatch {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.wsl {
            return vec![
                Fix::by_hand(
                    "remove the Linux driver (packages `nvidia-*` and `libnvidia-*`) from WSL: there the \
                     driver is Windows' own",
                ),
                Fix::by_hand("in Windows, update the NVIDIA driver, then run `wsl --shutdown`"),
            ];
        }
        if self.container {
            return vec![Fix::by_hand(
                "remove the driver's packages (`libcuda1`, `libnvidia-compute-*`, `nvidia-utils-*`) from the \
                 image: the host's libraries are mounted into it; after an update of the host's driver \
                 start the container again",
            )];
        }
        let mut fixes = Vec::new();
        // A reboot loads what is on disk, and that would be the same module again.
        if self.on_disk.is_some() && self.on_disk == self.module && self.libraries.is_some() {
            fixes.push(Fix::by_command(
                "build the module of the libraries' version (the one on disk is as old as the loaded \
                 one), or install the driver's packages anew",
                "sudo dkms autoinstall",
            ));
        }
        fixes.push(Fix::by_command("load the module that fits the libraries", "sudo reboot"));
        if self.on_disk.is_none() || self.on_disk == self.libraries || self.libraries.is_none() {
            fixes.push(Fix::by_command(
                "or, without a reboot, stop every program that uses the GPU (also the display server and \
                 `nvidia-persistenced`) and load the module anew",
                "sudo modprobe -r nvidia_uvm nvidia_drm nvidia_modeset nvidia && sudo modprobe \
                 nvidia",
            ));
        }
        fixes
    }
}

fn told(facts: &Facts) -> Option<String> {
    let this = Some(DriverVersionMismatch::CODE);
    let by_nvml = evidence::nvml_failure(facts).filter(|_| evidence::nvml_claim(facts) == this);
    let by_cuda = evidence::cuda_failure(facts).filter(|_| evidence::cuda_claim(facts) == this);
    by_nvml
        .map(|code| format!("NVML returned {code}"))
        .or_else(|| by_cuda.map(|(_, code)| format!("CUDA returned {code}")))
}

/// The version of the driver's own library that the loader comes to first.
fn library_version(facts: &Facts) -> Option<DriverVersion> {
    let libraries = &facts.driver_libraries;
    let own = |copy: &&crate::LibraryCopy| copy.kind == LibraryKind::Driver;
    let mut first = libraries.nvml.iter().chain(&libraries.cuda).filter(own);
    first.find_map(|copy| copy.version.found().copied())
}

fn version_words(version: &Option<DriverVersion>) -> String {
    version.map_or_else(String::new, |version| format!(" ({version})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(DriverVersionMismatch::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn by_code_and_by_version() {
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| faults::nvml_fails(facts, 18), 1);
        check(example::h200(), |facts| faults::nvml_fails(facts, 9), 0);
        check(example::h200(), |facts| faults::cuda_fails(facts, 803), 1);
        let unasked = |facts: &mut Facts| {
            facts.nvml = crate::Probed::default();
            facts.cuda = crate::Probed::default();
            facts.driver_libraries.nvml[0].version =
                crate::Reading::Found("575.1".parse().unwrap());
        };
        check(example::h200(), unasked, 1);
    }

    #[test]
    fn says_the_versions() {
        let mut facts = example::h200();
        faults::nvml_fails(&mut facts, 18);
        facts.driver_libraries.nvml[0].version =
            crate::Reading::Found("575.57.08".parse().unwrap());
        let found = DriverVersionMismatch::find(&facts, &Need::default());
        assert_eq!(
            found[0].to_string(),
            "the loaded kernel module (570.86.15) and the driver libraries (575.57.08) are of different \
             versions (NVML returned 18)"
        );
    }

    #[test]
    fn a_reboot_alone_does_not_bring_a_module_that_is_not_built() {
        let mut facts = example::h200();
        faults::nvml_fails(&mut facts, 18);
        facts.driver_libraries.nvml[0].version =
            crate::Reading::Found("580.65.06".parse().unwrap());
        let found = DriverVersionMismatch::find(&facts, &Need::default());
        let commands: Vec<_> = found[0].fixes().into_iter().filter_map(|fix| fix.command).collect();
        assert_eq!(commands, ["sudo dkms autoinstall", "sudo reboot"]);
    }
}
