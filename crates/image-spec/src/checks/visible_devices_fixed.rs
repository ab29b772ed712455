//! The image says which GPUs its containers see.
//!
//! Which GPUs a container gets is decided where it is started: with `--gpus`, by the cluster, or with
//! `-e CUDA_VISIBLE_DEVICES`. A number or a UUID in the image holds on the machine that its author had:
//! elsewhere the container sees the wrong GPU, one of eight, or none. An empty `CUDA_VISIBLE_DEVICES`,
//! and `-1`, hide all GPUs.
//!
//! See for yourself with `docker run --rm --gpus all IMAGE printenv CUDA_VISIBLE_DEVICES`.
//!
//! Leave it out of the image. `NVIDIA_VISIBLE_DEVICES=all`, as the base images have it, is fine.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, dockerfile::Kind};
use serde::Serialize;

/// The image says which GPUs its containers see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{name}={value}` in the image decides which GPUs every container sees")]
pub struct VisibleDevicesFixed {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it is written.
    pub place: Place,
}

impl VisibleDevicesFixed {
    pub(super) const CODE: &str = "image/visible-devices-fixed";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let mut found = Vec::new();
        for instruction in &file.instructions {
            let Kind::Env(pairs) = &instruction.kind else { continue };
            for pair in pairs {
                let Some(value) = pair.value.as_ref().filter(|value| !value.open) else { continue };
                let name = pair.name.text.as_str();
                let is_fixed = match name {
                    "CUDA_VISIBLE_DEVICES" => !matches!(value.text.as_str(), "all"),
                    // Of these words the container toolkit makes everything or nothing, on purpose.
                    "NVIDIA_VISIBLE_DEVICES" => {
                        !matches!(value.text.as_str(), "all" | "none" | "void" | "")
                    }
                    _ => false,
                };
                if is_fixed {
                    found.push(Self {
                        name: name.to_owned(),
                        value: value.text.clone(),
                        place: file.place(pair.name.span.start),
                    });
                }
            }
        }
        found
    }
}

impl Diagnosis for VisibleDevicesFixed {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let name = &self.name;
        vec![Fix::by_hand(format!("leave `{name}` out, and choose with `docker run --gpus`"))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_fixed_devices() {
        let check = |env: &str, expected: usize| {
            let text = format!("FROM a\nARG GPU\n{env}\n");
            let found = example::dockerfile(&text, VisibleDevicesFixed::find);
            assert_eq!(found.len(), expected, "{text}");
        };
        check("ENV CUDA_VISIBLE_DEVICES=0", 1);
        check("ENV NVIDIA_VISIBLE_DEVICES=GPU-8f6d", 1);
        check("ENV NVIDIA_VISIBLE_DEVICES 0,1", 1);
        check("ENV CUDA_VISIBLE_DEVICES=-1", 1);
        check("ENV NVIDIA_VISIBLE_DEVICES=all", 0);
        check("ENV NVIDIA_VISIBLE_DEVICES=void", 0);
        check("ENV CUDA_VISIBLE_DEVICES=$GPU", 0);
        check("RUN CUDA_VISIBLE_DEVICES= python x.py", 0);
    }
}
