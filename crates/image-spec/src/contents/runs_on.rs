//! The GPUs and drivers that an image runs on, by what is inside.

use super::Contents;
use cuda_compat::{
    ComputeCapability, CudaVersion, DriverVersion, FrameworkBuild, Platform, least_driver,
};
use serde::Serialize;

/// What an image runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunsOn {
    /// The compute capabilities that every framework in it has code for; `None` where no framework
    /// says what it ships.
    pub capabilities: Option<Vec<ComputeCapability>>,
    /// The frameworks that do not say what they ship.
    pub silent: Vec<String>,
    /// What each CUDA in it needs.
    pub drivers: Vec<CudaNeed>,
}

/// The drivers that a CUDA needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CudaNeed {
    /// The CUDA.
    pub cuda: CudaVersion,
    /// Who brings it: a file, or a framework.
    pub of: String,
    /// The Linux driver from which on everything works.
    pub exact: Option<DriverVersion>,
    /// The Linux driver from which on it runs by minor-version compatibility.
    pub minor_compatible: Option<DriverVersion>,
}

impl Contents {
    /// The GPUs and drivers that it runs on.
    pub fn runs_on(&self) -> RunsOn {
        let known: Vec<_> = self
            .frameworks
            .iter()
            .filter(|inside| inside.build.is_some_and(knows_its_gpus))
            .collect();
        let silent = self
            .frameworks
            .iter()
            .filter(|inside| inside.build.is_none_or(|build| !knows_its_gpus(build)))
            .map(|inside| format!("{} {}", inside.package, inside.version))
            .collect();
        let capabilities = (!known.is_empty()).then(|| {
            cuda_compat::architectures()
                .iter()
                .map(|architecture| architecture.cc)
                .filter(|cc| {
                    known.iter().all(|inside| {
                        inside.build.and_then(|build| build.runs_on(*cc)).unwrap_or(false)
                    })
                })
                .collect()
        });
        let of_files = self.cuda.iter().map(|found| (found.value, found.path.clone()));
        let of_frameworks = self.frameworks.iter().filter_map(|inside| {
            Some((inside.cuda?, format!("{} {}", inside.package, inside.version)))
        });
        let mut drivers: Vec<CudaNeed> = Vec::new();
        for (cuda, of) in of_files.chain(of_frameworks) {
            if drivers.iter().any(|need| need.cuda.minor_line() == cuda.minor_line()) {
                continue;
            }
            let least = least_driver(cuda, Platform::Linux);
            drivers.push(CudaNeed {
                cuda,
                of,
                exact: least.and_then(|least| least.exact),
                minor_compatible: least.map(|least| least.minor_compatible),
            });
        }
        RunsOn { capabilities, silent, drivers }
    }
}

/// Whether the tables say what a build has code for.
fn knows_its_gpus(build: &FrameworkBuild) -> bool {
    !build.capabilities.is_empty() || build.ptx.is_some() || build.first_capability.is_some()
}

#[cfg(test)]
mod tests {
    use super::super::{Contents, example};

    #[test]
    fn says_what_frameworks_need() {
        let site = "opt/venv/lib/python3.11/site-packages";
        let torch = format!("{site}/torch-2.7.1.dist-info/METADATA");
        let image = example::image(&[&[(&torch, "Name: torch\nVersion: 2.7.1+cu118\n")]]);
        let runs_on = Contents::of(&image).runs_on();
        assert_eq!(runs_on.drivers.len(), 1);
        assert_eq!(runs_on.drivers[0].minor_compatible.unwrap().to_string(), "450.80.02");
        assert_eq!(runs_on.drivers[0].exact.unwrap().to_string(), "520.61.05");
    }
}
