//! There is no such release of this framework.
//!
//! The versions that are asked for lie within those that are published, and none of these is among them:
//! a slip in a digit, a release that was yanked, or a version of another package. pip ends with
//! `No matching distribution found`.
//!
//! See for yourself with `pip index versions PACKAGE`.
//!
//! Write a version that exists. Releases that are newer than the tables of altlas are not judged;
//! `cargo altlas facts update` lists them.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Install, contains, installs},
    once::once,
};
use pep440_rs::{Operator, Version};
use serde::Serialize;

/// There is no such release of this framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("there is no release of `{package}` for `{requirement}`")]
pub struct FrameworkVersionUnknown {
    /// The requirement.
    pub requirement: String,
    /// The package.
    pub package: String,
    /// The nearest releases, newest first.
    pub nearest: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

impl FrameworkVersionUnknown {
    pub(super) const CODE: &str = "image/framework-version-unknown";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let recipes = scene.recipes.iter();
        once(recipes.flat_map(|recipe| installs(recipe).into_iter().filter_map(|it| of(&it))))
    }
}

impl Diagnosis for FrameworkVersionUnknown {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let nearest: Vec<String> = self.nearest.iter().map(|it| format!("`{it}`")).collect();
        vec![Fix::by_hand(format!("write a release that exists, such as {}", nearest.join(", ")))]
    }
}

fn of(install: &Install<'_>) -> Option<FrameworkVersionUnknown> {
    let mut known: Vec<&Version> =
        install.builds_anywhere().flat_map(|row| &row.versions).collect();
    known.sort();
    known.dedup();
    let (oldest, newest) = (*known.first()?, *known.last()?);
    let ranges = install.specifiers()?;
    if known.iter().any(|version| ranges.iter().all(|range| contains(range, version))) {
        return None;
    }
    // Only an exact version between the ends of the table is known not to exist.
    let exact = ranges.iter().find(|range| *range.operator() == Operator::Equal)?;
    let asked = exact.version().clone().without_local();
    if asked < *oldest || asked > *newest || ranges.len() > 1 {
        return None;
    }
    let after = known.partition_point(|version| **version < asked);
    let near = known[after.saturating_sub(1)..].iter().take(2);
    Some(FrameworkVersionUnknown {
        requirement: install.shown(),
        package: install.name().to_owned(),
        nearest: near.map(ToString::to_string).collect(),
        place: install.place(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_the_releases() {
        let check = |line: &str, expected: usize| {
            let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                        [image.prod]\nrequirements = ['r.txt']";
            let found = example::spec_with(text, &[("r.txt", line)], FrameworkVersionUnknown::find);
            assert_eq!(found.len(), expected, "{line}");
        };
        check("torch==2.8.7", 1);
        check("torch==2.3.9", 1);
        check("torch==2.8.0", 0);
        check("torch==99.0", 0);
        check("torch>=2", 0);
        check("torch==1.4", 0);
        check("numpy==99", 0);
    }

    #[test]
    fn names_the_nearest() {
        let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [frameworks]\ntorch = '==2.7.5'\n[image.prod]";
        let found = example::spec(text, FrameworkVersionUnknown::find);
        assert_eq!(found[0].to_string(), "there is no release of `torch` for `torch==2.7.5`");
        assert_eq!(found[0].nearest, ["2.7.1", "2.8.0"]);
        assert_eq!(found[0].place, Place::key("frameworks.torch"));
    }
}
