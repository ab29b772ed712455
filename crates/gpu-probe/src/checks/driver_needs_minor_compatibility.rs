//! The driver is older than this CUDA, but of the same major version.
//!
//! Machine code runs by minor-version compatibility. What does not work: PTX that has to be
//! compiled at run time (Numba, Triton, NVRTC, binaries without code for this GPU), which ends with
//! 222 (`the provided PTX was compiled with an unsupported toolchain`), and the newest functions of
//! the driver.
//!
//! Compare the `CUDA Version` that `nvidia-smi` shows with `nvcc --version`. Nothing has to be done
//! where only machine code is used; otherwise update the driver.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use cuda_compat::{CudaVersion, DriverVersion, least_driver};
use serde::Serialize;

/// Same major version, older minor version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the driver (CUDA {driver_cuda}) is older than {what}: machine code runs, PTX may not")]
pub struct DriverNeedsMinorCompatibility {
    /// Than what, in words.
    pub what: String,
    /// The CUDA that is wanted.
    pub cuda: CudaVersion,
    /// The newest CUDA of the driver.
    pub driver_cuda: CudaVersion,
    /// The driver from which on everything works, where NVIDIA has published one.
    pub exact_driver: Option<DriverVersion>,
    /// Whether the machine is a WSL guest, whose driver is Windows' own.
    pub wsl: bool,
    /// Whether this is a container, whose driver is the host's.
    pub container: bool,
}

impl DriverNeedsMinorCompatibility {
    pub(super) const CODE: &str = "gpu/driver-needs-minor-compatibility";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/driver-too-old"];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let Some(driver_cuda) = evidence::driver_cuda(facts) else { return Vec::new() };
        let between = |(_, cuda): &(String, CudaVersion)| {
            driver_cuda.major == cuda.major && driver_cuda.minor < cuda.minor
        };
        let wanted = evidence::wanted_cudas(facts, need).into_iter().filter(between);
        wanted
            .map(|(what, cuda)| Self {
                what,
                cuda,
                driver_cuda,
                exact_driver: least_driver(cuda, evidence::driver_platform(facts))
                    .and_then(|least| least.exact),
                wsl: evidence::in_wsl(facts),
                container: evidence::in_container(facts),
            })
            .collect()
    }
}

impl Diagnosis for DriverNeedsMinorCompatibility {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        let newer = match self.exact_driver {
            Some(driver) => format!("driver {driver} or newer"),
            None => format!("a driver for CUDA {} or newer", self.cuda.minor_line()),
        };
        let place = evidence::install_place(self.wsl, self.container);
        vec![
            Fix::by_hand(format!("install {newer}{place}")),
            Fix::by_hand(
                "or build machine code for the GPU (`code=sm_XX`), so that no PTX is compiled at run \
                 time",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::with_driver_cuda;

    #[test]
    fn lies_between_floor_and_exact() {
        let check = |driver: &str, project: Option<&str>, expected: usize| {
            let cuda = project.map(|text| text.parse().unwrap());
            let need = Need { cuda, ..Need::default() };
            let found = DriverNeedsMinorCompatibility::find(&with_driver_cuda(driver), &need);
            assert_eq!(found.len(), expected, "{driver} {project:?}");
        };
        check("12.8", None, 0);
        check("12.2", None, 1);
        check("12.8", Some("12.9"), 1);
        check("12.2", Some("12.6.1"), 1);
        check("11.8", Some("12.6"), 0);
        check("13.0", Some("12.6"), 0);
    }
}
