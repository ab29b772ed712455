//! A library of the driver, `libcuda.so.1` or `libnvidia-ml.so.1`, is not there.
//!
//! Both come with the driver, not with the CUDA toolkit: `libcuda.so.1` is CUDA itself,
//! `libnvidia-ml.so.1` is what `nvidia-smi` asks. In a container the runtime mounts them. Where
//! only one is missing, part of the driver's packages was left out. Programs say
//! `libcuda.so.1: cannot open shared object file`, those in Rust often
//! `Unable to dynamically load the "cuda" shared library`.
//! `ldconfig -p | grep -e libcuda -e libnvidia-ml` shows what the loader finds.
//!
//! Install the driver's compute package of the same version as the module, or run `sudo ldconfig`
//! where the file is there and the loader does not know it. In a container ask for the capabilities
//! `compute,utility`. Under WSL the libraries are in `/usr/lib/wsl/lib` and come from Windows'
//! driver.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, LibraryCopy, LibraryKind, Need, PackageManager, Reading, evidence};
use serde::Serialize;

/// The driver's library is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", sentence(.names, .lying_at))]
pub struct DriverLibraryMissing {
    /// The libraries.
    pub names: Vec<String>,
    /// Where one lies that the loader does not find.
    pub lying_at: Option<String>,
    /// Whether this is a container.
    pub container: bool,
    /// Whether this is a WSL guest.
    pub wsl: bool,
    /// The command that installs it, where the distribution is one that we know.
    #[serde(skip)]
    pub install: Option<String>,
}

impl DriverLibraryMissing {
    pub(super) const CODE: &str = "gpu/driver-library-missing";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/wsl-version-1",
        "gpu/container-without-gpu",
        "gpu/module-not-loaded",
        "gpu/nouveau-bound",
        "gpu/device-held-by-vfio",
        "gpu/no-nvidia-device",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let installing =
            evidence::nothing_is_installed(facts) && evidence::held_by(facts, "nouveau").is_empty();
        if !evidence::may_have_gpu(facts) || installing {
            return Vec::new();
        }
        let libraries = &facts.driver_libraries;
        // The files alone tell too little where the loader could have been asked and was not.
        let unasked = |why: Option<&str>| why.map(|_| false);
        let cuda = evidence::cuda(facts)
            .map(|cuda| cuda.library.is_absent())
            .or_else(|| unasked(evidence::not_asked(&facts.cuda)));
        let nvml = evidence::nvml(facts)
            .map(|nvml| nvml.library.is_absent())
            .or_else(|| unasked(evidence::not_asked(&facts.nvml)));
        let both =
            [("libcuda.so.1", &libraries.cuda, cuda), ("libnvidia-ml.so.1", &libraries.nvml, nvml)];
        // Stubs and compatibility libraries come with a toolkit, and are no substitute.
        let real = |copy: &&LibraryCopy| {
            let of_driver = matches!(copy.kind, LibraryKind::Driver | LibraryKind::Wsl);
            of_driver && copy.elf != Reading::Found(false) && copy.elf.unknown().is_none()
        };
        let missing = |(name, copies, absent): &(&str, &Vec<LibraryCopy>, Option<bool>)| {
            if is_left_out(facts, name) {
                return false;
            }
            absent.unwrap_or_else(|| !copies.iter().any(|copy| real(&copy)))
        };
        let missing: Vec<_> = both.into_iter().filter(missing).collect();
        if missing.is_empty() {
            return Vec::new();
        }
        let lying = missing.iter().flat_map(|(_, copies, _)| copies.iter().filter(real));
        vec![Self {
            lying_at: lying.map(|copy| copy.path.clone()).next(),
            names: missing.iter().map(|(name, _, _)| (*name).to_owned()).collect(),
            container: evidence::in_container(facts),
            wsl: evidence::in_wsl(facts),
            install: install(facts),
        }]
    }
}

