//! The driver is too old for this CUDA.
//!
//! Programs of a CUDA major version run on any driver of the same major version or newer: CUDA 11
//! from driver 450 on, CUDA 12 from 525, CUDA 13 from 580. An older driver refuses them with `CUDA
//! driver version is insufficient for CUDA runtime version` (code 35) or `API call is not supported
//! in the installed CUDA driver` (code 36). It is judged for the CUDA of the project and for the
//! toolkit that a build here would use.
//!
//! Compare the `CUDA Version` that `nvidia-smi` shows with `nvcc --version`. Update the driver
//! (under WSL in Windows, for a container on its host), or use an older toolkit. On data-centre
//! GPUs NVIDIA's forward-compatibility package is a third way.

use super::{Diagnosis, Fix, Place};
use crate::{CallCode, Facts, Need, evidence};
use cuda_compat::{CudaVersion, DriverVersion, least_driver};
use serde::Serialize;

/// The driver's CUDA is of an older major version, or a call said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the driver is too old for {what}{}", has(.driver_cuda))]
pub struct DriverTooOldForCuda {
    /// For what, in words.
    pub what: String,
    /// The CUDA that is wanted; `None` where a call failed and names none.
    pub cuda: Option<CudaVersion>,
    /// The newest CUDA that the driver runs.
    pub driver_cuda: Option<CudaVersion>,
    /// The oldest driver that runs it, where the table knows one.
    pub least_driver: Option<DriverVersion>,
    /// Whether the machine is a WSL guest, whose driver is Windows' own.
    pub wsl: bool,
    /// Whether this is a container, whose driver is the host's.
    pub container: bool,
}

fn has(driver_cuda: &Option<CudaVersion>) -> String {
    driver_cuda.map(|cuda| format!(": it runs CUDA up to {cuda}")).unwrap_or_default()
}

impl DriverTooOldForCuda {
    pub(super) const CODE: &str = "gpu/driver-too-old-for-cuda";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/driver-too-old"];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let wanted = evidence::wanted_cudas(facts, need);
        let driver_cuda = evidence::driver_cuda(facts);
        let too_new = wanted.into_iter().filter(|(_, cuda)| {
            driver_cuda.is_some_and(|driver| !evidence::driver_runs(driver, *cuda))
        });
        let mut found: Vec<Self> =
            too_new.map(|(what, cuda)| Self::of(facts, what, Some(cuda))).collect();
        if found.is_empty()
            && let Some(code) = refused(facts)
        {
            found.push(Self::of(facts, format!("a CUDA call, which returned {code}"), None));
        }
        found
    }

    fn of(facts: &Facts, what: String, cuda: Option<CudaVersion>) -> Self {
        let least = cuda.and_then(|cuda| least_driver(cuda, evidence::driver_platform(facts)));
        Self {
            what,
            cuda,
            driver_cuda: evidence::driver_cuda(facts),
            least_driver: least.map(|least| least.minor_compatible),
            wsl: evidence::in_wsl(facts),
            container: evidence::in_container(facts),
        }
    }
}

/// The code of a call that wants a newer driver.
fn refused(facts: &Facts) -> Option<CallCode> {
    let init = facts.cuda.answered().and_then(|cuda| cuda.init.found()).copied();
    let in_smoke = evidence::kernel_failures(facts).into_iter().map(|failure| failure.code);
    init.into_iter().chain(in_smoke).find(|code| evidence::NEWER_DRIVER.contains(code))
}

impl Diagnosis for DriverTooOldForCuda {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        let newer = match self.least_driver {
            Some(driver) => format!("driver {driver} or newer"),
            None => "a newer driver".to_owned(),
        };
        let place = evidence::install_place(self.wsl, self.container);
        let update = Fix::by_hand(format!("install {newer}{place}"));
        let older = self
            .driver_cuda
            .map(|cuda| Fix::by_hand(format!("or build with a toolkit of CUDA {}", cuda.major)));
        [update].into_iter().chain(older).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Probed;
    use crate::example::{self, with_driver_cuda, with_runs};

    #[test]
    fn compares_with_project_and_toolkit() {
        let check = |driver: &str, project: Option<&str>, expected: usize| {
            let cuda = project.map(|text| text.parse().unwrap());
            let need = Need { cuda, ..Need::default() };
            let found = DriverTooOldForCuda::find(&with_driver_cuda(driver), &need);
            assert_eq!(found.len(), expected, "{driver} {project:?}");
        };
        check("12.8", None, 0);
        check("12.0", None, 0);
        check("11.8", None, 1);
        check("12.8", Some("13.0"), 1);
        check("11.8", Some("13.0"), 2);
        check("11.8", Some("12.6"), 1);
        check("13.0", Some("11.8"), 0);
    }

    #[test]
    fn names_the_least_driver() {
        let need = Need { cuda: Some(CudaVersion::new(13, 0)), ..Need::default() };
        let found = DriverTooOldForCuda::find(&example::h200(), &need);
        assert_eq!(found[0].least_driver.unwrap().to_string(), "580.65.06");
    }

    #[test]
    fn believes_a_call_that_says_so() {
        let found = DriverTooOldForCuda::find(&with_runs(Some(35), None), &Need::default());
        assert_eq!(found.len(), 1);
        assert_eq!(DriverTooOldForCuda::find(&with_runs(Some(700), None), &Need::default()), []);
    }

    #[test]
    fn an_unknown_driver_is_not_judged() {
        let mut facts = example::h200();
        facts.nvml = Probed::default();
        facts.cuda = Probed::default();
        facts.kernel_module.loaded = crate::Reading::Unknown("`/proc` is not readable".to_owned());
        let need = Need { cuda: Some(CudaVersion::new(99, 0)), ..Need::default() };
        assert_eq!(DriverTooOldForCuda::find(&facts, &need), []);
    }
}
