//! `[project]`: what the product is.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// What the product is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// Its name, as in `altlas-dev`
    #[serde(default, deserialize_with = "word")]
    pub(crate) name: Option<String>,
    /// Its version
    #[serde(default, deserialize_with = "word")]
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

/// A name or version becomes part of file names and image tags.
fn word<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(source)?;
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-+".contains(letter);
    if !text.is_empty() && text.chars().all(fits) {
        return Ok(Some(text));
    }
    Err(D::Error::custom(format!(
        "`{text}` is not made of letters, digits, `.`, `_`, `-` and `+` alone"
    )))
}
