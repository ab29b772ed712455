//! A driver version, in the form of either system.

use super::{VersionError, numbers, serde_as_text};
use std::{fmt, str::FromStr};

/// A driver version such as `550.54.15` (Linux) or `572.83` (Windows).
///
/// The Windows file version `32.0.15.7283` is read as `572.83`: its last five digits are the
/// driver's. An absent patch compares as zero, since `570.26` is a release and not a line.
#[derive(Debug, Clone, Copy)]
pub struct DriverVersion {
    /// The branch: `550` in `550.54.15`.
    pub branch: u32,
    /// `54` in `550.54.15`.
    pub minor: u32,
    /// `15` in `550.54.15`.
    pub patch: Option<u32>,
    /// How many digits the patch was written with: `550.54.05` and not `550.54.5`.
    width: (u8, u8),
}

impl DriverVersion {
    /// The branch with `.0`: not older than any driver of an older branch, not newer than any of
    /// this one.
    pub const fn of_branch(branch: u32) -> Self {
        Self { branch, minor: 0, patch: None, width: (1, 0) }
    }

    fn key(&self) -> (u32, u32, u32) {
        (self.branch, self.minor, self.patch.unwrap_or(0))
    }
}

impl PartialEq for DriverVersion {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for DriverVersion {}

impl PartialOrd for DriverVersion {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DriverVersion {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl std::hash::Hash for DriverVersion {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl FromStr for DriverVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.trim().split('.').collect();
        let width = |index: usize| parts.get(index).and_then(|part| part.len().try_into().ok());
        match numbers(text).as_deref() {
            Some(&[_, _, model, build]) => from_windows_file_version(model, build),
            Some(&[branch, minor]) => {
                Some(Self { branch, minor, patch: None, width: (width(1).unwrap_or(0), 0) })
            }
            Some(&[branch, minor, patch]) => Some(Self {
                branch,
                minor,
                patch: Some(patch),
                width: (width(1).unwrap_or(0), width(2).unwrap_or(0)),
            }),
            _ => None,
        }
        .ok_or_else(|| VersionError {
            text: text.to_owned(),
            expected: "a driver version such as `550.54.15`, `572.83` or `32.0.15.7283`",
        })
    }
}

/// `32.0.15.7283`: the last digit of `15` and the four digits of `7283` are `5 72.83`.
fn from_windows_file_version(model: u32, build: u32) -> Option<DriverVersion> {
    if build > 9999 {
        return None;
    }
    let digits = model % 10 * 10_000 + build;
    Some(DriverVersion { branch: digits / 100, minor: digits % 100, patch: None, width: (2, 0) })
}

impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minor, patch) = (usize::from(self.width.0), usize::from(self.width.1));
        write!(f, "{}.{:0minor$}", self.branch, self.minor)?;
        self.patch.map_or(Ok(()), |value| write!(f, ".{value:0patch$}"))
    }
}

serde_as_text!(DriverVersion);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let check = |text: &str, expected: Option<&str>| {
            let got = text.parse::<DriverVersion>().ok().map(|version| version.to_string());
            assert_eq!(got.as_deref(), expected, "{text:?}");
        };
        check("550.54.15", Some("550.54.15"));
        check("535.104.05", Some("535.104.05"));
        check("572.83", Some("572.83"));
        check("570.26", Some("570.26"));
        check("32.0.15.7283", Some("572.83"));
        check("31.0.15.5222", Some("552.22"));
        check("27.21.14.5671", Some("456.71"));
        check("32.0.15.99999", None);
        check("550", None);
        check("550.x", None);
        check("", None);
    }

    #[test]
    fn compares_by_number() {
        let version = |text: &str| text.parse::<DriverVersion>().unwrap();
        assert!(version("550.54.15") > version("550.54.5"));
        assert!(version("550.54.05") == version("550.54.5"));
        assert!(version("570.26") < version("570.124.06"));
        assert!(version("9.0") < version("10.0"));
    }
}
