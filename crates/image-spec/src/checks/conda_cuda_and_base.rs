//! Conda brings a CUDA of its own into an image that has one.
//!
//! Packages of Conda do not use the CUDA of the image: `cuda-toolkit`, `cudatoolkit` and `pytorch-cuda` bring
//! all libraries again, into the environment. The `runtime` or `devel` base then costs gigabytes for nothing, and
//! where the two versions differ it is a matter of `LD_LIBRARY_PATH` which of them a program loads.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'find / -name "libcudart.so*"'`.
//!
//! Begin with the flavour `base`, or with a plain image of Conda.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::Conda;
use crate::written::{histories, once};
use cuda_compat::{CudaVersion, Flavour};
use serde::Serialize;

/// Conda brings a CUDA of its own into an image that has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` brings a second CUDA beside the {base} of the base")]
pub struct CondaCudaAndBase {
    /// The package of Conda.
    pub package: String,
    /// The base's CUDA.
    pub base: CudaVersion,
    /// Where it is written.
    pub place: Place,
}

impl CondaCudaAndBase {
    pub(super) const CODE: &str = "image/conda-cuda-and-base";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let Some(tag) = history.cuda_tag().filter(|tag| tag.flavour != Flavour::Base) else {
                continue;
            };
            for (_, command) in history.commands() {
                let Some(conda) = Conda::of(command) else { continue };
                let brings = conda.packages.iter().find(|word| brings_cuda(&word.text));
                let Some(word) = brings else { continue };
                let (package, place) = (word.text.clone(), history.place(word));
                once(&mut found, Self { package, base: tag.cuda, place });
            }
        }
        found
    }
}

fn brings_cuda(spec: &str) -> bool {
    let name = spec.rsplit("::").next().unwrap_or(spec);
    let name = name.split(['=', '<', '>', ' ']).next().unwrap_or(name);
    matches!(name, "cuda" | "cuda-libraries" | "cuda-runtime" | "cuda-toolkit" | "cudatoolkit" | "pytorch-cuda")
}

impl Diagnosis for CondaCudaAndBase {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("begin with the flavour `base`, or with `condaforge/miniforge3`")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, CondaCudaAndBase::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\n";
        check(&format!("{base}RUN conda install -y -c nvidia cuda-toolkit=11.8 python=3.12\n"), 1);
        check(&format!("{base}RUN conda install -y pytorch pytorch-cuda=12.1 -c pytorch -c nvidia\n"), 1);
        check(&format!("{base}RUN mamba create -n a conda-forge::cudatoolkit=11.8\n"), 1);
        check(&format!("{base}RUN conda install -y numpy\n"), 0);
        let small = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{small}RUN conda install -y cuda-toolkit=11.8\n"), 0);
        check("FROM condaforge/miniforge3\nRUN conda install -y cuda-toolkit=11.8\n", 0);
    }
}
