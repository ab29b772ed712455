//! The specification of images: the sections `[registry]`, `[frameworks]` and `[image.*]` of
//! `altlas.toml`, with what the other sections say that images depend on.
//!
//! The types of the sections are the format: the program embeds them in its config, and the JSON
//! Schema is made from them.

mod door;
mod error;
mod image;
mod name;
mod range;
mod registry;
mod tag;

pub use error::SpecError;
pub use image::{Copy, Engine, Healthcheck, Image, Model, Portable, PythonSource, Usage};
pub use name::ImageName;
pub use range::version_range;
pub use registry::{Registry, Visibility};

use crate::{Fleet, Place};
use cuda_compat::{CudaVersion, CudnnVersion, Framework, PythonVersion};
use pep440_rs::VersionSpecifiers;
use std::collections::BTreeMap;

/// Everything that is said about images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// What the product is.
    pub project: Project,
    /// What its images stand on.
    pub stack: Stack,
    /// What they must run on.
    pub fleet: Fleet,
    /// The frameworks that they hold, with the versions that are allowed.
    pub frameworks: BTreeMap<Framework, VersionSpecifiers>,
    /// Where they go.
    pub registry: Registry,
    /// The images by name.
    pub images: BTreeMap<String, Image>,
}

/// What the product is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

/// What images stand on: the one source of these versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack {
    /// `12.6` or `12.6.3`.
    pub cuda: Option<CudaVersion>,
    /// `9` or `9.10.2`.
    pub cudnn: Option<CudnnVersion>,
    /// `3.11`.
    pub python: Option<PythonVersion>,
    /// `ubuntu22.04`.
    pub os: Option<String>,
}

impl Spec {
    /// Where an image's section is.
    pub fn place_of(name: &str) -> Place {
        Place::Key { path: vec!["image".to_owned(), name.to_owned()] }
    }
}
