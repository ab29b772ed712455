//! TOML with a place for every value.

use super::{RequirementsError, text::Text};
use serde::Deserialize;

/// Reads the whole text.
pub(super) fn parse<'t, T: Deserialize<'t>>(text: &Text<'t>) -> Result<T, RequirementsError> {
    toml::from_str(text.text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let reason = error.message().lines().next().unwrap_or_default();
        text.wrong(at, super::without_credentials(reason))
    })
}
