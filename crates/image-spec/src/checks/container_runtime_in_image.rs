//! The NVIDIA Container Toolkit is installed in the image.
//!
//! `nvidia-container-toolkit`, `nvidia-docker2` and `libnvidia-container` belong to the host: they let its
//! container engine hand GPUs into containers. Inside of an image they do nothing. An exception is an image
//! that itself starts containers.
//!
//! See for yourself: `docker run --rm --gpus all IMAGE nvidia-smi` works without them.
//!
//! Take the packages out, and install them on the host.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{histories, once};
use serde::Serialize;

/// The NVIDIA Container Toolkit is installed in the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` belongs to the host and does nothing in an image")]
pub struct ContainerRuntimeInImage {
    /// The package.
    pub package: String,
    /// Where it is written.
    pub place: Place,
}

impl ContainerRuntimeInImage {
    pub(super) const CODE: &str = "image/container-runtime-in-image";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let starts_containers = history.package_names().iter().any(|name| {
                matches!(*name, "docker.io" | "docker-ce" | "containerd" | "containerd.io" | "podman")
            });
            if starts_containers {
                continue;
            }
            for (_, installed) in history.packages() {
                for package in &installed.packages {
                    if START.iter().any(|start| package.name.starts_with(start)) {
                        let place = history.file.place(package.span.start);
                        once(&mut found, Self { package: package.name.to_owned(), place });
                    }
                }
            }
        }
        found
    }
}

/// How the names of its packages begin.
const START: [&str; 4] =
    ["libnvidia-container", "nvidia-container-runtime", "nvidia-container-toolkit", "nvidia-docker"];

impl Diagnosis for ContainerRuntimeInImage {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!("take `{}` out and install it on the host", self.package))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, ContainerRuntimeInImage::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\n";
        check(&format!("{base}RUN apt-get install -y nvidia-container-toolkit nvidia-docker2\n"), 2);
        check(&format!("{base}RUN apt-get install -y git\n"), 0);
        check(&format!("{base}RUN apt-get install -y docker.io nvidia-container-toolkit\n"), 0);
    }
}
