//! The oldest driver of the fleet runs the CUDA of the image by minor-version compatibility only.
//!
//! The driver is older than the one that belongs to this CUDA, and new enough for its major version.
//! Programs with machine code for the GPU run. What comes as PTX does not, since an older driver cannot
//! compile newer PTX (`the provided PTX was compiled with an unsupported toolchain`): code of `torch.compile`
//! and Triton, of NVRTC, and of wheels without code for the GPU. Newer features of the runtime answer
//! `cudaErrorCallRequiresNewerDriver`.
//!
//! See for yourself with `nvidia-smi`, and with a program that compiles at run time.
//!
//! Update the driver of the machines, or take the CUDA that belongs to it.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, once::once};
use cuda_compat::{CudaVersion, DriverVersion, least_driver, newest_cuda_for};
use serde::Serialize;

/// The oldest driver of the fleet runs the CUDA of the image by minor-version compatibility only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("driver {driver} runs CUDA {cuda} by minor-version compatibility only; its own driver is {exact}")]
pub struct DriverNeedsMinorCompatibility {
    /// The oldest driver of the fleet.
    pub driver: DriverVersion,
    /// The CUDA of the image.
    pub cuda: CudaVersion,
    /// The driver that belongs to it.
    pub exact: DriverVersion,
    /// The newest CUDA that the driver runs in full.
    pub newest: Option<CudaVersion>,
    /// Where it is written.
    pub place: Place,
}

impl DriverNeedsMinorCompatibility {
    pub(super) const CODE: &str = "image/driver-needs-minor-compatibility";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let fleet = &scene.fleet;
        let Some((driver, platform)) = fleet.driver.zip(fleet.platform) else { return Vec::new() };
        once(scene.run().filter_map(|recipe| {
            let cuda = recipe.cuda.as_ref()?;
            let least = least_driver(cuda.value, platform)?;
            let exact = least.exact?;
            (least.minor_compatible <= driver && driver < exact).then(|| Self {
                driver,
                cuda: cuda.value,
                exact,
                newest: newest_cuda_for(driver, platform),
                place: cuda.place.clone(),
            })
        }))
    }
}

impl Diagnosis for DriverNeedsMinorCompatibility {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut fixes =
            vec![Fix::by_hand(format!("update the driver of the machines to {} or newer", self.exact))];
        if let Some(newest) = self.newest {
            let text = format!("or take CUDA {newest}, which it runs in full");
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
        let found = example::spec(&text, DriverNeedsMinorCompatibility::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{cuda} {driver}");
    }

    #[test]
    fn lies_between_the_two() {
        check("12.6", "driver = '535.183.01'", "", Some(
            "driver 535.183.01 runs CUDA 12.6 by minor-version compatibility only; its own driver is \
             560.28.03"
        ));
        check("12.6", "driver = '560.35.03'", "", None);
        check("12.6", "driver = '470.256.02'", "", None);
        check("12.6.3", "driver = '560.35.03'", "", Some(
            "driver 560.35.03 runs CUDA 12.6.3 by minor-version compatibility only; its own driver is \
             560.35.05"
        ));
        check("12.6", "driver = '572.83'", "", None);
    }

    #[test]
    fn in_a_dockerfile() {
        let check = |tag: &str, expected: usize| {
            let text = format!("FROM nvidia/cuda:{tag}\n");
            let found = example::dockerfile(&text, DriverNeedsMinorCompatibility::find);
            assert_eq!(found.len(), expected, "{tag}");
        };
        check("12.9.1-base-ubuntu22.04", 1);
        check("12.6.3-base-ubuntu22.04", 0);
    }
}
