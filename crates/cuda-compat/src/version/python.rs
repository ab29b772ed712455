//! A Python version.

use super::{VersionError, numbers, serde_as_text};
use std::{fmt, str::FromStr};

/// A Python version `3.11` or `3.11.7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PythonVersion {
    /// `3` in `3.11`.
    pub major: u32,
    /// `11` in `3.11`.
    pub minor: u32,
    /// `7` in `3.11.7`.
    pub patch: Option<u32>,
}

impl PythonVersion {
    /// The same version without its patch, which is what wheels are built for.
    pub const fn minor_line(self) -> Self {
        Self { major: self.major, minor: self.minor, patch: None }
    }
}

impl FromStr for PythonVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match numbers(text).as_deref() {
            Some(&[major, minor]) => Ok(Self { major, minor, patch: None }),
            Some(&[major, minor, patch]) => Ok(Self { major, minor, patch: Some(patch) }),
            _ => Err(VersionError {
                text: text.to_owned(),
                expected: "a Python version such as `3.11`",
            }),
        }
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

serde_as_text!(PythonVersion);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let check = |text: &str, expected: Option<&str>| {
            let got = text.parse::<PythonVersion>().ok().map(|value| value.to_string());
            assert_eq!(got.as_deref(), expected, "{text:?}");
        };
        check("3.11", Some("3.11"));
        check("3.11.7", Some("3.11.7"));
        check("3", None);
        check("3.13t", None);
        check("3.x", None);
    }
}
