//! The oldest driver of the fleet is older than one of its GPUs.
//!
//! A driver knows the GPUs that were there when it was made: Blackwell takes branch 570 or newer, Ada and
//! Hopper branch 520. An older driver does not find such a GPU at all: `nvidia-smi` says `No devices were
//! found`, and no image helps, whatever its CUDA. The branch is that of the first CUDA toolkit that builds
//! for the GPU.
//!
//! See for yourself with `nvidia-smi` on that machine; the kernel log says `probe of … failed` or `not
//! supported by the NVIDIA … driver release`.
//!
//! Where `[cuda] driver` is the driver of other machines than those with this GPU, write the oldest driver
//! of those with it, or leave the GPU out of `[cuda] gpus`.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use cuda_compat::{
    ComputeCapability, CudaVersion, DriverVersion, architecture, least_driver_for_gpu,
};
use serde::Serialize;

/// The oldest driver of the fleet is older than one of its GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("driver {driver} does not know {gpu}: {} came with CUDA {since}, whose drivers are of branch {branch} or newer", capability.sm())]
pub struct DriverTooOldForGpu {
    /// The oldest driver of the fleet.
    pub driver: DriverVersion,
    /// The GPU.
    pub gpu: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// The first CUDA that builds for it.
    pub since: CudaVersion,
    /// The first driver branch that knows it.
    pub branch: u32,
    /// Where it is written.
    pub place: Place,
}

impl DriverTooOldForGpu {
    pub(super) const CODE: &str = "image/driver-too-old-for-gpu";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let fleet = &scene.fleet;
        let Some((driver, platform)) = fleet.driver.zip(fleet.platform) else { return Vec::new() };
        // Where no image has CUDA there is nothing that a GPU could run.
        if scene.recipes.iter().all(|recipe| recipe.cuda.is_none()) {
            return Vec::new();
        }
        let gpus = fleet.gpus.iter().filter_map(|gpu| {
            let least = least_driver_for_gpu(gpu.capability, platform)?;
            let since = architecture(gpu.capability)?.since;
            (driver < least).then(|| Self {
                driver,
                gpu: gpu.name.clone(),
                capability: gpu.capability,
                since,
                branch: least.branch,
                place: Place::key("cuda").inner("driver"),
            })
        });
        gpus.collect()
    }
}

impl Diagnosis for DriverTooOldForGpu {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        Fix::alternatives([
            format!(
                "update the driver of the machines with this GPU to branch {} or newer, and write the \
                 oldest that is left as `[cuda] driver`",
                self.branch
            ),
            format!("leave {} out of `[cuda] gpus`", self.gpu),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_the_branch_of_the_gpu() {
        let check = |driver: &str, gpu: &str, expected: Option<&str>| {
            let text = format!(
                "[cuda]\nversion = '12.8'\nos = 'ubuntu22.04'\ndriver = '{driver}'\ngpus = ['{gpu}']\n\
                 [image.prod]\nbase = 'runtime'"
            );
            let found = example::spec(&text, DriverTooOldForGpu::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{driver} {gpu}");
        };
        check("535.183.01", "RTX 5090", Some(
            "driver 535.183.01 does not know RTX 5090: sm_120 came with CUDA 12.8, whose drivers are of \
             branch 570 or newer"
        ));
        check("535.183.01", "B200", Some(
            "driver 535.183.01 does not know B200: sm_100 came with CUDA 12.8, whose drivers are of \
             branch 570 or newer"
        ));
        check("570.86.10", "RTX 5090", None);
        check("572.83", "RTX 5090", None);
        check("535.183.01", "RTX 4060", None);
        check("470.256.02", "H200", Some(
            "driver 470.256.02 does not know H200: sm_90 came with CUDA 11.8, whose drivers are of \
             branch 520 or newer"
        ));
        check("470.256.02", "V100", None);
    }
}
