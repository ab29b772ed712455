//! NVIDIA does not look after this CUDA any more.
//!
//! NVIDIA supports the images of the two newest majors of CUDA, and of each line its newest patch. Since
//! CUDA 13 is out, all of CUDA 11 is over: no fixes, no packages for new distributions, and the images are
//! deleted some months later. The container prints `THIS IMAGE IS DEPRECATED` at its start.
//!
//! See for yourself in `doc/supported-tags.md` of NVIDIA's repository `container-images/cuda`.
//!
//! Move to a CUDA that is supported, or keep a copy of the base in a registry of your own.

use super::{Diagnosis, Fix};
use crate::{Fleet, Place, Recipe, Scene, once::once};
use cuda_compat::{CudaVersion, Platform, TagAnswer, base_images, least_driver, look_up_tag};
use serde::Serialize;

/// NVIDIA does not look after this CUDA any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("NVIDIA does not look after CUDA {cuda} any more{end}",
    end = patch.map(|patch| format!(": {patch} has taken its place")).unwrap_or_default())]
pub struct CudaEndOfLife {
    /// The CUDA.
    pub cuda: CudaVersion,
    /// The newest patch of its line, where only that is supported.
    pub patch: Option<CudaVersion>,
    /// The oldest major that is supported.
    pub supported: u32,
    /// Where it is written.
    pub place: Place,
}

impl CudaEndOfLife {
    pub(super) const CODE: &str = "image/cuda-end-of-life";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(newest) = base_images().iter().map(|row| row.cuda.major).max() else { return Vec::new() };
        once(scene.recipes.iter().filter_map(|recipe| {
            let cuda = recipe.cuda.as_ref()?;
            let supported = newest.saturating_sub(1);
            let of_old_major = cuda.value.major < supported;
            let newer = newer_patch(recipe, &scene.fleet).filter(|_| !of_old_major);
            (of_old_major || newer.is_some()).then(|| Self {
                cuda: cuda.value,
                patch: newer,
                supported,
                place: cuda.place.clone(),
            })
        }))
    }
}

impl Diagnosis for CudaEndOfLife {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![match self.patch {
            Some(patch) => Fix::by_hand(format!("take CUDA {patch}")),
            None => Fix::by_hand(format!(
                "take CUDA {} or newer; until then, keep a copy of the base in a registry of your own",
                self.supported
            )),
        }]
    }
}

/// The patch that has taken the place of the base's, where NVIDIA says that the base is over. One that
/// asks for more than the fleet's driver is no way out.
fn newer_patch(recipe: &Recipe, fleet: &Fleet) -> Option<CudaVersion> {
    let tag = recipe.cuda_tag()?;
    let TagAnswer::Real(row) = look_up_tag(tag) else { return None };
    let is_over = row.supported == Some(false);
    let of_line = base_images().iter().filter(|other| {
        other.cuda.minor_line() == tag.cuda.minor_line() && other.cuda > tag.cuda && other.os == tag.os
    });
    let has_driver = |cuda: &CudaVersion| {
        let Some(driver) = fleet.driver else { return true };
        let least = least_driver(*cuda, fleet.platform.unwrap_or(Platform::Linux));
        least.and_then(|least| least.exact).is_none_or(|exact| exact <= driver)
    };
    of_line.map(|row| row.cuda).filter(has_driver).max().filter(|_| is_over)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn a_patch_that_the_driver_does_not_run_is_no_way_out() {
        let check = |driver: &str, expected: usize| {
            let fleet = Fleet { driver: Some(driver.parse().unwrap()), ..example::fleet() };
            let text = "FROM nvidia/cuda:12.6.2-base-ubuntu22.04\n";
            let found = example::dockerfile_for(text, fleet, CudaEndOfLife::find);
            assert_eq!(found.len(), expected, "{driver}");
        };
        check("560.35.05", 1);
        check("560.35.03", 0);
    }

    #[test]
    fn knows_what_is_over() {
        let check = |from: &str, expected: Option<&str>| {
            let found = example::dockerfile(&format!("FROM {from}\n"), CudaEndOfLife::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{from}");
        };
        check(
            "nvidia/cuda:11.8.0-base-ubuntu20.04",
            Some("NVIDIA does not look after CUDA 11.8.0 any more"),
        );
        check(
            "nvidia/cuda:12.6.0-base-ubuntu22.04",
            Some("NVIDIA does not look after CUDA 12.6.0 any more: 12.6.3 has taken its place"),
        );
        check("nvidia/cuda:12.6.3-base-ubuntu22.04", None);
        check("nvidia/cuda:13.0.2-base-ubuntu22.04", None);
        check("busybox:1.36", None);
    }
}
