//! `LD_LIBRARY_PATH` is set without what the base image has in it.
//!
//! NVIDIA's images set `LD_LIBRARY_PATH` to the folders of the driver that the container toolkit mounts
//! and of CUDA. `ENV LD_LIBRARY_PATH=/opt/lib` throws that away: on some machines CUDA then finds no
//! driver, on others a library of another version comes first.
//!
//! See for yourself with `docker run --rm IMAGE printenv LD_LIBRARY_PATH`.
//!
//! Append to what is there: `ENV LD_LIBRARY_PATH=/opt/lib:${LD_LIBRARY_PATH}`. Better still, tell the
//! loader with a file in `/etc/ld.so.conf.d` and `ldconfig`.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Scene, dockerfile::Kind};
use serde::Serialize;

/// `LD_LIBRARY_PATH` is set without what the base image has in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`LD_LIBRARY_PATH` loses the folders that the base image has in it")]
pub struct LibraryPathOverwritten {
    /// What is set.
    pub value: String,
    /// Where it is written.
    pub place: Place,
}

impl LibraryPathOverwritten {
    pub(super) const CODE: &str = "image/library-path-overwritten";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let mut found = Vec::new();
        for (index, recipe) in scene.recipes.iter().enumerate() {
            let is_nvidia = match &recipe.base.value {
                Base::Cuda { .. } => true,
                Base::Other(reference) => {
                    reference.registry.as_deref() == Some("nvcr.io")
                        && reference.path.starts_with("nvidia/")
                }
                Base::Scratch | Base::Open(_) => false,
            };
            if !is_nvidia {
                continue;
            }
            for instruction in file.of_stage(index) {
                let Kind::Env(pairs) = &instruction.kind else { continue };
                for pair in pairs.iter().filter(|pair| pair.name.text == "LD_LIBRARY_PATH") {
                    let Some(value) = &pair.value else { continue };
                    let keeps = ["LD_LIBRARY_PATH", "/usr/local/nvidia", "/usr/local/cuda"]
                        .iter()
                        .any(|part| value.text.contains(part) || pair.written.contains(part));
                    if !keeps {
                        found.push(Self {
                            value: value.text.clone(),
                            place: file.place(pair.name.span.start),
                        });
                    }
                }
            }
        }
        found
    }
}

impl Diagnosis for LibraryPathOverwritten {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let text = match self.value.as_str() {
            "" => "leave the line out".to_owned(),
            value => format!("write `ENV LD_LIBRARY_PATH={value}:${{LD_LIBRARY_PATH}}`"),
        };
        vec![Fix::by_hand(text)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_what_is_kept() {
        let check = |from: &str, env: &str, expected: usize| {
            let text = format!("FROM {from}\n{env}\n");
            let found = example::dockerfile(&text, LibraryPathOverwritten::find);
            assert_eq!(found.len(), expected, "{text}");
        };
        let cuda = "nvidia/cuda:12.6.3-runtime-ubuntu22.04";
        check(cuda, "ENV LD_LIBRARY_PATH=/opt/lib", 1);
        check(cuda, "ENV LD_LIBRARY_PATH /opt/lib", 1);
        check("nvcr.io/nvidia/pytorch:24.05-py3", "ENV LD_LIBRARY_PATH=/x", 1);
        check(cuda, "ENV LD_LIBRARY_PATH=/opt/lib:$LD_LIBRARY_PATH", 0);
        check(cuda, "ENV LD_LIBRARY_PATH=/a:${LD_LIBRARY_PATH:-/b}", 0);
        check(cuda, "ENV LD_LIBRARY_PATH=/usr/local/cuda/lib64:/opt/lib", 0);
        check("ubuntu:22.04", "ENV LD_LIBRARY_PATH=/opt/lib", 0);
    }
}
