//! A CUDA toolkit or driver API version.

use super::{VersionError, numbers, serde_as_text};
use std::{fmt, str::FromStr};

/// A CUDA version, `major.minor` and, where the text had one, `.patch`: `12.6`, `12.6.3`.
///
/// Ordering treats an absent patch as older than any patch: `12.6 < 12.6.0`. To ask whether two
/// versions are the same release line, compare [`CudaVersion::minor_line`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CudaVersion {
    /// `12` in `12.6`.
    pub major: u32,
    /// `6` in `12.6`.
    pub minor: u32,
    /// `3` in `12.6.3`.
    pub patch: Option<u32>,
}

impl CudaVersion {
    /// `major.minor` without a patch.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor, patch: None }
    }

    /// Reads the integer that `cuDriverGetVersion` and NVML give: `12060` is `12.6`.
    ///
    /// Returns `None` for zero or a negative number, which a driver gives for "not known".
    pub fn from_driver_integer(value: i32) -> Option<Self> {
        let value = u32::try_from(value).ok().filter(|value| *value >= 1000)?;
        Some(Self::new(value / 1000, value % 1000 / 10))
    }

    /// The same version without its patch.
    pub const fn minor_line(self) -> Self {
        Self::new(self.major, self.minor)
    }
}

impl FromStr for CudaVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match numbers(text).as_deref() {
            Some(&[major, minor]) => Ok(Self { major, minor, patch: None }),
            Some(&[major, minor, patch]) => Ok(Self { major, minor, patch: Some(patch) }),
            _ => Err(VersionError {
                text: text.to_owned(),
                expected: "a CUDA version such as `12.6` or `12.6.3`",
            }),
        }
    }
}

impl fmt::Display for CudaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

serde_as_text!(CudaVersion);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let check = |text: &str, expected: Option<&str>| {
            let got = text.parse::<CudaVersion>().ok().map(|version| version.to_string());
            assert_eq!(got.as_deref(), expected, "{text:?}");
        };
        check("12.6", Some("12.6"));
        check(" 12.6.3\n", Some("12.6.3"));
        check("12", None);
        check("12.", None);
        check("12.6.3.1", None);
        check("+12.6", None);
        check("99999999999.0", None);
        check("", None);
    }

    #[test]
    fn reads_the_driver_integer() {
        let check = |value: i32, expected: Option<&str>| {
            let got = CudaVersion::from_driver_integer(value).map(|version| version.to_string());
            assert_eq!(got.as_deref(), expected, "{value}");
        };
        check(12060, Some("12.6"));
        check(13040, Some("13.4"));
        check(11000, Some("11.0"));
        check(0, None);
        check(-1, None);
    }
}
