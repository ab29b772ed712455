//! The image refuses to start on the oldest driver of the fleet.
//!
//! Images of `nvidia/cuda` carry `NVIDIA_REQUIRE_CUDA`: the driver has to report at least the CUDA of the
//! image, or be of one of the branches that are listed, some of them on data-center GPUs only. The
//! container toolkit reads it before the start and says `unsatisfied condition: cuda>=12.9`. That is
//! stricter than minor-version compatibility, with which the programs themselves would run.
//!
//! See for yourself with `docker run --rm IMAGE env | grep NVIDIA_REQUIRE_CUDA`.
//!
//! Update the driver, or take a base of an older CUDA: wheels bring their own. Only where all that runs in
//! the image is known to work by minor-version compatibility, set `NVIDIA_DISABLE_REQUIRE=1`.

use super::{Diagnosis, Fix};
use crate::{Base, Gpu, Place, Recipe, Scene, once::once};
use cuda_compat::{
    CudaVersion, DriverVersion, Platform, RequireCuda, newest_cuda_for, require_cuda,
    require_cuda_rows,
};
use serde::Serialize;

/// The image refuses to start on the oldest driver of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{reference}` does not start on driver {driver}{with}: it asks for a driver of CUDA {at_least}{or}",
    with = gpu.as_ref().map(|gpu| format!(" with {gpu}")).unwrap_or_default(),
    or = listed(branches))]
pub struct DriverRefusedByImage {
    /// The oldest driver of the fleet.
    pub driver: DriverVersion,
    /// The base.
    pub reference: String,
    /// The CUDA that the driver has to report.
    pub at_least: CudaVersion,
    /// The older branches that are let in.
    pub branches: Vec<u32>,
    /// The GPU that the driver is refused with, where it is let in with others.
    pub gpu: Option<String>,
    /// The CUDA from which on the base lets it in.
    pub older: Option<CudaVersion>,
    /// Where it is written.
    pub place: Place,
}

impl DriverRefusedByImage {
    pub(super) const CODE: &str = "image/driver-refused-by-image";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let fleet = &scene.fleet;
        let Some((driver, platform)) = fleet.driver.zip(fleet.platform) else { return Vec::new() };
        once(scene.run().filter_map(|recipe| {
            let Base::Cuda { reference, tag } = &recipe.base.value else { return None };
            if is_lifted(recipe) {
                return None;
            }
            let asks = require_cuda(tag.cuda)?;
            let gpu = refused(asks, driver, platform, &fleet.gpus)?;
            let rows = require_cuda_rows().iter().rev().filter(|row| row.cuda < tag.cuda);
            let older = rows.map(|row| row.cuda).find(|cuda| {
                let row = require_cuda(*cuda);
                row.is_some_and(|row| refused(row, driver, platform, &fleet.gpus).is_none())
            });
            Some(Self {
                driver,
                reference: reference.to_string(),
                at_least: asks.at_least,
                branches: asks.branches.clone(),
                gpu,
                older,
                place: recipe.base.place.clone(),
            })
        }))
    }
}

impl Diagnosis for DriverRefusedByImage {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut fixes = vec![Fix::by_hand(format!(
            "update the driver of the machines to one that reports CUDA {} or newer",
            self.at_least
        ))];
        if let Some(older) = self.older {
            fixes.push(Fix::by_hand(format!("or take a base of an older CUDA, such as {older}, which lets it in")));
        }
        fixes.push(Fix::by_hand(
            "or set `NVIDIA_DISABLE_REQUIRE=1` in the image, where everything in it is known to run by \
             minor-version compatibility",
        ));
        fixes
    }
}

/// Whether the image lifts the requirement, or asks for something of its own.
fn is_lifted(recipe: &Recipe) -> bool {
    let lifts = |value: &str| matches!(value.to_lowercase().as_str(), "1" | "true" | "yes");
    let disabled = recipe.env.get("NVIDIA_DISABLE_REQUIRE");
    disabled.is_some_and(|value| lifts(&value.value))
        || recipe.env.contains_key("NVIDIA_REQUIRE_CUDA")
}

