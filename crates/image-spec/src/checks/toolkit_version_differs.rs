//! Another CUDA is installed on top of the one of the base.
//!
//! Which of the two a build or a program finds then depends on `PATH`, `LD_LIBRARY_PATH` and the link
//! `/usr/local/cuda`, which the last package sets. Ubuntu's own `nvidia-cuda-toolkit` is years older than the
//! base (11.5 on 22.04), and `cuda` without a version is whatever is newest on the day of the build.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'ls -d /usr/local/cuda*; nvcc --version'`.
//!
//! Take the base with the CUDA that you need, and install none.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{histories, installed_toolkits, once};
use cuda_compat::CudaVersion;
use serde::Serialize;

/// Another CUDA is installed on top of the one of the base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", sentence(.package, *.cuda, *.base))]
pub struct ToolkitVersionDiffers {
    /// The package or installer.
    pub package: String,
    /// Its CUDA; `None` where it is the newest of the day.
    pub cuda: Option<CudaVersion>,
    /// The base's CUDA.
    pub base: CudaVersion,
    /// Where it is written.
    pub place: Place,
}

impl ToolkitVersionDiffers {
    pub(super) const CODE: &str = "image/toolkit-version-differs";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let Some(base) = history.base_cuda() else { continue };
            for toolkit in installed_toolkits(&history) {
                if toolkit.cuda.map(CudaVersion::minor_line) != Some(base.minor_line()) {
                    let (package, cuda) = (toolkit.name, toolkit.cuda);
                    let place = history.file.place(toolkit.span.start);
                    once(&mut found, Self { package, cuda, base, place });
                }
            }
        }
        found
    }
}

fn sentence(package: &str, cuda: Option<CudaVersion>, base: CudaVersion) -> String {
    match cuda {
        Some(cuda) => format!("`{package}` brings CUDA {cuda}, and the base has {base}"),
        None => format!("`{package}` brings the newest CUDA of the day, and the base has {base}"),
    }
}

impl Diagnosis for ToolkitVersionDiffers {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(match self.cuda {
            Some(cuda) => format!(
                "take `{}` out and keep CUDA {}, or begin with an image of CUDA {cuda}",
                self.package, self.base
            ),
            None => format!("take `{}` out, or write its version", self.package),
        })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, ToolkitVersionDiffers::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-devel-ubuntu22.04\n";
        check(&format!("{base}RUN apt-get install -y cuda-toolkit-12-4\n"), 1);
        check(&format!("{base}RUN apt-get install -y nvidia-cuda-toolkit\n"), 1);
        check(&format!("{base}RUN wget -q https://x/cuda_11.8.0_520.61.05_linux.run\n"), 1);
        check(&format!("{base}RUN apt-get install -y cuda-toolkit\n"), 1);
        check(&format!("{base}RUN apt-get install -y cuda-toolkit-12-8\n"), 0);
        check("FROM ubuntu:22.04\nRUN apt-get install -y nvidia-cuda-toolkit\n", 0);
    }
}
