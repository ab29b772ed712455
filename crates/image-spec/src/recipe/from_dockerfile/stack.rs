//! CUDA and cuDNN that come as packages, where the base image has none.

use super::Recipe;
use crate::{
    Dockerfile, Placed,
    dockerfile::{Conda, Packages, ShellCommand},
};
use cuda_compat::{CudaVersion, CudnnVersion};

pub(super) fn add(file: &Dockerfile, command: &ShellCommand, recipe: &mut Recipe) {
    let installed = Packages::of(command);
    if let Some(found) = installed.filter(|it| recipe.base.value.may_have(it.manager)) {
        for package in found.packages.iter().filter(|package| !package.open) {
            let place = file.place(package.span.start);
            if recipe.cuda.is_none()
                && let Some(cuda) = cuda_of(package.name)
            {
                recipe.cuda = Some(Placed::new(cuda, place.clone()));
            }
            if recipe.cudnn.is_none()
                && let Some(cudnn) = cudnn_of(package.name, package.version)
            {
                recipe.cudnn = Some(Placed::new(cudnn, place));
            }
        }
    }
    if let Some(found) = Conda::of(command).filter(|_| recipe.cuda.is_none()) {
        let names = ["cudatoolkit", "cuda-toolkit", "pytorch-cuda", "cuda-version"];
        let version = names.iter().find_map(|name| found.version_of(name)?.parse().ok());
        let place = file.place(command.span.start);
        recipe.cuda = version.map(|version| Placed::new(version, place));
    }
}

/// The CUDA of NVIDIA's packages: `cuda-toolkit-12-4`, `cuda-11-8`.
fn cuda_of(name: &str) -> Option<CudaVersion> {
    let mut parts = name.rsplitn(3, '-');
    let (minor, major, kind) = (parts.next()?, parts.next()?, parts.next()?);
    let is_whole = matches!(
        kind,
        "cuda"
            | "cuda-toolkit"
            | "cuda-runtime"
            | "cuda-nvcc"
            | "cuda-libraries"
            | "cuda-compiler"
            | "cuda-libraries-dev"
            | "cuda-minimal-build"
            | "cuda-cudart"
    );
    format!("{major}.{minor}").parse().ok().filter(|_| is_whole)
}

/// The cuDNN of NVIDIA's packages: `libcudnn8=8.9.7.29-1+cuda12.2`, `libcudnn9-cuda-12`.
fn cudnn_of(name: &str, version: Option<&str>) -> Option<CudnnVersion> {
    let rest = name.strip_prefix("libcudnn")?;
    let major = rest.split('-').next().unwrap_or_default();
    let pinned = version.and_then(|version| version.split('-').next()?.parse().ok());
    pinned.or_else(|| major.parse().ok())
}
