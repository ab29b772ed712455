//! What an image will hold, as far as it is written down.
//!
//! A recipe is made from a section of the specification (`recipe/from_spec.rs`) or from a stage of a
//! Dockerfile (`recipe/from_dockerfile.rs`). The checks see only recipes, so that both are judged by
//! the same facts. Every item knows its [`Place`].

mod from_dockerfile;
mod from_spec;
mod manager;

use crate::{Place, Placed, Reference, Usage};
use cuda_compat::{CudaTag, CudaVersion, CudnnVersion, PythonVersion};
use pep508_rs::Requirement;
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf};

/// What an image will hold. Lists hold what it inherits as well: the parent's items come first.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The name of the image; of a stage without a name, its number.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// What it is for. `None` for a stage of a Dockerfile that is not shipped: others copy from it.
    pub usage: Option<Usage>,
    /// What it begins with, behind all stages that it builds on.
    pub base: Placed<Base>,
    /// The stage or image that it builds on, as an index.
    pub parent: Option<usize>,
    /// The stages or images that it copies from, as indexes.
    pub copies_from: Vec<Placed<usize>>,
    /// The CUDA of its base or its packages; `None` where it has none or that is not known.
    pub cuda: Option<Placed<CudaVersion>>,
    /// The cuDNN of its base or its system packages.
    pub cudnn: Option<Placed<CudnnVersion>>,
    /// The distribution, such as `ubuntu22.04`.
    pub os: Option<Placed<String>>,
    /// The Python that its packages are installed for.
    pub python: Option<Placed<PythonVersion>>,
    /// Where that Python comes from; `None` where that is not known.
    pub python_from: Option<PythonFrom>,
    /// Packages of the distribution.
    pub apt: Vec<Placed<AptPackage>>,
    /// Python packages that are asked for, and not those which they bring.
    pub pip: Vec<Placed<PipRequirement>>,
    /// Files of requirements that are installed, as paths in the build context.
    pub requirements_files: Vec<Placed<RequirementsUse>>,
    /// Environment variables, as they are at the end.
    pub env: BTreeMap<String, Placed<String>>,
    /// Labels.
    pub labels: BTreeMap<String, Placed<String>>,
    /// The user at the end.
    pub user: Option<Placed<String>>,
    /// The program of the health check, with its arguments.
    pub healthcheck: Option<Placed<Vec<String>>>,
    /// The program that it runs.
    pub entrypoint: Option<Placed<Vec<String>>>,
    /// The arguments of that program, or the program.
    pub cmd: Option<Placed<Vec<String>>>,
    /// What is compiled in it that needs CUDA's compiler or headers: `nvcc`, a package's source.
    pub compiles: Vec<Placed<String>>,
}

/// What an image begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// An image of `nvidia/cuda`, from Docker Hub, NGC or a mirror with the same path.
    Cuda {
        /// The whole reference.
        reference: Reference,
        /// Its tag.
        tag: CudaTag,
    },
    /// Any other image.
    Other(Reference),
    /// `scratch`.
    Scratch,
    /// It is not known before the build, as with an `ARG` without a default.
    Open(String),
}

/// Where an image's Python comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PythonFrom {
    /// A package of the distribution's own archive.
    Distribution,
    /// The PPA `deadsnakes`.
    Deadsnakes,
    /// A standalone build that uv installs.
    Uv,
    /// Conda, Mamba or Pixi.
    Conda,
    /// The base image.
    Base,
}

/// A package of the distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AptPackage {
    /// Its name.
    pub name: String,
    /// The version that is pinned.
    pub version: Option<String>,
}

/// A Python package that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PipRequirement {
    /// The name, extras, versions and markers.
    pub requirement: Requirement,
    /// The package index or find-links page that was named with it, such as
    /// `https://download.pytorch.org/whl/cu118`.
    pub index: Option<String>,
    /// Whether it is installed from a lock with hashes.
    pub hashed: bool,
}

/// A file of requirements that is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequirementsUse {
    /// The file, relative to the build context.
    pub path: PathBuf,
    /// The package index or find-links page that is named where it is installed.
    pub index: Option<String>,
}

impl PipRequirement {
    /// Whether it comes from a folder of wheels.
    pub(crate) fn is_from_folder(&self) -> bool {
        self.index.as_deref().is_some_and(crate::dockerfile::is_folder)
    }
}

impl Base {
    /// What a reference names.
    pub(crate) fn of(reference: Reference) -> Self {
        let tag = reference.tag.as_deref().filter(|_| reference.is_nvidia_cuda());
        match tag.and_then(|tag| tag.parse().ok()) {
            Some(tag) => Self::Cuda { reference, tag },
            None => Self::Other(reference),
        }
    }
}

impl Recipe {
    /// An image that holds nothing but its base.
    pub(crate) fn empty(base: Placed<Base>) -> Self {
        let (cuda, os) = match &base.value {
            Base::Cuda { tag, .. } => (Some(tag.cuda), Some(tag.os.clone())),
            Base::Other(_) | Base::Scratch | Base::Open(_) => (None, None),
        };
        let place = base.place.clone();
        Self {
            name: String::new(),
            usage: None,
            parent: None,
            copies_from: Vec::new(),
            cuda: cuda.map(|cuda| Placed::new(cuda, place.clone())),
            cudnn: None,
            os: os.map(|os| Placed::new(os, place.clone())),
            python: None,
            python_from: None,
            apt: Vec::new(),
            pip: Vec::new(),
            requirements_files: Vec::new(),
            env: BTreeMap::new(),
            labels: BTreeMap::new(),
            user: None,
            healthcheck: None,
            entrypoint: None,
            cmd: None,
            compiles: Vec::new(),
            place,
            base,
        }
    }

    /// Adds what the file of requirements `used` asks for; each item keeps its place in that file.
    pub fn add_requirements(
        &mut self,
        used: &RequirementsUse,
        requirements: impl IntoIterator<Item = Placed<PipRequirement>>,
    ) {
        let with_index = requirements.into_iter().map(|mut asked| {
            asked.value.index = asked.value.index.or_else(|| used.index.clone());
            asked
        });
        self.pip.extend(with_index);
    }

    /// Whether it is shipped.
    pub fn is_shipped(&self) -> bool {
        self.usage == Some(Usage::Prod)
    }

    /// The tag of `nvidia/cuda` that it begins with.
    pub fn cuda_tag(&self) -> Option<&CudaTag> {
        match &self.base.value {
            Base::Cuda { tag, .. } => Some(tag),
            Base::Other(_) | Base::Scratch | Base::Open(_) => None,
        }
    }
}
