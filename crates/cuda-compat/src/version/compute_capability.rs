//! The compute capability of a GPU.

use super::{VersionError, numbers, serde_as_text};
use std::{fmt, str::FromStr};

/// A compute capability, such as `8.9` for an RTX 4060 or `9.0` for an H200.
///
/// Also reads `sm_89`, `compute_89` and the suffixed targets `sm_90a` and `sm_120f`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComputeCapability {
    /// `8` in `8.9`.
    pub major: u32,
    /// `9` in `8.9`.
    pub minor: u32,
}

impl ComputeCapability {
    /// The capability `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// The target name that compilers use: `sm_89`.
    pub fn sm(self) -> String {
        format!("sm_{}{}", self.major, self.minor)
    }
}

impl FromStr for ComputeCapability {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let target = trimmed.strip_prefix("sm_").or_else(|| trimmed.strip_prefix("compute_"));
        match target {
            Some(digits) => from_target(digits.strip_suffix(['a', 'f']).unwrap_or(digits)),
            None => match numbers(trimmed).as_deref() {
                Some(&[major, minor]) if minor < 10 => Some(Self { major, minor }),
                _ => None,
            },
        }
        .ok_or_else(|| VersionError {
            text: text.to_owned(),
            expected: "a compute capability such as `8.9` or `sm_89`",
        })
    }
}

/// `89` is 8.9 and `120` is 12.0: the last digit is the minor.
fn from_target(digits: &str) -> Option<ComputeCapability> {
    let value = super::number(digits).filter(|value| *value >= 10)?;
    Some(ComputeCapability::new(value / 10, value % 10))
}

impl fmt::Display for ComputeCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

serde_as_text!(ComputeCapability);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let check = |text: &str, expected: Option<&str>| {
            let got = text.parse::<ComputeCapability>().ok().map(|value| value.to_string());
            assert_eq!(got.as_deref(), expected, "{text:?}");
        };
        check("8.9", Some("8.9"));
        check("sm_120", Some("12.0"));
        check("sm_90a", Some("9.0"));
        check("compute_50", Some("5.0"));
        check("sm_", None);
        check("sm_120f", Some("12.0"));
        check("sm_9", None);
        check("sm_90af", None);
        check("compute_", None);
        check("8.90", None);
        check("RTX 4060", None);
    }
}
