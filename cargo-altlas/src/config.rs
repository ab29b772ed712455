//! `altlas.toml`: find it, read it, refuse what is wrong in it.
//!
//! The types below `config/` are the format; the JSON Schema that `cargo altlas config schema`
//! prints is generated from them, and the search for unknown keys reads the same schema.

mod accept;
mod cuda;
mod doctor;
mod error;
mod find;
mod frameworks;
mod gpu;
mod levels;
mod locate;
mod parse;
mod project;
mod spec;
mod unknown_key;
mod wrong;

pub(crate) use accept::Accept;
pub(crate) use cuda::Cuda;
pub(crate) use doctor::{Doctor, ProfileName, SmokeDepth};
pub(crate) use error::ConfigError;
pub(crate) use find::{ConfigFile, find};
pub(crate) use frameworks::Frameworks;
pub(crate) use gpu::GpuName;
pub(crate) use levels::Level;
#[cfg(fuzzing)]
pub(crate) use parse::{decode, parse};
pub(crate) use project::Project;
pub(crate) use spec::{gpus, platform};
pub(crate) use unknown_key::nearest_help;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `schema` number that this version reads.
pub(crate) const SCHEMA: u32 = 1;

/// The one file of a CUDA product: which CUDA, driver and GPUs it stands on, and how findings are
/// judged. Every section is optional.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "altlas.toml")]
pub(crate) struct Config {
    /// The version of this format: 1
    #[schemars(extend("const" = 1))]
    pub(crate) schema: u32,
    /// What the product is
    #[serde(default)]
    pub(crate) project: Project,
    /// What the product stands on: the one source of these versions
    #[serde(default)]
    pub(crate) cuda: Cuda,
    /// The frameworks that the images hold
    #[serde(default)]
    pub(crate) frameworks: Frameworks,
    /// Where the images go
    #[serde(default)]
    pub(crate) registry: image_spec::Registry,
    /// The images, by name
    #[serde(default)]
    pub(crate) image: BTreeMap<image_spec::ImageName, image_spec::Image>,
    /// How `cargo altlas doctor` looks
    #[serde(default)]
    pub(crate) doctor: Doctor,
    /// The level of a finding, by code (`gpu/persistence-off`) or by area (`gpu`)
    #[serde(default)]
    pub(crate) levels: BTreeMap<String, Level>,
    /// Findings that are accepted, each with a reason
    #[serde(default)]
    pub(crate) accept: Vec<Accept>,
}
