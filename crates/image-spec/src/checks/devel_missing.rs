//! Something in the image is compiled, and the base has no compiler and no headers of CUDA.
//!
//! The flavours `base` and `runtime` of `nvidia/cuda` hold shared libraries only. `nvcc`, the headers
//! (`cuda_runtime.h`) and the import libraries are in `devel` alone, so that the build ends with
//! `nvcc: not found` or `cuda_runtime.h: No such file or directory`.
//!
//! See for yourself with `docker run --rm IMAGE which nvcc`.
//!
//! Compile in a stage on the `devel` flavour and copy the result; or take `devel` for an image that is not
//! shipped.

use super::{Diagnosis, Fix};
use crate::{Place, Recipe, Scene, once::once};
use cuda_compat::Flavour;
use serde::Serialize;

/// Something in the image is compiled, and the base has no compiler of CUDA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{what} needs CUDA's compiler or headers, and the flavour `{flavour}` has none")]
pub struct DevelMissing {
    /// What is compiled.
    pub what: String,
    /// The flavour of the base.
    pub flavour: Flavour,
    /// The image of the config that begins with that base; `None` in a Dockerfile.
    pub root: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl DevelMissing {
    pub(super) const CODE: &str = "image/devel-missing";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let Some(flavour) = recipe.cuda_tag().map(|tag| tag.flavour) else { continue };
            let installs_nvcc = recipe.apt.iter().any(|it| brings_nvcc(&it.value.name));
            if flavour == Flavour::Devel || installs_nvcc {
                continue;
            }
            let root = scene.spec.map(|_| root(scene, recipe).name.clone());
            found.extend(recipe.compiles.iter().map(|what| Self {
                what: what.value.clone(),
                flavour,
                root: root.clone(),
                place: what.place.clone(),
            }));
        }
        once(found)
    }
}

impl Diagnosis for DevelMissing {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        if let Some(root) = &self.root {
            let text = format!(
                "write `base = \"devel\"` into `[image.{root}]`, which this begins with; where that is \
                 shipped, let an image of its own compile instead, without `from`"
            );
            return vec![Fix::by_hand(text)];
        }
        vec![
            Fix::by_hand("compile in a stage on the `devel` flavour, and copy the result from it"),
            Fix::by_hand("or take the `devel` flavour here, if the image is not shipped"),
        ]
    }
}

/// The image that the base is written for: only it may name one.
fn root<'s>(scene: &'s Scene<'_>, recipe: &'s Recipe) -> &'s Recipe {
    let parent = |recipe: &&'s Recipe| recipe.parent.and_then(|at| scene.recipes.get(at));
    std::iter::successors(Some(recipe), parent).last().unwrap_or(recipe)
}

fn brings_nvcc(package: &str) -> bool {
    let starts = ["cuda-nvcc", "cuda-toolkit", "cuda-compiler", "nvidia-cuda-toolkit", "cuda-12"];
    starts.iter().any(|start| package.starts_with(start)) || package == "cuda"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn wheels_of_a_folder_need_no_compiler() {
        let check = |options: &str, expected: usize| {
            let text = format!(
                "FROM nvidia/cuda:12.6.3-base-ubuntu22.04\nRUN pip3 install {options} flash-attn\n"
            );
            let found = example::dockerfile(&text, DevelMissing::find);
            assert_eq!(found.len(), expected, "{options}");
        };
        check("", 1);
        check("--no-index --find-links=/wheels", 0);
        check("--no-index --find-links=/wheels --no-binary :all:", 1);
    }

    #[test]
    fn a_child_has_the_base_of_its_root() {
        let text = "[cuda]\nversion = '12.6'\nos = 'ubuntu22.04'\n[image.prod]\n[image.test]\nfrom = 'prod'\n\
                    [image.dev]\nfrom = 'test'\ncompiles = true";
        let found = example::spec(text, DevelMissing::find);
        let fix = &found[0].fixes()[0].text;
        assert!(fix.starts_with("write `base = \"devel\"` into `[image.prod]`"), "{fix}");
    }

    #[test]
    fn compares_with_the_flavour() {
        let check = |keys: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '12.6'\nos = 'ubuntu22.04'\n[image.prod]\ncompiles = true\n{keys}"
            );
            let found = example::spec(&text, DevelMissing::find);
            assert_eq!(found.len(), expected, "{keys}");
        };
        check("base = 'runtime'", 1);
        check("base = 'base'", 1);
        check("base = 'devel'", 0);
        check("", 0);
        check("base = 'runtime'\napt = ['cuda-nvcc-12-6']", 0);
        check("base = 'python:3.11'", 0);
    }
}
