//! `[[accept]]`: a finding that the team lives with, for a reason and for a time.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// A finding that is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accept {
    /// The code of the finding, such as `gpu/persistence-off`
    pub(crate) code: String,
    /// Only where the place of the finding holds this text; everywhere if left out
    #[serde(rename = "where")]
    pub(crate) place: Option<String>,
    /// Why it is accepted
    #[serde(deserialize_with = "some_text")]
    #[schemars(length(min = 1))]
    pub(crate) reason: String,
    /// The last day on which it is accepted, such as `2027-01-31`; for ever if left out
    #[serde(default, deserialize_with = "day")]
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub(crate) until: Option<jiff::civil::Date>,
}

fn some_text<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    let text = String::deserialize(source)?;
    if text.trim().is_empty() {
        return Err(D::Error::custom("a reason is needed: say why this finding is accepted"));
    }
    Ok(text)
}

fn day<'de, D: Deserializer<'de>>(source: D) -> Result<Option<jiff::civil::Date>, D::Error> {
    let text = String::deserialize(source)?;
    let day = text.parse();
    day.map(Some)
        .map_err(|_| D::Error::custom(format!("`{text}` is not a day such as `2027-01-31`")))
}
