//! The name of an image: part of its tag, and the name of its stage.

use super::door::Rule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of an image, which becomes a part of its tag and the name of its stage.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct ImageName(String);

struct Name;

impl Rule for Name {
    fn check(text: &str) -> Result<(), String> {
        let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        let rest =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        if first && text.len() <= 40 && text.bytes().all(rest) {
            // A stage of that name could not be told from the empty image.
            return match text {
                "scratch" | "context" => Err(format!("`{text}` means something else to Docker")),
                _ => Ok(()),
            };
        }
        Err(format!(
            "`{text}` is not the name of an image: it begins with a letter in lower case, and holds \
             up to 40 such letters, digits, `.`, `_` and `-`"
        ))
    }
}

impl TryFrom<String> for ImageName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Name::check(&text).map(|()| Self(text))
    }
}

impl From<ImageName> for String {
    fn from(name: ImageName) -> Self {
        name.0
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |text: &str, expected: bool| {
            assert_eq!(ImageName::try_from(text.to_owned()).is_ok(), expected, "{text:?}");
        };
        check("dev", true);
        check("prod-1.2_a", true);
        check("Dev", false);
        check("1st", false);
        check("a b", false);
        check("", false);
        check("scratch", false);
        check(&"a".repeat(41), false);
    }
}
