//! None of this machine's GPUs is one that the project promises to work on.
//!
//! `[cuda] gpus` in `altlas.toml` names models or compute capabilities. What is tested on this
//! machine says nothing of them: other code paths may be taken, and memory and speed differ.
//!
//! List the GPUs with `nvidia-smi --query-gpu=name,compute_cap --format=csv`. Use another machine,
//! or add this GPU to the list if the project should work on it.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, GpuWish, Need, evidence};
use cuda_compat::name_has;
use serde::Serialize;

/// No GPU fits a wish of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the project is for {}, and this machine has {}", .wished.join(", "), .found.join(", "))]
pub struct GpuNotInProject {
    /// What the project names.
    pub wished: Vec<String>,
    /// The GPUs that are here.
    pub found: Vec<String>,
}

impl GpuNotInProject {
    pub(super) const CODE: &str = "gpu/gpu-not-in-project";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let gpus = evidence::gpu_capabilities(facts);
        if need.gpus.is_empty() || gpus.is_empty() {
            return Vec::new();
        }
        // `None` is a GPU of which we do not know enough to say no.
        let may_fit =
            |gpu: &evidence::KnownGpu| need.gpus.iter().any(|wish| fits(wish, gpu) != Some(false));
        if gpus.iter().any(may_fit) {
            return Vec::new();
        }
        let wished = need.gpus.iter().map(wish_text).collect();
        let mut found: Vec<String> = gpus.iter().map(gpu_text).collect();
        found.dedup();
        vec![Self { wished, found }]
    }
}

fn fits(wish: &GpuWish, gpu: &evidence::KnownGpu) -> Option<bool> {
    match wish {
        GpuWish::Model(model) => gpu.name.as_ref().map(|name| name_has(name, model)),
        GpuWish::Capability(wished) => gpu.capability.map(|capability| capability == *wished),
    }
}

fn wish_text(wish: &GpuWish) -> String {
    match wish {
        GpuWish::Model(model) => model.clone(),
        GpuWish::Capability(capability) => format!("compute capability {capability}"),
    }
}

fn gpu_text(gpu: &evidence::KnownGpu) -> String {
    let name = gpu.name.as_deref().unwrap_or("a GPU without a name");
    match gpu.capability {
        Some(capability) => format!("{name} ({capability})"),
        None => name.to_owned(),
    }
}

impl Diagnosis for GpuNotInProject {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "test on a machine with one of the project's GPUs, or add this one to `[cuda] gpus` in \
             `altlas.toml`",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::{self, with_nvml_gpu};
    use cuda_compat::ComputeCapability;

    fn need(gpus: &[GpuWish]) -> Need {
        Need { gpus: gpus.to_vec(), ..Need::default() }
    }

    #[test]
    fn one_fitting_wish_is_enough() {
        let check = |gpus: &[GpuWish], expected: usize| {
            let found = GpuNotInProject::find(&example::h200(), &need(gpus));
            assert_eq!(found.len(), expected, "{gpus:?}");
        };
        let model = |text: &str| GpuWish::Model(text.to_owned());
        let capability = |major, minor| GpuWish::Capability(ComputeCapability::new(major, minor));
        check(&[], 0);
        check(&[model("H200")], 0);
        check(&[model("RTX 4060")], 1);
        check(&[model("RTX 4060"), capability(9, 0)], 0);
        check(&[capability(8, 9)], 1);
    }

    #[test]
    fn a_gpu_without_a_name_may_be_the_one() {
        let facts =
            with_nvml_gpu(|gpu| gpu.name = Reading::Unknown("NVML returned 999".to_owned()));
        let wish = GpuWish::Model("RTX 4060".to_owned());
        assert_eq!(GpuNotInProject::find(&facts, &need(&[wish])), []);
    }
}
