//! The oldest driver of the fleet is too old for the CUDA of the image.
//!
//! Programs of CUDA 12 run on drivers from 525.60.13 on (Windows: 528.33), those of CUDA 13 on drivers from
//! 580 on: that is minor-version compatibility, the most that NVIDIA promises. Below it every call of CUDA
//! fails with `CUDA driver version is insufficient for CUDA runtime version`. An image holds no driver: it
//! uses that of the machine.
//!
//! See for yourself with `nvidia-smi` on the machine: the first line names the driver.
//!
//! Update the driver of the machines, take an older CUDA, or install the package `cuda-compat` on
//! data-center GPUs.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, once::once};
use cuda_compat::{CudaVersion, DriverVersion, least_driver, newest_cuda_for};
use serde::Serialize;

/// The oldest driver of the fleet is too old for the CUDA of the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("driver {driver} runs no CUDA {cuda}: it takes {least} or newer")]
pub struct DriverTooOldForCuda {
    /// The oldest driver of the fleet.
    pub driver: DriverVersion,
    /// The CUDA of the image.
    pub cuda: CudaVersion,
    /// The least driver for it.
    pub least: DriverVersion,
    /// The newest CUDA that the driver runs.
    pub newest: Option<CudaVersion>,
    /// Where it is written.
    pub place: Place,
}

impl DriverTooOldForCuda {
    pub(super) const CODE: &str = "image/driver-too-old-for-cuda";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let fleet = &scene.fleet;
        let Some((driver, platform)) = fleet.driver.zip(fleet.platform) else { return Vec::new() };
        once(scene.run().filter_map(|recipe| {
            let cuda = recipe.cuda.as_ref()?;
            let least = least_driver(cuda.value, platform)?.minor_compatible;
            (driver < least).then(|| Self {
                driver,
                cuda: cuda.value,
                least,
                newest: newest_cuda_for(driver, platform),
                place: cuda.place.clone(),
            })
        }))
    }
}

impl Diagnosis for DriverTooOldForCuda {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut fixes =
            vec![Fix::by_hand(format!("update the driver of the machines to {} or newer", self.least))];
        if let Some(newest) = self.newest {
            let text = format!("or take CUDA {}, the newest that it runs in full", newest.minor_line());
            fixes.push(Fix::by_hand(text));
        }
        fixes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(cuda: &str, driver: &str, gpus: &str, expected: Option<&str>) {
        let text = format!(
            "[cuda]\nversion = '{cuda}'\nos = 'ubuntu22.04'\n{driver}\ngpus = [{gpus}]\n\
             [image.prod]\nbase = 'runtime'"
        );
        let found = example::spec(&text, DriverTooOldForCuda::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{cuda} {driver}");
    }

    #[test]
    fn knows_the_least_driver() {
        check(
            "12.6",
            "driver = '470.256.02'",
            "",
            Some("driver 470.256.02 runs no CUDA 12.6: it takes 525.60.13 or newer"),
        );
        check("13.0", "driver = '570.124.06'", "", Some(
            "driver 570.124.06 runs no CUDA 13.0: it takes 580.65.06 or newer"
        ));
        check("12.6", "driver = '535.183.01'", "", None);
        check("12.6", "driver = '528.33'", "", None);
        check("12.6", "driver = '528.32'", "", Some(
            "driver 528.32 runs no CUDA 12.6: it takes 528.33 or newer"
        ));
        check("12.6", "", "", None);
    }

    #[test]
    fn in_a_dockerfile() {
        let fleet = crate::Fleet {
            driver: Some("470.256.02".parse().unwrap()),
            ..example::fleet()
        };
        let text = "FROM nvidia/cuda:12.6.3-base-ubuntu22.04\n";
        assert_eq!(example::dockerfile_for(text, fleet, DriverTooOldForCuda::find).len(), 1);
        assert_eq!(example::dockerfile(text, DriverTooOldForCuda::find), []);
    }
}
