//! A cuDNN version.

use super::{VersionError, numbers, serde_as_text};
use std::{fmt, str::FromStr};

/// A cuDNN version of one to four parts: `9`, `9.10`, `9.10.2`, `9.10.2.21`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CudnnVersion {
    /// `9` in `9.10.2.21`; the number in the name of the shared object.
    pub major: u32,
    /// `10` in `9.10.2.21`.
    pub minor: Option<u32>,
    /// `2` in `9.10.2.21`.
    pub patch: Option<u32>,
    /// `21` in `9.10.2.21`.
    pub build: Option<u32>,
}

impl CudnnVersion {
    /// Whether `self`, as a wish, is met by `installed`: every part that the wish names is equal.
    pub fn is_met_by(self, installed: Self) -> bool {
        let same = |wish: Option<u32>, found: Option<u32>| wish.is_none() || wish == found;
        self.major == installed.major
            && same(self.minor, installed.minor)
            && same(self.patch, installed.patch)
            && same(self.build, installed.build)
    }
}

impl FromStr for CudnnVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = numbers(text).filter(|parts| (1..=4).contains(&parts.len()));
        let parts = parts.ok_or_else(|| VersionError {
            text: text.to_owned(),
            expected: "a cuDNN version such as `9` or `9.10.2`",
        })?;
        let part = |index: usize| parts.get(index).copied();
        Ok(Self { major: parts[0], minor: part(1), patch: part(2), build: part(3) })
    }
}

impl fmt::Display for CudnnVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        let rest = [self.minor, self.patch, self.build];
        rest.iter().flatten().try_for_each(|part| write!(f, ".{part}"))
    }
}

serde_as_text!(CudnnVersion);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let check = |text: &str, expected: Option<&str>| {
            let got = text.parse::<CudnnVersion>().ok().map(|value| value.to_string());
            assert_eq!(got.as_deref(), expected, "{text:?}");
        };
        check("9", Some("9"));
        check("9.10.2.21", Some("9.10.2.21"));
        check("8.", None);
        check("9.1.2.3.4", None);
        check("nine", None);
    }

    #[test]
    fn a_wish_names_only_what_it_cares_for() {
        let check = |wish: &str, installed: &str, expected: bool| {
            let wish: CudnnVersion = wish.parse().unwrap();
            assert_eq!(wish.is_met_by(installed.parse().unwrap()), expected);
        };
        check("9", "9.10.2", true);
        check("9.10", "9.10.2.21", true);
        check("9.9", "9.10.2", false);
        check("8", "9.10.2", false);
    }
}
