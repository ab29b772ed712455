//! The image that is shipped holds headers and static libraries of CUDA.
//!
//! Packages such as `libcublas-dev-12-8` and `libcudnn9-dev-cuda-12` are for building: headers, and static
//! libraries that are larger than the shared ones. Nothing is built in this stage, so they only make the
//! image larger by gigabytes.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'find / -name "*_static*.a" | xargs du -ch | tail -1'`.
//!
//! Install the package without `-dev`, or build in a stage of its own and copy what comes out of it.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Scene};
use crate::written::shipped;
use cuda_compat::Flavour;
use serde::Serialize;

/// The image that is shipped holds headers and static libraries of CUDA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` puts headers and static libraries into the image that is shipped")]
pub struct StaticLibrariesLeft {
    /// The package.
    pub package: String,
    /// Where it is written.
    pub place: Place,
}

impl StaticLibrariesLeft {
    pub(super) const CODE: &str = "image/static-libraries-left";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(history) = shipped(scene) else { return Vec::new() };
        let is_devel = history.cuda_tag().is_some_and(|tag| tag.flavour == Flavour::Devel);
        let builds = history.commands().any(|(_, command)| {
            command.is(&["nvcc", "cmake", "make", "ninja", "gcc", "g++", "cargo", "meson", "bazel"])
                || command.has(&["--no-build-isolation", "--no-binary"])
        });
        // On a base that is not known before the build this may be the `devel` image itself.
        let is_open = matches!(history.recipe.base.value, Base::Open(_));
        if is_devel || is_open || builds {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (run, installed) in history.packages() {
            let is_removed = |name: &str| {
                run.commands.iter().any(|command| {
                    command.has(&["remove", "purge", "autoremove"])
                        && command.argument_texts().any(|text| text == name)
                })
            };
            for package in &installed.packages {
                if is_for_building(package.name) && !is_removed(package.name) {
                    let place = history.file.place(package.span.start);
                    found.push(Self { package: package.name.to_owned(), place });
                }
            }
        }
        found
    }
}

/// The libraries of CUDA that come with a `-dev` package.
const LIBRARIES: [&str; 14] = [
    "cuda-cudart", "cuda-libraries", "cuda-nvrtc", "libcublas", "libcudnn", "libcufft", "libcurand",
    "libcusolver", "libcusparse", "libcutensor", "libnccl", "libnpp", "libnvinfer", "libnvjpeg",
];

fn is_for_building(package: &str) -> bool {
    let is_library = LIBRARIES.iter().any(|library| package.starts_with(library));
    is_library && (package.ends_with("-dev") || package.contains("-dev-"))
}

impl Diagnosis for StaticLibrariesLeft {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let runtime = self.package.replacen("-dev", "", 1);
        vec![Fix::by_hand(format!(
            "install `{runtime}`, or move what is built into a stage of its own"
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, StaticLibrariesLeft::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\n";
        check(&format!("{base}RUN apt-get install -y libcublas-dev-12-8 libcudnn9-dev-cuda-12\n"), 2);
        check(&format!("{base}RUN apt-get install -y libcublas-12-8 libssl-dev python3-dev\n"), 0);
        check(&format!("{base}RUN apt-get install -y libnccl-dev && make && apt-get purge -y libnccl-dev\n"), 0);
        check(&format!("{base}RUN apt-get install -y libnccl-dev\nRUN cmake -S . -B b\n"), 0);
        check("ARG BASE\nFROM $BASE\nRUN apt-get install -y libcublas-dev-12-8\n", 0);
        let next = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}RUN apt-get install -y libnccl-dev\n{next}"), 0);
    }
}
