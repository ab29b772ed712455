//! The wheels hold no code for a GPU of the fleet.
//!
//! A wheel holds machine code for some compute capabilities, and sometimes PTX for newer GPUs. Machine code
//! runs on the same major version and a newer minor one: that for 8.0 also runs on 8.9, and none of it on
//! 9.0. Without either, the first kernel fails with
//! `no kernel image is available for execution on the device`, while `torch.cuda.is_available()` says
//! `True`.
//!
//! See for yourself with `python -c "import torch; print(torch.cuda.get_arch_list())"`.
//!
//! Take the release or the index whose wheels were built for the GPU.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Facts, Install, Pick, installs},
    once::once,
};
use cuda_compat::ComputeCapability;
use serde::Serialize;

/// The wheels hold no code for a GPU of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}`{release} has no code for {gpu} ({})",
    capability.sm(),
    release = if requirement == takes { String::new() } else { format!(" (`{takes}`)") })]
pub struct GpuNotInWheel {
    /// The requirement.
    pub requirement: String,
    /// What pip takes for it.
    pub takes: String,
    /// The GPU.
    pub gpu: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// What holds code for it.
    pub instead: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl GpuNotInWheel {
    pub(super) const CODE: &str = "image/gpu-not-in-wheel";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let facts = Facts::of(recipe, &scene.fleet);
            for install in installs(recipe) {
                let Some(pick) = install.pick() else { continue };
                let without = scene.fleet.gpus.iter().filter(|gpu| !pick.may_run_on(gpu.capability));
                found.extend(without.map(|gpu| Self {
                    requirement: install.shown(),
                    takes: pick.shown(),
                    gpu: gpu.name.clone(),
                    capability: gpu.capability,
                    instead: instead(&install, pick, gpu.capability, &facts),
                    place: install.place(),
                }));
            }
        }
        once(found)
    }
}

impl Diagnosis for GpuNotInWheel {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let text = match &self.instead {
            Some(instead) => format!("write {instead}, which holds code for {}", self.capability.sm()),
            None => "take another release, or leave this GPU out of the fleet".to_owned(),
        };
        vec![Fix::by_hand(text)]
    }
}

fn instead(
    install: &Install<'_>,
    pick: Pick,
    capability: ComputeCapability,
    facts: &Facts<'_>,
) -> Option<String> {
    let best = facts.newest(install, |other| {
        other.build.brings_cuda == pick.build.brings_cuda
            && other.build.runs_on(capability) == Some(true)
    });
    best.map(|pick| install.in_words(&pick))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(gpu: &str, lines: &str, expected: Option<&str>) {
        let text = format!(
            "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
             gpus = ['{gpu}']\n[image.prod]\nbase = 'base'\nrequirements = ['r.txt']"
        );
        let found = example::spec_with(&text, &[("r.txt", lines)], GpuNotInWheel::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{gpu} {lines}");
    }

    #[test]
    fn knows_what_is_in_the_wheels() {
        check("6.1", "torch", Some(
            "`torch` (`torch==2.15.0`) has no code for compute capability 6.1 (sm_61)"
        ));
        check("6.1", "cudf-cu12", Some(
            "`cudf-cu12` (`cudf-cu12==26.10.2`) has no code for compute capability 6.1 (sm_61)"
        ));
        check("9.0", "torch==2.8.0", None);
        check("8.9", "torch==2.8.0", None);
        check("9.0", "cupy-cuda12x", None);
        check("9.0", "numpy", None);
    }
}
