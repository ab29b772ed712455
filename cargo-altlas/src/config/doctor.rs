//! `[doctor]`: how the doctor looks.

use gpu_probe::Profile;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// How `cargo altlas doctor` looks where the command line says nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Doctor {
    /// What the machine is for, which decides what must be there
    pub(crate) profile: Option<ProfileName>,
    /// How much to run on each GPU
    pub(crate) smoke: Option<SmokeDepth>,
    /// How many seconds one driver call may take before it counts as hung; 1 to 600
    #[serde(default, deserialize_with = "seconds")]
    #[schemars(range(min = 1, max = 600))]
    pub(crate) deadline: Option<u32>,
}

fn seconds<'de, D: Deserializer<'de>>(source: D) -> Result<Option<u32>, D::Error> {
    let value = i64::deserialize(source)?;
    match u32::try_from(value) {
        Ok(seconds @ 1..=600) => Ok(Some(seconds)),
        _ => Err(D::Error::custom(format!("{value} is not between 1 and 600 seconds"))),
    }
}

/// What a machine is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProfileName {
    /// A developer's machine: a GPU that computes
    Dev,
    /// A CI runner: also Docker with access to the GPU
    Runner,
    /// A node of a cluster: also the kubelet's container runtime with access to the GPU
    Node,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Dev => Self::Dev,
            ProfileName::Runner => Self::Runner,
            ProfileName::Node => Self::Node,
        }
    }
}

/// How much to run on each GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SmokeDepth {
    /// Nothing
    Off,
    /// One checked kernel
    Quick,
    /// Memory, bandwidth and arithmetic rate: about 30 seconds
    Deep,
}
