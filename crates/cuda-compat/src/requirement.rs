//! What the wheels of frameworks require of packages that several of them share, such as cuDNN's.
//!
//! Two wheels that pin one package to different versions cannot be installed together: torch 2.6.0
//! takes `nvidia-cuda-runtime-cu12` 12.4.127, `tensorflow[and-cuda]` 2.18.1 takes 12.5.82. The table
//! is `requirement.toml`, from the METADATA of the wheels on PyPI.

use crate::table;
use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::LazyLock};

/// What some releases of a package require.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WheelRequirements {
    /// What pip installs, with the extra, as [`FrameworkBuild`](crate::FrameworkBuild) writes it.
    pub package: String,
    /// The index; `None` for PyPI.
    pub index: Option<String>,
    /// The releases that require the same.
    pub versions: Vec<Version>,
    /// The range of each package.
    pub requires: BTreeMap<String, VersionSpecifiers>,
    /// Whether it was read in METADATA; the others follow from the CUDA that the index is for.
    pub verified: bool,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    wheel: Vec<WheelRequirements>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::parse(include_str!("requirement.toml")));

/// Every row, by package, index and first release.
pub fn wheel_requirements() -> &'static [WheelRequirements] {
    &TABLE.wheel
}

/// What a release requires; `None` where that is not known.
///
/// ```
/// use cuda_compat::requirements_of;
///
/// let torch = requirements_of("torch", None, &"2.6.0".parse().unwrap()).unwrap();
/// assert_eq!(torch.requires["nvidia-cudnn-cu12"].to_string(), "==9.1.0.70");
/// ```
pub fn requirements_of(
    package: &str,
    index: Option<&str>,
    version: &Version,
) -> Option<&'static WheelRequirements> {
    let of_package = |row: &&WheelRequirements| {
        row.package == package && row.index.as_deref() == index && row.versions.contains(version)
    };
    wheel_requirements().iter().find(of_package)
}

/// Whether some version is in both ranges. Only `false` is certain: which versions were released is
/// not looked at, nor are versions that a range leaves out (`!=`).
///
/// ```
/// use cuda_compat::ranges_meet;
///
/// let range = |text: &str| text.parse().unwrap();
/// assert!(ranges_meet(&range("==9.10.2.21"), &range(">=9.8,<10")));
/// assert!(!ranges_meet(&range("==9.5.1.17"), &range(">=9.8,<10")));
/// assert!(!ranges_meet(&range("<1.24,>=1.22"), &range(">=1.26")));
/// ```
pub fn ranges_meet(one: &VersionSpecifiers, other: &VersionSpecifiers) -> bool {
    let counts = |it: &&VersionSpecifier| {
        !matches!(it.operator(), Operator::NotEqual | Operator::NotEqualStar)
    };
    let all = || one.iter().chain(other.iter()).filter(counts);
    // Ranges that meet at all meet where one of them begins.
    let begins = all().map(begin).chain([Version::new([0])]);
    begins.into_iter().any(|version| all().all(|range| range.contains(&version)))
}

fn begin(range: &VersionSpecifier) -> Version {
    let version = range.version();
    match range.operator() {
        Operator::GreaterThan => Version::new(version.release().iter().copied().chain([1])),
        _ => version.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework_builds;

    #[test]
    fn rows_are_sorted_and_say_where_they_come_from() {
        let key = |row: &WheelRequirements| {
            (row.package.clone(), row.index.clone(), row.versions[0].clone())
        };
        assert!(wheel_requirements().is_sorted_by(|one, next| key(one) < key(next)));
        let rows = wheel_requirements().iter();
        table::check_origin(rows.map(|row| (row.source.as_str(), row.date.as_str())));
        for row in wheel_requirements() {
            assert!(row.versions.is_sorted_by(|one, next| one < next), "{row:?}");
        }
    }

    #[test]
    fn rows_are_of_builds() {
        for row in wheel_requirements() {
            for version in &row.versions {
                let builds = framework_builds().iter();
                let mut of_row =
                    builds.filter(|build| build.package == row.package && build.index == row.index);
                let found = of_row.any(|build| build.versions.contains(version));
                assert!(found, "{} {version} is no build of the table", row.package);
            }
        }
    }

    #[test]
    fn knows_the_pins() {
        let of = |package: &str, version: &str| {
            &requirements_of(package, None, &version.parse().unwrap()).unwrap().requires
        };
        let meet = |one: &BTreeMap<String, VersionSpecifiers>, other: &BTreeMap<_, _>| {
            one.iter()
                .all(|(name, range)| other.get(name).is_none_or(|with| ranges_meet(range, with)))
        };
        let torch = |version| of("torch", version);
        let tensorflow = |version| of("tensorflow[and-cuda]", version);
        // Both were resolved with uv: the first cannot, the second can.
        assert!(!meet(torch("2.6.0"), tensorflow("2.18.1")));
        assert!(meet(torch("2.8.0"), tensorflow("2.20.0")));
        // `jax[cuda12]` 0.6 takes cuDNN from 9.8 on, torch 2.7 pins 9.5.1.17.
        assert!(!meet(torch("2.7.1"), of("jax[cuda12]", "0.6.2")));
    }

    #[test]
    fn ranges() {
        let check = |one: &str, other: &str, expected: bool| {
            let (one, other) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(ranges_meet(&one, &other), expected, "{one} and {other}");
            assert_eq!(ranges_meet(&other, &one), expected, "{other} and {one}");
        };
        check("==12.4.127", "==12.5.82", false);
        check("==12.4.127", "==12.4.*", true);
        check("==12.*", ">=12.5.82,<13", true);
        check("==13.*", ">=12.5.82,<13", false);
        check("<2", "<1.24", true);
        check("<2", ">=2", false);
        check(">1.0", "<1.1", true);
        check("~=0.2.0", ">=0.3.1", false);
        check("", "==1", true);
        check(">=1,!=1", "<2", true);
    }
}
