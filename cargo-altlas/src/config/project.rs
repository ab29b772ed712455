//! `[project]`: what the product is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the product is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// Its name, as in `altlas-dev`
    pub(crate) name: Option<String>,
    /// Its version
    pub(crate) version: Option<String>,
    /// How it is sold
    pub(crate) distribution: Option<Distribution>,
}

/// How a product reaches those who use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Distribution {
    /// Binaries go to customers, the source does not
    ClosedSource,
    /// Customers use it over the network
    Saas,
    /// It stays in the house
    Internal,
    /// Everybody gets the source
    OpenSource,
}
