//! A GPU in `[cuda] gpus`: a model that the tables know, or a compute capability.

use cuda_compat::ComputeCapability;
use gpu_probe::GpuWish;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One entry of `[cuda] gpus`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", example = "RTX 4060", example = "9.0")]
pub(crate) struct GpuName(pub(crate) GpuWish);

impl TryFrom<String> for GpuName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if let Ok(capability) = text.parse::<ComputeCapability>() {
            return known_capability(capability).map(GpuWish::Capability).map(Self);
        }
        if !cuda_compat::gpu_models_named(&text).is_empty() {
            return Ok(Self(GpuWish::Model(text)));
        }
        let nearest = nearest_model(&text)
            .map_or(String::new(), |name| format!("; the nearest that it knows is `{name}`"));
        Err(format!(
            "`{text}` is no GPU model that altlas knows{nearest}; a compute capability such as \
             `8.9` works for every GPU"
        ))
    }
}

impl From<GpuName> for String {
    fn from(name: GpuName) -> Self {
        match name.0 {
            GpuWish::Model(model) => model,
            GpuWish::Capability(capability) => capability.to_string(),
        }
    }
}

fn known_capability(capability: ComputeCapability) -> Result<ComputeCapability, String> {
    match cuda_compat::architecture(capability) {
        Some(_) => Ok(capability),
        None => Err(format!("no GPU has the compute capability {capability}")),
    }
}

/// The model whose name, without the maker's, is nearest.
fn nearest_model(text: &str) -> Option<&'static str> {
    let short = |name: &'static str| {
        let name = name.strip_prefix("NVIDIA ").unwrap_or(name);
        name.strip_prefix("GeForce ").unwrap_or(name)
    };
    let wish = text.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&wish, &name.to_lowercase());
    let names = cuda_compat::gpu_models().iter().map(|model| short(&model.name));
    names.min_by_key(|name| distance(name)).filter(|name| distance(name) <= 3)
}
