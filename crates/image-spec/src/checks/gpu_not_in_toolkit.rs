//! The CUDA of the image does not know a GPU of the fleet.
//!
//! A toolkit compiles for the GPUs that were there when it was made, and drops old ones: CUDA 11.8 ends at
//! Hopper (9.0), Blackwell needs 12.8, and CUDA 13 begins at Turing (7.5). For a newer GPU `nvcc` says
//! `Unsupported gpu architecture`, and cuBLAS and cuFFT of that version have no kernels for it; for an older
//! one there is `no kernel image is available for execution on the device`.
//!
//! See for yourself with `nvcc --list-gpu-arch` in the image.
//!
//! Take a CUDA that knows all GPUs of the fleet, or take the GPU out of `[cuda] gpus`.

use super::{Diagnosis, Fix};
use crate::{Place, Recipe, Scene, once::once};
use cuda_compat::{ComputeCapability, CudaVersion, Flavour, architecture, toolkit};
use serde::Serialize;

/// The CUDA of the image does not know a GPU of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("CUDA {cuda} does not know {gpu} ({}), which {}", capability.sm(), span(*since, *until))]
pub struct GpuNotInToolkit {
    /// The CUDA of the image.
    pub cuda: CudaVersion,
    /// The GPU.
    pub gpu: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// The first CUDA that knows it.
    pub since: CudaVersion,
    /// The last CUDA that knows it.
    pub until: Option<CudaVersion>,
    /// Where it is written.
    pub place: Place,
}

impl GpuNotInToolkit {
    pub(super) const CODE: &str = "image/gpu-not-in-toolkit";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let used = scene.recipes.iter().filter(|recipe| uses_toolkit(recipe));
        let mut found = Vec::new();
        for recipe in used {
            let Some(cuda) = &recipe.cuda else { continue };
            // A toolkit that the table does not have is not judged.
            if toolkit(cuda.value).is_none() {
                continue;
            }
            for gpu in &scene.fleet.gpus {
                let Some(row) = architecture(gpu.capability) else { continue };
                if row.is_built_by(cuda.value) {
                    continue;
                }
                found.push(Self {
                    cuda: cuda.value,
                    gpu: gpu.name.clone(),
                    capability: gpu.capability,
                    since: row.since,
                    until: row.until,
                    place: cuda.place.clone(),
                });
            }
        }
        once(found)
    }
}

impl Diagnosis for GpuNotInToolkit {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let text = match self.until {
            Some(until) if until < self.cuda.minor_line() => {
                format!("take CUDA {until} or older, or leave this GPU out of the fleet")
            }
            _ => format!("take CUDA {} or newer", self.since),
        };
        vec![Fix::by_hand(text)]
    }
}

/// The flavour `base` has neither compiler nor kernels: what the wheels bring counts there.
fn uses_toolkit(recipe: &Recipe) -> bool {
    recipe.cuda_tag().is_none_or(|tag| tag.flavour != Flavour::Base)
}

fn span(since: CudaVersion, until: Option<CudaVersion>) -> String {
    match until {
        Some(until) => format!("needs {since} to {until}"),
        None => format!("needs {since} or newer"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(cuda: &str, base: &str, gpus: &str, expected: Option<&str>) {
        let text = format!(
            "[cuda]\nversion = '{cuda}'\nos = 'ubuntu22.04'\ngpus = [{gpus}]\n\
             [image.prod]\nbase = '{base}'"
        );
        let found = example::spec(&text, GpuNotInToolkit::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{cuda} {gpus}");
    }

    #[test]
    fn knows_the_ends() {
        check("11.8", "devel", "'12.0'", Some(
            "CUDA 11.8 does not know compute capability 12.0 (sm_120), which needs 12.8 or newer"
        ));
        check("12.8", "devel", "'12.0'", None);
        check("13.0", "runtime", "'7.0'", Some(
            "CUDA 13.0 does not know compute capability 7.0 (sm_70), which needs 9.0 to 12.9"
        ));
        check("11.8", "devel", "'8.9', 'H200'", None);
        check("11.8", "base", "'12.0'", None);
    }

    #[test]
    fn in_a_dockerfile() {
        let fleet = crate::Fleet {
            gpus: example::read("[cuda]\ngpus = ['12.0']").fleet.gpus,
            ..example::fleet()
        };
        let find = |tag: &str| {
            let text = format!("FROM nvidia/cuda:{tag}\n");
            example::dockerfile_for(&text, fleet.clone(), GpuNotInToolkit::find).len()
        };
        assert_eq!(find("11.8.0-devel-ubuntu22.04"), 1);
        assert_eq!(find("12.8.1-devel-ubuntu22.04"), 0);
    }
}
