//! The wheels bring a CUDA that is too new for the oldest driver of the fleet.
//!
//! Wheels of PyTorch, TensorFlow and JAX bring the CUDA libraries with them; the base image does not matter
//! to them, the driver does. A wheel of CUDA 13 needs a driver from 580 on. A requirement that is left open
//! takes a newer release with a newer CUDA one day: the image that was built from the same file last month
//! still ran.
//!
//! See for yourself with `python -c "import torch; print(torch.version.cuda)"` in the image.
//!
//! Pin the release, take the wheels of the CUDA that the driver runs, or update the driver.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Facts, Install, Pick, installs},
    once::once,
};
use cuda_compat::{CudaVersion, DriverVersion};
use serde::Serialize;

/// The wheels bring a CUDA that is too new for the oldest driver of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` brings CUDA {cuda}{release}, which needs driver {least}; the fleet has {driver}",
    release = if requirement == takes { String::new() } else { format!(" (`{takes}`)") })]
pub struct WheelNewerThanDriver {
    /// The requirement.
    pub requirement: String,
    /// What pip takes for it.
    pub takes: String,
    /// The CUDA that the wheels bring.
    pub cuda: String,
    /// The least driver for that.
    pub least: DriverVersion,
    /// The oldest driver of the fleet.
    pub driver: DriverVersion,
    /// Whether the requirement is open to newer releases.
    pub open: bool,
    /// What runs on the driver.
    pub instead: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl WheelNewerThanDriver {
    pub(super) const CODE: &str = "image/wheel-newer-than-driver";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let fleet = &scene.fleet;
        let Some((driver, platform)) = fleet.driver.zip(fleet.platform) else { return Vec::new() };
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let facts = Facts::of(recipe, fleet);
            found.extend(installs(recipe).iter().filter_map(|install| {
                let pick = install.pick()?;
                let least = pick.least_driver(platform).filter(|least| driver < *least)?;
                Some(Self {
                    requirement: install.shown(),
                    takes: pick.shown(),
                    cuda: pick.shown_cuda(),
                    least,
                    driver,
                    open: install.is_open(),
                    instead: instead(install, &facts, recipe.cuda.as_ref().map(|cuda| cuda.value)),
                    place: install.place(),
                })
            }));
        }
        once(found)
    }
}

impl Diagnosis for WheelNewerThanDriver {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let instead = self.instead.as_ref().map(|instead| {
            format!("write {instead}, which runs on driver {}", self.driver)
        });
        let update = format!("update the driver of the machines to {} or newer", self.least);
        let mut fixes = Fix::alternatives(instead.into_iter().chain([update]));
        if self.open {
            fixes.push(Fix::by_hand("pin the release, so that a newer one is taken on purpose only"));
        }
        fixes
    }
}

/// What runs on the driver: of the image's CUDA where there is such a release, the newest otherwise.
fn instead(
    install: &Install<'_>,
    facts: &Facts<'_>,
    cuda: Option<CudaVersion>,
) -> Option<String> {
    let of_image = |pick: &Pick| cuda.is_some_and(|cuda| pick.is_for(cuda));
    let best = facts.newest(install, |pick| pick.build.brings_cuda && of_image(pick));
    let best = best.or_else(|| facts.newest(install, |pick| pick.build.brings_cuda));
    best.map(|pick| install.in_words(&pick))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(driver: &str, lines: &str, expected: Option<&str>) {
        let text = format!(
            "[cuda]\nversion = '11.8'\npython = '3.11'\nos = 'ubuntu22.04'\n\
             driver = '{driver}'\n[image.prod]\nbase = 'base'\nrequirements = ['r.txt']"
        );
        let found = example::spec_with(&text, &[("r.txt", lines)], WheelNewerThanDriver::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{driver} {lines}");
    }

    #[test]
    fn compares_with_the_driver() {
        check("570.124.06", "torch==2.11.0", Some(
            "`torch==2.11.0` brings CUDA 13.0, which needs driver 580.65.06; the fleet has 570.124.06"
        ));
        check("570.124.06", "torch==2.8.0", None);
        check("580.95.05", "torch", None);
        check("572.83", "torch", Some(
            "`torch` brings CUDA 13.2 (`torch==2.15.0`), which needs driver 580.0; the fleet has 572.83"
        ));
        check("515.105.01", "--index-url https://download.pytorch.org/whl/cu118\ntorch", None);
        check("525.60.13", "cudf-cu12==25.10.0", Some(
            "`cudf-cu12==25.10.0` brings CUDA 12, which needs driver 535.0; the fleet has 525.60.13"
        ));
        check("570.124.06", "numpy", None);
    }

    #[test]
    fn says_what_would_run() {
        let text = "[cuda]\nversion = '11.8'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    driver = '570.124.06'\n[image.prod]\nbase = 'base'\npip = ['torch']";
        let found = example::spec(text, WheelNewerThanDriver::find);
        let fixes = found[0].fixes();
        assert_eq!(
            fixes[0].text,
            "write `torch==2.7.1` with the index `https://download.pytorch.org/whl/cu118`, which runs \
             on driver 570.124.06"
        );
    }
}
