//! An image holds a TensorRT engine and nothing that asks for TensorRT.
//!
//! An engine is of no use without the TensorRT that built it. It may come with a package of the
//! distribution or with another base; where it comes from nowhere, the first start fails with
//! `No module named 'tensorrt'` or `libnvinfer.so.10: cannot open shared object file`.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'ldconfig -p | grep nvinfer'`.
//!
//! Add `tensorrt` to `[frameworks]`, at the version that built the engine.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use cuda_compat::Framework;
use serde::Serialize;

/// An image holds a TensorRT engine and nothing that asks for TensorRT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("image `{image}` holds an engine of TensorRT {tensorrt}, and nothing in it asks for TensorRT")]
pub struct EngineWithoutTensorrt {
    /// The image.
    pub image: String,
    /// The TensorRT that built its engine.
    pub tensorrt: String,
    /// Where it is written.
    pub place: Place,
}

impl EngineWithoutTensorrt {
    pub(super) const CODE: &str = "image/engine-without-tensorrt";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(spec) = scene.spec else { return Vec::new() };
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let image = spec.images.get(&recipe.name);
            let Some(engine) = image.and_then(|image| image.engines.first()) else { continue };
            let by_pip = recipe.pip.iter().any(|it| {
                let name = it.value.requirement.name.as_ref();
                Framework::of_package(name) == Some(Framework::Tensorrt) || name.contains("torch-tensorrt")
            });
            let by_apt = recipe.apt.iter().any(|it| {
                it.value.name.contains("tensorrt") || it.value.name.starts_with("libnvinfer")
            });
            // Another base may hold it.
            if by_pip || by_apt || recipe.cuda_tag().is_none() {
                continue;
            }
            // A requirements file that was not read may ask for it.
            if image.is_some_and(|image| !image.requirements.is_empty()) && recipe.pip.is_empty() {
                continue;
            }
            found.push(Self {
                image: recipe.name.clone(),
                tensorrt: engine.tensorrt.clone(),
                place: recipe.place.inner("engines").inner(0),
            });
        }
        found
    }
}

impl Diagnosis for EngineWithoutTensorrt {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!("write `tensorrt = \"{}\"` in `[frameworks]`", self.tensorrt))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn looks_for_tensorrt() {
        let check = |keys: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n[image.prod]\n{keys}"
            );
            let found = example::spec(&text, EngineWithoutTensorrt::find);
            assert_eq!(found.len(), expected, "{keys}");
        };
        let engine = "engines = [{ path = 'a.engine', gpu = '8.9', tensorrt = '10.3' }]";
        check(&format!("base = 'runtime'\n{engine}"), 1);
        check(&format!("base = 'runtime'\npip = ['tensorrt-cu12==10.3.0']\n{engine}"), 0);
        check(&format!("base = 'runtime'\napt = ['libnvinfer10']\n{engine}"), 0);
        check(&format!("base = 'nvcr.io/nvidia/tensorrt:24.10-py3'\n{engine}"), 0);
        check("base = 'runtime'", 0);
    }
}
