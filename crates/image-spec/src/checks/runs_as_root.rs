//! The image that is shipped runs as root.
//!
//! Without `USER` a container's program is root: a fault in it can write everything in the container
//! and whatever is mounted into it, and many clusters refuse to start such an image
//! (`runAsNonRoot`). Nothing that a GPU needs is root's: the devices can be opened by everybody.
//!
//! See for yourself with `docker run --rm --entrypoint id IMAGE`.
//!
//! Make a user and switch to it at the end. A number, as in `USER 10001`, lets Kubernetes see that it
//! is not root.

use super::{Diagnosis, Fix};
use crate::{
    Base, Dockerfile, Place, Scene,
    dockerfile::Kind,
};
use serde::Serialize;

/// The image that is shipped runs as root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the image `{image}` runs as root")]
pub struct RunsAsRoot {
    /// The image or stage.
    pub image: String,
    /// Whether it is written, as `USER root`.
    pub is_written: bool,
    /// The user that is written, else where the image begins.
    pub place: Place,
}

impl RunsAsRoot {
    pub(super) const CODE: &str = "image/runs-as-root";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for (stage, recipe) in scene.recipes.iter().enumerate() {
            if !recipe.is_shipped() {
                continue;
            }
            let is_root = match &recipe.user {
                Some(user) => matches!(user.value.split(':').next(), Some("root" | "0")),
                None => begins_as_root(&recipe.base.value),
            };
            if !is_root || scene.dockerfile.is_some_and(|file| drops_root(file, stage)) {
                continue;
            }
            let place = recipe.user.as_ref().map_or(&recipe.place, |user| &user.place).clone();
            if found.iter().all(|found| found.place != place) {
                found.push(Self { image: recipe.name.clone(), is_written: recipe.user.is_some(), place });
            }
        }
        found
    }
}

/// Whether the base is one that is known to have no user of its own.
fn begins_as_root(base: &Base) -> bool {
    match base {
        Base::Cuda { .. } => true,
        Base::Other(reference) => {
            let path = reference.path.strip_prefix("library/").unwrap_or(&reference.path);
            path.starts_with("nvidia/l4t-") || ROOT_BASES.contains(&path)
        }
        // Without an `/etc/passwd` there is nobody to be.
        Base::Scratch | Base::Open(_) => false,
    }
}

/// Images whose own Dockerfile or layers switch to no user; sorted. Where that is not known, as for most
/// images, nothing is said.
///
/// Sources, 2026-11-24: the official images of the distributions and of Python; `conda-forge/miniforge-images`
/// and `ContinuumIO/docker-images` (no `USER`); of PyTorch, TensorFlow and NVIDIA, public Dockerfiles that
/// install with apt right after `FROM`.
const ROOT_BASES: [&str; 17] = [
    "almalinux",
    "alpine",
    "condaforge/mambaforge",
    "condaforge/miniforge3",
    "continuumio/anaconda3",
    "continuumio/miniconda3",
    "debian",
    "fedora",
    "nvidia/pytorch",
    "nvidia/tensorflow",
    "nvidia/tensorrt",
    "nvidia/tritonserver",
    "python",
    "pytorch/pytorch",
    "rockylinux",
    "tensorflow/tensorflow",
    "ubuntu",
];

/// Whether a program that gives up being root is installed: the entrypoint then calls it.
fn drops_root(file: &Dockerfile, stage: usize) -> bool {
    const PROGRAMS: [&str; 3] = ["gosu", "setpriv", "su-exec"];
    let text = |kind: &Kind| match kind {
        Kind::Run(run) => PROGRAMS.iter().any(|program| run.text.contains(program)),
        Kind::Copy(copied) => copied.sources.iter().any(|word| {
            PROGRAMS.iter().any(|program| word.text.ends_with(program))
        }),
        Kind::Entrypoint(words) | Kind::Cmd(words) => words.words.iter().any(|word| {
            PROGRAMS.contains(&word.text.rsplit('/').next().unwrap_or_default())
        }),
        _ => false,
    };
    file.lineage(stage)
        .any(|stage| file.of_stage(stage).iter().any(|instruction| text(&instruction.kind)))
}

impl Diagnosis for RunsAsRoot {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        match &self.place {
            Place::Key { .. } => vec![Fix::by_hand("set `user = \"10001:10001\"`")],
            Place::File { .. } if self.is_written => {
                vec![Fix::by_hand("switch back with `USER 10001` below what needs root")]
            }
            Place::File { .. } => vec![Fix::by_hand(
                "add `RUN useradd --uid 10001 --create-home app` and, at the end, `USER 10001`",
            )],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_root() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, RunsAsRoot::find);
            assert_eq!(found.len(), expected, "{text}");
        };
        let cuda = "FROM nvidia/cuda:12.6.3-base-ubuntu22.04";
        check(cuda, 1);
        check(&format!("{cuda}\nUSER app\nRUN a\nUSER root"), 1);
        check(&format!("{cuda}\nUSER 0:0"), 1);
        check(&format!("{cuda} AS prod\nFROM prod AS runtime"), 2);
        check(&format!("{cuda}\nUSER 10001"), 0);
        check(&format!("{cuda} AS b\nUSER app\nFROM b"), 0);
        check(&format!("{cuda} AS dev"), 0);
        check(&format!("{cuda}\nRUN apt-get install -y gosu"), 0);
        check("FROM nvcr.io/nvidia/tritonserver:25.08-py3", 1);
        check("FROM tensorflow/tensorflow:2.16.1-gpu", 1);
        check("FROM continuumio/miniconda3:24.7.1-0", 1);
        check("FROM nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3", 1);
        check("FROM mambaorg/micromamba:2", 0);
        check("FROM nvcr.io/nim/meta/llama:1", 0);
        check("FROM team/base:1", 0);
        check("FROM scratch", 0);
    }
}
