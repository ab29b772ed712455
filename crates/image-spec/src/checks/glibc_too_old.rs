//! The C library of the distribution is older than this framework's wheels need.
//!
//! A wheel says by its name (`manylinux_2_28`) which glibc it needs at least. A distribution keeps its
//! glibc for life: Ubuntu 18.04 has 2.27, 20.04 has 2.31. Where no wheel fits, pip says
//! `No matching distribution found`, or takes an old release without a word.
//!
//! See for yourself with `ldd --version` in the image, and the file names of the package on PyPI.
//!
//! Take a newer distribution, or the last release whose wheels fit.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Install, installs},
    once::once,
};
use cuda_compat::distribution;
use serde::Serialize;

/// The C library of the distribution is older than the wheels need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` needs glibc {needs}, and {os} has {has}")]
pub struct GlibcTooOld {
    /// The requirement.
    pub requirement: String,
    /// The distribution.
    pub os: String,
    /// Its glibc.
    pub has: String,
    /// The glibc that the wheels need.
    pub needs: String,
    /// The newest release that runs there.
    pub instead: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl GlibcTooOld {
    pub(super) const CODE: &str = "image/glibc-too-old";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let os = recipe.os.as_ref().and_then(|os| distribution(&os.value));
            let Some((os, has)) = os.and_then(|os| Some((os.id(), os.glibc?))) else { continue };
            found.extend(installs(recipe).iter().filter_map(|install| of(install, &os, has)));
        }
        once(found)
    }
}

impl Diagnosis for GlibcTooOld {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut fixes = vec![Fix::by_hand("take a newer distribution in `[cuda] os`")];
        if let Some(instead) = &self.instead {
            let text = format!("or write `{instead}`, the newest whose wheels run on {}", self.os);
            fixes.push(Fix::by_hand(text));
        }
        fixes
    }
}

fn of(install: &Install<'_>, os: &str, has: (u32, u32)) -> Option<GlibcTooOld> {
    let builds = install.builds();
    let allowed: Vec<_> =
        install.allowed_builds().filter(|row| install.fits_python(row)).collect();
    if allowed.is_empty() || allowed.iter().any(|row| install.fits_glibc(row)) {
        return None;
    }
    let needs = allowed.iter().filter_map(|row| row.glibc).min()?;
    let fitting = builds.iter().filter(|row| install.fits_image(row));
    let newest = fitting.flat_map(|row| &row.versions).max();
    Some(GlibcTooOld {
        requirement: install.shown(),
        os: os.to_owned(),
        has: format!("{}.{}", has.0, has.1),
        needs: format!("{}.{}", needs.0, needs.1),
        instead: newest.map(|version| install.at(version)),
        place: install.place(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_the_distribution() {
        let check = |os: &str, line: &str, expected: Option<&str>| {
            let text = format!(
                "[cuda]\nversion = '12.1'\npython = '3.11'\nos = '{os}'\n\
                 [image.prod]\nbase = 'base'\nrequirements = ['r.txt']"
            );
            let found = example::spec_with(&text, &[("r.txt", line)], GlibcTooOld::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{os} {line}");
        };
        check(
            "ubuntu18.04",
            "torch==2.8.0",
            Some("`torch==2.8.0` needs glibc 2.28, and ubuntu18.04 has 2.27"),
        );
        check("ubuntu20.04", "torch==2.8.0", None);
        check("ubuntu18.04", "torch", None);
        check("ubuntu26.04", "torch==2.8.0", None);
    }
}
