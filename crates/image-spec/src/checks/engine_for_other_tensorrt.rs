//! A TensorRT engine was built with another TensorRT than the image holds.
//!
//! An engine is read by the version of TensorRT that built it, and by no other:
//! `Version tag does not match`. Engines that are built with version compatibility are read by later minor
//! versions of the same major.
//!
//! See for yourself with `python -c "import tensorrt; print(tensorrt.__version__)"` in the image.
//!
//! Pin TensorRT to the version that built the engine, or build the engine again.

use super::{Diagnosis, Fix};
use crate::{
    Engine, Place, Scene,
    installs::{Install, installs},
    once::once,
};
use cuda_compat::Framework;
use serde::Serialize;

/// A TensorRT engine was built with another TensorRT than the image holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("engine `{engine}` is built with TensorRT {built_with}, and the image holds {has}")]
pub struct EngineForOtherTensorrt {
    /// The engine.
    pub engine: String,
    /// The TensorRT that built it.
    pub built_with: String,
    /// The TensorRT of the image.
    pub has: String,
    /// Where it is written.
    pub place: Place,
}

impl EngineForOtherTensorrt {
    pub(super) const CODE: &str = "image/engine-for-other-tensorrt";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(spec) = scene.spec else { return Vec::new() };
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let Some(image) = spec.images.get(&recipe.name) else { continue };
            let installs = installs(recipe);
            let tensorrt = installs.iter().find(|it| it.framework == Framework::Tensorrt);
            let Some(pick) = tensorrt.and_then(Install::pick) else { continue };
            for (index, engine) in image.engines.iter().enumerate() {
                if reads(pick.version.release(), engine) {
                    continue;
                }
                found.push(Self {
                    engine: engine.path.clone(),
                    built_with: engine.tensorrt.clone(),
                    has: pick.version.to_string(),
                    place: recipe.place.inner("engines").inner(index).inner("tensorrt"),
                });
            }
        }
        once(found)
    }
}

impl Diagnosis for EngineForOtherTensorrt {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(format!("pin TensorRT to {} in `[frameworks]`", self.built_with)),
            Fix::by_hand(format!("or build the engine with TensorRT {}", self.has)),
        ]
    }
}

/// Whether that TensorRT reads the engine: the same in every part that both name.
fn reads(installed: &[u64], engine: &Engine) -> bool {
    let built: Option<Vec<u64>> = engine.tensorrt.split('.').map(|part| part.parse().ok()).collect();
    let Some(built) = built else { return true };
    // Builds of one patch read each other's engines.
    let same = built.iter().zip(installed).take(3).all(|(one, other)| one == other);
    let later = built.first() == installed.first() && built.as_slice() <= installed;
    same || (engine.portable.versions && later)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_the_image() {
        let check = |tensorrt: &str, engine: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                 [frameworks]\ntensorrt = '{tensorrt}'\n[image.prod]\nbase = 'base'\n\
                 engines = [{{ path = 'a.engine', gpu = '8.9', {engine} }}]"
            );
            let found = example::spec(&text, EngineForOtherTensorrt::find);
            assert_eq!(found.len(), expected, "{tensorrt} {engine}: {found:?}");
        };
        check("10.3", "tensorrt = '10.3'", 0);
        check("10.3", "tensorrt = '10.4'", 1);
        check("10.7", "tensorrt = '10.3', portable = { versions = true }", 0);
        check("10.3", "tensorrt = '10.7', portable = { versions = true }", 1);
        check("10.7", "tensorrt = '8.6', portable = { versions = true }", 1);
    }

    #[test]
    fn an_image_without_tensorrt_is_not_compared() {
        let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [image.prod]\nbase = 'runtime'\n\
                    engines = [{ path = 'a.engine', gpu = '8.9', tensorrt = '10.3' }]";
        assert_eq!(example::spec(text, EngineForOtherTensorrt::find), []);
    }
}
