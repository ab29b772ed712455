//! Whether ranges of versions have a version in common.

use crate::PipRequirement;
use cuda_compat::{Framework, framework_builds};
use pep440_rs::{Operator, Version, VersionSpecifier};
use pep508_rs::VersionOrUrl;

/// Whether no version meets both. A URL, and what cannot be told, excludes nothing.
pub(crate) fn exclude_each_other(one: &PipRequirement, other: &PipRequirement) -> bool {
    let (Some(one_range), Some(other_range)) = (range(one), range(other)) else { return false };
    if one_range.is_empty() || other_range.is_empty() {
        return false;
    }
    let all: Vec<&VersionSpecifier> = one_range.iter().chain(other_range).collect();
    let candidates = candidates(one, &all);
    let fits = |version: &Version| all.iter().all(|range| contains(range, version));
    !candidates.iter().any(fits)
}

fn range(asked: &PipRequirement) -> Option<&[VersionSpecifier]> {
    match &asked.requirement.version_or_url {
        None => Some(&[]),
        Some(VersionOrUrl::VersionSpecifier(range)) => Some(range),
        Some(VersionOrUrl::Url(_)) => None,
    }
}

fn contains(range: &VersionSpecifier, version: &Version) -> bool {
    crate::installs::contains(range, version)
}

/// Versions of which one lies in the ranges where anything does: the ends of the ranges and what
/// stands directly beside them, and for a framework its releases.
fn candidates(asked: &PipRequirement, ranges: &[&VersionSpecifier]) -> Vec<Version> {
    let mut all = Vec::new();
    for range in ranges {
        let end = range.version().clone().without_local();
        let exact = matches!(range.operator(), Operator::Equal | Operator::ExactEqual);
        let mut above = end.release().to_vec();
        above.extend([0, 1]);
        let mut below = end.release().to_vec();
        // The version below `2.8` is a `2.7.` with large parts; below `2.0` one of major 1.
        let lowered = below.iter().rposition(|part| *part > 0);
        if let Some(at) = lowered {
            below[at] -= 1;
            below.truncate(at + 1);
            below.extend([999_999, 999_999]);
            all.push(Version::new(below));
        }
        if !exact {
            all.push(Version::new(above));
        }
        all.push(end);
    }
    if let Some(framework) = Framework::of_package(asked.requirement.name.as_ref()) {
        let rows = framework_builds().iter().filter(|row| row.framework == framework);
        all.extend(rows.flat_map(|row| row.versions.iter().cloned()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_in_common() {
        let asked = |text: &str| PipRequirement {
            requirement: text.parse().unwrap(),
            index: None,
            hashed: false,
        };
        let check = |one: &str, other: &str, expected: bool| {
            let got = exclude_each_other(&asked(one), &asked(other));
            assert_eq!(got, expected, "{one} and {other}");
            assert_eq!(exclude_each_other(&asked(other), &asked(one)), expected);
        };
        check("a==1", "a==2", true);
        check("a==1", "a==1.0", false);
        check("a==1.*", "a>=1.5", false);
        check("a==1.*", "a>=2", true);
        check("a>1", "a<2", false);
        check("a>2", "a<1", true);
        check("a>=2", "a<2", true);
        check("a>=2", "a<=2", false);
        check("a~=1.4", "a<1.4", true);
        check("a~=1.4", "a<1.5", false);
        check("a!=1", "a==1", true);
        check("a!=1", "a>=1", false);
        check("a", "a==1", false);
        check("a<2", "a<1", false);
        check("torch==2.7.1+cu118", "torch==2.7.1", false);
    }
}