impl Diagnosis for DriverLibraryMissing {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.wsl {
            return vec![Fix::by_hand(
                "if this computer has an NVIDIA GPU, install or update its driver in Windows, then run \
                 `wsl --shutdown` there; never install a Linux driver in WSL",
            )];
        }
        if self.container {
            return vec![Fix::by_hand(
                "start the container with `--gpus all` and \
                 `-e NVIDIA_DRIVER_CAPABILITIES=compute,utility`",
            )];
        }
        if let Some(path) = &self.lying_at {
            return vec![
                steps::renew_loader_list(),
                Fix::by_hand(format!(
                    "if that does not help, name the folder of `{path}` in a file under `/etc/ld.so.conf.d`"
                )),
            ];
        }
        vec![Fix {
            text: "install the driver's compute libraries, of the version of its module".to_owned(),
            command: self.install.clone(),
        }]
    }
}

fn install(facts: &Facts) -> Option<String> {
    let branch = facts.kernel_module.loaded.found().map(|loaded| loaded.version.branch);
    if evidence::has_ubuntu_packages(facts) {
        return branch.map(|branch| {
            format!("sudo apt install libnvidia-compute-{branch} nvidia-utils-{branch}")
        });
    }
    match PackageManager::of(facts)? {
        PackageManager::Apt => Some("sudo apt install libcuda1 libnvidia-ml1".to_owned()),
        PackageManager::Pacman => Some("sudo pacman -S nvidia-utils".to_owned()),
        PackageManager::Dnf | PackageManager::Zypper => None,
    }
}

fn sentence(names: &[String], lying_at: &Option<String>) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    let names = names.join("` and `");
    match lying_at {
        Some(path) => format!("the loader does not find `{names}`, though `{path}` is there"),
        None => format!("`{names}` {verb} missing: that part of the driver is not installed"),
    }
}

/// Whether the library is not meant to be there.
///
/// `gpu/driver-capabilities-missing` speaks of CUDA's; CUDA works without NVML, which older Jetsons do
/// not have at all.
fn is_left_out(facts: &Facts, name: &str) -> bool {
    match name {
        "libcuda.so.1" => evidence::capabilities_lack(facts, "compute"),
        _ => evidence::nvml_is_left_out(facts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(DriverLibraryMissing::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn one_or_both() {
        let lose_cuda = |facts: &mut Facts| {
            facts.driver_libraries.cuda.clear();
            if let crate::Probed::Answered(cuda) = &mut facts.cuda {
                *cuda = crate::Cuda { library: crate::Reading::Absent, ..crate::Cuda::default() };
            }
        };
        check(example::h200(), |_| {}, 0);
        check(example::no_gpu(), |_| {}, 0);
        check(example::h200(), lose_cuda, 1);
        check(example::h200(), faults::remove_libraries, 1);
        check(example::rtx_4060_wsl(), faults::remove_libraries, 1);
        let unasked = |facts: &mut Facts| facts.cuda = crate::Probed::default();
        check(example::h200(), unasked, 0);
    }

    #[test]
    fn a_compatibility_library_is_no_substitute() {
        let mut facts = example::h200();
        let compat = crate::LibraryCopy {
            path: "/usr/local/cuda/compat/libcuda.so.1".to_owned(),
            kind: LibraryKind::Compat,
            ..facts.driver_libraries.cuda[0].clone()
        };
        faults::remove_libraries(&mut facts);
        facts.driver_libraries.cuda.push(compat);
        let found = DriverLibraryMissing::find(&facts, &Need::default());
        assert_eq!(found[0].lying_at, None);
    }

    #[test]
    fn a_jetson_has_no_nvml() {
        let mut facts = example::h200();
        facts.host.machine.tegra = crate::Reading::Found("NVIDIA Jetson AGX Orin".to_owned());
        facts.pci = crate::Reading::Found(Vec::new());
        facts.kernel_module.loaded = crate::Reading::Absent;
        facts.device_nodes = crate::Reading::Found(Vec::new());
        facts.driver_libraries.nvml = Vec::new();
        facts.nvml = crate::Probed::Answered(crate::Nvml {
            library: crate::Reading::Absent,
            init: crate::Reading::Absent,
            ..crate::Nvml::default()
        });
        assert_eq!(crate::diagnose(&facts, &Need::default()).problems, []);
    }
}
