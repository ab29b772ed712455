//! This package has no wheel, so pip compiles it while the image is built.
//!
//! `pip install cupy` compiles CuPy for half an hour where `cupy-cuda12x` is a wheel; PyCUDA, Horovod and
//! FlashAttention come as source as well. The build needs `nvcc`, headers and a host compiler, the result
//! depends on the CUDA of the build stage, and what is compiled for the GPUs of that day runs on no others.
//!
//! See for yourself with `pip download --no-deps --only-binary :all: PACKAGE`: it finds nothing.
//!
//! Take the package that has wheels; where there is none, compile in a stage of its own on the `devel`
//! flavour and copy the result.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Scene, once::once};
use cuda_compat::Flavour;
use serde::Serialize;

/// This package has no wheel, so pip compiles it while the image is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` comes as source and is compiled in the build{end}",
    end = if *fails { ", and the base has no `nvcc` for it" } else { "" })]
pub struct SourceBuild {
    /// The package.
    pub package: String,
    /// The wheel to take instead.
    pub instead: Option<String>,
    /// Whether the base has no compiler for it.
    pub fails: bool,
    /// Where it is written.
    pub place: Place,
}

impl SourceBuild {
    pub(super) const CODE: &str = "image/source-build";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let flavour = recipe.cuda_tag().map(|tag| tag.flavour);
            // What lies in a folder as a wheel was compiled before.
            let fetched = recipe.pip.iter().filter(|it| !it.value.is_from_folder());
            let asked = fetched.filter(|it| it.value.requirement.version_or_url.as_ref().is_none_or(
                |it| matches!(it, pep508_rs::VersionOrUrl::VersionSpecifier(_)),
            ));
            for asked in asked.filter(|it| FROM_SOURCE.contains(&it.value.requirement.name.as_ref())) {
                let package = asked.value.requirement.name.to_string();
                let is_builder = flavour == Some(Flavour::Devel) && !recipe.is_shipped();
                // What has no wheel at all is compiled where it should be.
                if package != "cupy" && is_builder {
                    continue;
                }
                let cuda = recipe.cuda.as_ref().map(|cuda| cuda.value.major);
                let instead = (package == "cupy").then_some(cuda).flatten();
                found.push(Self {
                    package,
                    instead: instead.map(|major| format!("cupy-cuda{major}x")),
                    fails: flavour.is_some_and(|flavour| flavour != Flavour::Devel)
                        || is_runtime_of_pytorch(&recipe.base.value),
                    place: asked.place.clone(),
                });
            }
        }
        once(found)
    }
}

impl Diagnosis for SourceBuild {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let instead = self.instead.as_ref().map(|instead| format!("write `{instead}`, which is a wheel"));
        let compile = "compile it in a stage of its own on the `devel` flavour, and copy the result";
        Fix::alternatives(instead.into_iter().chain([compile.to_owned()]))
    }
}

/// `pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime` has no `nvcc`, like the flavour of NVIDIA.
fn is_runtime_of_pytorch(base: &Base) -> bool {
    let Base::Other(reference) = base else { return false };
    let is_pytorch = reference.path == "pytorch/pytorch" || reference.path.ends_with("/pytorch/pytorch");
    is_pytorch && reference.tag.as_deref().is_some_and(|tag| tag.ends_with("-runtime"))
}

/// Packages that use CUDA and have no wheels on PyPI.
const FROM_SOURCE: [&str; 4] = ["cupy", "flash-attn", "horovod", "pycuda"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn wheels_of_a_folder_are_compiled_already() {
        let check = |options: &str, expected: usize| {
            let text = format!(
                "FROM nvidia/cuda:12.6.3-base-ubuntu22.04\nRUN pip3 install {options} flash-attn\n"
            );
            let found = example::dockerfile(&text, SourceBuild::find);
            assert_eq!(found.len(), expected, "{options}");
        };
        check("", 1);
        check("--find-links=https://example.com/wheels", 1);
        check("--no-index --find-links=/wheels", 0);
        check("--no-index -f wheels/", 0);
        check("--find-links=/wheels", 0);
    }

    #[test]
    fn knows_what_has_no_wheel() {
        let check = |base: &str, package: &str, expected: Option<&str>| {
            let text = format!(
                "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                 [image.prod]\nbase = '{base}'\npip = ['{package}']"
            );
            let found = example::spec(&text, SourceBuild::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{base} {package}");
        };
        check("devel", "cupy", Some("`cupy` comes as source and is compiled in the build"));
        check(
            "runtime",
            "cupy>=13",
            Some(
                "`cupy` comes as source and is compiled in the build, and the base has no `nvcc` for it",
            ),
        );
        check("runtime", "cupy-cuda12x", None);
        check("devel", "pycuda @ https://example.com/pycuda.whl", None);
    }
    #[test]
    fn the_runtime_image_of_pytorch_has_no_compiler() {
        let check = |tag: &str, expected: bool| {
            let text = format!("FROM pytorch/pytorch:{tag}\nRUN pip install flash-attn\n");
            let found = example::dockerfile(&text, SourceBuild::find);
            assert_eq!(found[0].fails, expected, "{tag}");
        };
        check("2.5.1-cuda12.4-cudnn9-runtime", true);
        check("2.5.1-cuda12.4-cudnn9-devel", false);
    }
}
