//! The CUDA of the base is installed a second time.
//!
//! A `devel` image of `nvidia/cuda` is the toolkit, and a `runtime` image its libraries. Installing the same
//! packages on top costs minutes and up to gigabytes; where the archive has a newer patch, two patches lie in
//! one image.
//!
//! See for yourself with `docker run --rm BASE dpkg -l 'cuda-*'`.
//!
//! Take the package out, or begin with the flavour `base`.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{histories, installed_toolkits, once};
use cuda_compat::{CudaVersion, Flavour};
use serde::Serialize;

/// The CUDA of the base is installed a second time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` is in the base already")]
pub struct ToolkitInstalledTwice {
    /// The package or installer.
    pub package: String,
    /// The base's flavour.
    pub flavour: Flavour,
    /// Where it is written.
    pub place: Place,
}

impl ToolkitInstalledTwice {
    pub(super) const CODE: &str = "image/toolkit-installed-twice";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let Some(tag) = history.cuda_tag() else { continue };
            for toolkit in installed_toolkits(&history) {
                let is_same = toolkit.cuda.map(CudaVersion::minor_line) == Some(tag.cuda.minor_line());
                let is_there = match tag.flavour {
                    Flavour::Devel => true,
                    Flavour::Runtime => !toolkit.compiler,
                    Flavour::Base => false,
                };
                if is_same && is_there {
                    let place = history.file.place(toolkit.span.start);
                    once(&mut found, Self { package: toolkit.name, flavour: tag.flavour, place });
                }
            }
        }
        found
    }
}

impl Diagnosis for ToolkitInstalledTwice {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!("take `{}` out: `{}` has it", self.package, self.flavour))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, ToolkitInstalledTwice::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-devel-ubuntu22.04\n";
        check(&format!("{base}RUN apt-get install -y cuda-toolkit-12-8\n"), 1);
        check(&format!("{base}RUN apt-get install -y cuda-toolkit-12-4\n"), 0);
        check(&format!("{base}RUN apt-get install -y cuda-nsight-compute-12-8\n"), 0);
        let runtime = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\n";
        check(&format!("{runtime}RUN apt-get install -y cuda-libraries-12-8\n"), 1);
        check(&format!("{runtime}RUN apt-get install -y cuda-toolkit-12-8\n"), 0);
        check("FROM ubuntu:22.04\nRUN apt-get install -y cuda-toolkit-12-8\n", 0);
    }
}
