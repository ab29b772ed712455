//! A TensorRT engine was built for another GPU than the fleet has.
//!
//! An engine holds kernels for the compute capability of the GPU that it was built on, and no other runs
//! it: TensorRT says `The engine plan file is generated on an incompatible device`. Engines that are built
//! with hardware compatibility run on Ampere and newer, at some cost.
//!
//! See for yourself with `trtexec --loadEngine=FILE` on a GPU of the fleet.
//!
//! Build an engine for each kind of GPU, build it with hardware compatibility (`portable.gpus = true`), or
//! ship the ONNX file and build the engine at the first start.

use super::{Diagnosis, Fix};
use crate::{Engine, Place, Scene, Spec, once::once};
use cuda_compat::ComputeCapability;
use serde::Serialize;

/// A TensorRT engine was built for another GPU than the fleet has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("engine `{engine}` is built for compute capability {built_for}, and does not run on {gpu} ({})", capability.sm())]
pub struct EngineForOtherGpu {
    /// The engine.
    pub engine: String,
    /// The compute capability that it was built for.
    pub built_for: ComputeCapability,
    /// The GPU.
    pub gpu: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// Where it is written.
    pub place: Place,
}

impl EngineForOtherGpu {
    pub(super) const CODE: &str = "image/engine-for-other-gpu";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(spec) = scene.spec else { return Vec::new() };
        let mut found = Vec::new();
        for (name, image) in &spec.images {
            for (index, engine) in image.engines.iter().enumerate() {
                let Ok(built_for) = engine.gpu.parse::<ComputeCapability>() else { continue };
                // An engine for each kind of GPU is fine: one of them has to fit.
                let others = image.engines.iter().filter(|other| twin(&other.path) == twin(&engine.path));
                let runs_somewhere = |capability| {
                    others.clone().any(|other| runs(other, capability))
                };
                let without = scene.fleet.gpus.iter().filter(|gpu| {
                    !runs(engine, gpu.capability) && !runs_somewhere(gpu.capability)
                });
                let place = Spec::place_of(name).inner("engines").inner(index);
                found.extend(without.map(|gpu| Self {
                    engine: engine.path.clone(),
                    built_for,
                    gpu: gpu.name.clone(),
                    capability: gpu.capability,
                    place: place.inner("gpu"),
                }));
            }
        }
        once(found)
    }
}

impl Diagnosis for EngineForOtherGpu {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(format!(
                "build an engine on {} as well, and name both with the capability in the file name",
                self.gpu
            )),
            Fix::by_hand("or build it with hardware compatibility and write `portable = { gpus = true }`"),
            Fix::by_hand("or ship the ONNX file and build the engine at the first start"),
        ]
    }
}

/// Hardware compatibility reaches from Ampere up.
fn runs(engine: &Engine, capability: ComputeCapability) -> bool {
    let Ok(built_for) = engine.gpu.parse::<ComputeCapability>() else { return true };
    let ampere = ComputeCapability::new(8, 0);
    built_for == capability
        || (engine.portable.gpus && built_for >= ampere && capability >= ampere)
}

/// The name of an engine without what tells its GPU: `model` of `models/model-sm89.engine`.
fn twin(path: &str) -> String {
    let lower = path.to_lowercase();
    let marks = |word: &&str| !word.starts_with("sm") && !word.chars().all(|c| c.is_ascii_digit());
    lower.split(['-', '_', '.']).filter(marks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(gpus: &str, engines: &str, expected: &[&str]) {
        let text = format!(
            "[cuda]\nversion = '12.6'\nos = 'ubuntu22.04'\ngpus = [{gpus}]\n\
             [image.prod]\nbase = 'runtime'\nengines = [{engines}]"
        );
        let found = example::spec(&text, EngineForOtherGpu::find);
        let gpus: Vec<&str> = found.iter().map(|found| found.gpu.as_str()).collect();
        assert_eq!(gpus, expected, "{engines}");
    }

    #[test]
    fn compares_with_the_fleet() {
        let engine = |path: &str, gpu: &str, more: &str| {
            format!("{{ path = '{path}', gpu = '{gpu}', tensorrt = '10.3'{more} }}")
        };
        let fleet = "'RTX 4060', 'H200'";
        check(fleet, &engine("a.engine", "8.9", ""), &["H200"]);
        check(fleet, &engine("a.engine", "8.6", ""), &["RTX 4060", "H200"]);
        check(fleet, &engine("a.engine", "8.9", ", portable = { gpus = true }"), &[]);
        check("'7.5'", &engine("a.engine", "8.9", ", portable = { gpus = true }"), &[
            "compute capability 7.5",
        ]);
        let both = [engine("a-sm89.engine", "8.9", ""), engine("a-sm90.engine", "9.0", "")];
        check(fleet, &both.join(", "), &[]);
        check("", &engine("a.engine", "8.9", ""), &[]);
    }
}
