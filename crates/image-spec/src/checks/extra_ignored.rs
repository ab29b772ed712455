//! The release that pip takes does not have this extra, so pip leaves it out.
//!
//! An extra that a release does not have is no error: pip warns in one line of many and goes on. With
//! `numba-cuda[cu11]` it takes the newest release, which knows CUDA 12 and 13 only, and nothing for CUDA 11
//! is installed.
//!
//! See for yourself with `pip install --dry-run PACKAGE[EXTRA] 2>&1 | grep WARNING`.
//!
//! Pin a release that has the extra, or name the extra that the release has.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Install, installs},
    once::once,
};
use serde::Serialize;

/// The release that pip takes does not have this extra.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("pip takes `{takes}` for `{requirement}`, which has no extra `{extra}`")]
pub struct ExtraIgnored {
    /// The requirement.
    pub requirement: String,
    /// The extra.
    pub extra: String,
    /// The release that pip takes.
    pub takes: String,
    /// The newest release that has the extra.
    pub instead: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl ExtraIgnored {
    pub(super) const CODE: &str = "image/extra-ignored";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let recipes = scene.recipes.iter();
        once(recipes.flat_map(|recipe| {
            let all: Vec<Self> = installs(recipe).iter().filter_map(of).collect();
            all
        }))
    }
}

impl Diagnosis for ExtraIgnored {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        match &self.instead {
            Some(instead) => vec![Fix::by_hand(format!("write `{instead}`, the newest that has it"))],
            None => vec![Fix::by_hand("name an extra that the release has")],
        }
    }
}

fn of(install: &Install<'_>) -> Option<ExtraIgnored> {
    let (extra, version) = install.ignored_extra()?;
    let has = install.builds_anywhere().filter(|row| {
        crate::installs::package_and_extra(row).1 == Some(extra) && install.fits_image(row)
    });
    let newest = has.flat_map(|row| &row.versions).max();
    Some(ExtraIgnored {
        requirement: install.shown(),
        extra: extra.to_owned(),
        takes: format!("{}=={version}", install.name()),
        instead: newest.map(|version| install.at(version)),
        place: install.place(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_the_extras() {
        let check = |line: &str, expected: Option<&str>| {
            let text = "[cuda]\nversion = '11.8'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                        [image.prod]\nbase = 'base'\nrequirements = ['r.txt']";
            let found = example::spec_with(text, &[("r.txt", line)], ExtraIgnored::find);
            let got = found.first().map(|found| found.fixes()[0].text.clone());
            assert_eq!(got.as_deref(), expected, "{line}");
        };
        check(
            "numba-cuda[cu11]",
            Some("write `numba-cuda[cu11]==0.18.1`, the newest that has it"),
        );
        check("numba-cuda[cu11]<0.19", None);
        check("numba-cuda[cu12]", None);
        check("torch[opt-einsum]", None);
    }
}
