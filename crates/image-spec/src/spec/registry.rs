//! `[registry]`: where images go.

use super::{door, tag};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where images go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Registry {
    /// The repository that images are pushed to, such as `registry.example.com/team/app`. The name of
    /// an image is appended to the tag and not to the repository
    #[serde(deserialize_with = "door::optional::<tag::Repository, _>")]
    pub repository: Option<String>,
    /// Further repositories that get the same images
    #[serde(deserialize_with = "door::list::<tag::Repository, _>")]
    pub also: Vec<String>,
    /// Who can pull from it
    pub visibility: Visibility,
    /// The tag. `{image}` `{version}` `{cuda}` `{python}` `{commit}` are filled in
    #[serde(deserialize_with = "door::text::<tag::TagTemplate, _>")]
    pub tag: String,
    /// The registry that base images are pulled through, for a cluster without internet
    #[serde(deserialize_with = "door::optional::<tag::Mirror, _>")]
    pub mirror: Option<String>,
    /// The Dockerfile frontend that BuildKit pulls; empty to use the one that is built in
    #[serde(deserialize_with = "door::text::<tag::Frontend, _>")]
    pub frontend: String,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            repository: None,
            also: Vec::new(),
            visibility: Visibility::default(),
            tag: "{version}-{image}-cuda{cuda}-py{python}-g{commit}".to_owned(),
            mirror: None,
            frontend: "docker/dockerfile:1".to_owned(),
        }
    }
}

/// Who can pull from a registry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Only the team and its customers
    #[default]
    Private,
    /// Everybody
    Public,
}
