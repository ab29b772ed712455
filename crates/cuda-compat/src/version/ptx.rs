//! A PTX instruction set version.

use super::{VersionError, numbers, serde_as_text};
use std::{fmt, str::FromStr};

/// The version in a PTX file's `.version` line, such as `8.8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PtxVersion {
    /// `8` in `8.8`.
    pub major: u32,
    /// The second `8` in `8.8`.
    pub minor: u32,
}

impl PtxVersion {
    /// The version `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }
}

impl FromStr for PtxVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match numbers(text).as_deref() {
            Some(&[major, minor]) => Ok(Self { major, minor }),
            _ => {
                Err(VersionError { text: text.to_owned(), expected: "a PTX version such as `8.8`" })
            }
        }
    }
}

impl fmt::Display for PtxVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

serde_as_text!(PtxVersion);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let check = |text: &str, expected: Option<PtxVersion>| {
            assert_eq!(text.parse::<PtxVersion>().ok(), expected, "{text:?}");
        };
        check("8.8", Some(PtxVersion::new(8, 8)));
        check(" 7.0\n", Some(PtxVersion::new(7, 0)));
        check("8", None);
        check("8.8.1", None);
        check(".version 8.8", None);
        assert!(PtxVersion::new(8, 8) < PtxVersion::new(9, 0));
    }
}
