//! The package index that is named does not have this release.
//!
//! PyTorch keeps an index for each CUDA, and each holds some releases only: `cu118` ends with 2.7.1, `cu126`
//! begins with 2.6.0. pip looks nowhere else where `--index-url` names one, and ends with
//! `No matching distribution found`; with `--extra-index-url` it takes the wheel of another CUDA from PyPI.
//!
//! See for yourself with `pip index versions torch --index-url URL`.
//!
//! Name the index of a CUDA that the release was built for, or a release that the index has.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Facts, Install, Pick, installs},
    once::once,
};
use serde::Serialize;

/// The package index that is named does not have this release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` is not on the index `{index}`")]
pub struct ReleaseNotOnIndex {
    /// The requirement.
    pub requirement: String,
    /// The index.
    pub index: String,
    /// The indexes that have it for the image.
    pub others: Vec<String>,
    /// The newest release that the index has for the image.
    pub newest: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl ReleaseNotOnIndex {
    pub(super) const CODE: &str = "image/release-not-on-index";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let facts = Facts::of(recipe, &scene.fleet);
            found.extend(installs(recipe).iter().filter_map(|install| of(install, &facts)));
        }
        once(found)
    }
}

impl Diagnosis for ReleaseNotOnIndex {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let urls: Vec<String> = self
            .others
            .iter()
            .map(|name| format!("`https://download.pytorch.org/whl/{name}`"))
            .collect();
        let others = (!urls.is_empty()).then(|| format!("name an index that has it: {}", urls.join(", ")));
        let newest = self.newest.as_ref().map(|newest| format!("write `{newest}`, the newest that it has"));
        let mut fixes = Fix::alternatives(others.into_iter().chain(newest));
        if fixes.is_empty() {
            fixes.push(Fix::by_hand("name an index that has the release"));
        }
        fixes
    }
}

fn of(install: &Install<'_>, facts: &Facts<'_>) -> Option<ReleaseNotOnIndex> {
    let of_frameworks = matches!(install.place(), Place::Key { path } if path[0] == "frameworks");
    // Without builds the index is not known, and not judged.
    if of_frameworks || install.builds().is_empty() || install.allowed_builds().next().is_some() {
        return None;
    }
    let elsewhere = install.builds_anywhere().filter(|row| {
        row.versions.iter().any(|version| install.allows(version)) && install.fits_image(row)
    });
    let mut is_elsewhere = false;
    let mut others = Vec::new();
    for build in elsewhere.filter(|row| row.index.is_some()) {
        is_elsewhere = true;
        let mut picks = build.versions.iter().map(|version| Pick { version, build });
        // An index of another CUDA than the base's only leads into the next finding.
        if picks.any(|pick| install.allows(pick.version) && facts.fit(install, &pick)) {
            others.extend(build.index.clone());
        }
    }
    others.dedup();
    if !is_elsewhere {
        return None;
    }
    let named = install.asked.iter().find_map(|asked| asked.value.index.clone());
    let local = install.specifiers()?.iter().flat_map(|range| range.version().local());
    let index = named.or_else(|| local.map(ToString::to_string).next())?;
    Some(ReleaseNotOnIndex {
        requirement: install.shown(),
        index,
        others,
        newest: facts.newest_here(install).map(|pick| install.at(pick.version)),
        place: install.place(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(lines: &str, expected: Option<&str>) {
        let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [image.prod]\nbase = 'base'\nrequirements = ['r.txt']";
        let found = example::spec_with(text, &[("r.txt", lines)], ReleaseNotOnIndex::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{lines}");
    }

    #[test]
    fn knows_the_indexes() {
        check("--index-url https://download.pytorch.org/whl/cu118\ntorch==2.8.0", Some(
            "`torch==2.8.0` is not on the index `https://download.pytorch.org/whl/cu118`"
        ));
        check("torch==2.8.0+cu118", Some("`torch==2.8.0+cu118` is not on the index `cu118`"));
        check("--index-url https://download.pytorch.org/whl/cu126\ntorch==2.8.0", None);
        check("--index-url https://pypi.example.com/simple\ntorch==2.8.0", None);
        check("torch==2.8.7", None);
        check("torch==2.8.0", None);
    }

    #[test]
    fn names_both_ways_out() {
        let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [image.prod]\nbase = 'base'\npip = ['torch==2.8.0+cu118']";
        let fixes = example::spec(text, ReleaseNotOnIndex::find)[0].fixes();
        assert!(fixes[0].text.contains("/cu126`") && fixes[1].text.contains("`torch==2.7.1`"));
    }
}