/// `Some` where the driver is refused; with the GPU, where only GPUs for data centers are let in.
fn refused(
    asks: &RequireCuda,
    driver: DriverVersion,
    platform: Platform,
    gpus: &[Gpu],
) -> Option<Option<String>> {
    let accepts = |tesla| accepts(asks, driver, platform, tesla);
    if !accepts(true) {
        return Some(None);
    }
    let other = gpus.iter().find(|gpu| gpu.data_center == Some(false));
    other.filter(|_| !accepts(false)).map(|gpu| Some(gpu.name.clone()))
}

fn accepts(asks: &RequireCuda, driver: DriverVersion, platform: Platform, tesla: bool) -> bool {
    match platform {
        Platform::Linux => asks.accepts(driver, tesla),
        // Windows counts its drivers on within a branch, so the branch's own number says nothing of
        // the CUDA that it reports.
        Platform::Windows => {
            let reported = newest_cuda_for(driver, Platform::Windows);
            reported.is_some_and(|cuda| cuda.minor_line() >= asks.at_least)
                || (asks.branches.contains(&driver.branch)
                    && (tesla || !asks.tesla_only.contains(&driver.branch)))
        }
    }
}

fn listed(branches: &[u32]) -> String {
    let names: Vec<String> = branches.iter().map(ToString::to_string).collect();
    if names.is_empty() {
        return String::new();
    }
    let word = if names.len() == 1 { "branch" } else { "the branches" };
    format!(", or of {word} {}", names.join(", "))
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
        let found = example::spec(&text, DriverRefusedByImage::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{cuda} {driver}");
    }

    #[test]
    fn knows_what_images_ask_for() {
        check("12.9", "driver = '525.60.13'", "", Some(
            "`nvidia/cuda:12.9.2-runtime-ubuntu22.04` does not start on driver 525.60.13: it asks for \
             a driver of CUDA 12.9, or of the branches 535, 550, 560, 565, 570"
        ));
        check("12.9", "driver = '535.183.01'", "", None);
        check("12.9", "driver = '575.57.08'", "", None);
        check("11.8", "driver = '515.105.01'", "", Some(
            "`nvidia/cuda:11.8.0-runtime-ubuntu22.04` does not start on driver 515.105.01: it asks \
             for a driver of CUDA 11.8, or of branch 470"
        ));
        check("12.9", "driver = '576.57'", "", None);
        check("12.9", "", "", None);
    }

    #[test]
    fn some_branches_are_for_data_centers() {
        let check = |gpus: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '11.4'\nos = 'ubuntu20.04'\ndriver = '450.80.02'\n\
                 gpus = [{gpus}]\n[image.prod]\nbase = 'runtime'"
            );
            let found = example::spec(&text, DriverRefusedByImage::find);
            assert_eq!(found.len(), expected, "{gpus}: {found:?}");
        };
        let asks = require_cuda("11.4.3".parse().unwrap()).unwrap();
        let listed = asks.branches.contains(&450);
        check("'A100'", usize::from(!listed));
        check("'A100', 'RTX 3090'", 1);
    }

    #[test]
    fn a_variable_lifts_it() {
        let check = |env: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '12.9'\nos = 'ubuntu22.04'\ndriver = '525.60.13'\n\
                 [image.prod]\nbase = 'runtime'\n{env}"
            );
            assert_eq!(example::spec(&text, DriverRefusedByImage::find).len(), expected, "{env}");
        };
        check("env = { NVIDIA_DISABLE_REQUIRE = '1' }", 0);
        check("env = { NVIDIA_REQUIRE_CUDA = 'cuda>=12.0' }", 0);
        check("env = { OTHER = '1' }", 1);
    }
}
