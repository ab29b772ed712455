//! Nothing keeps a newer release of this framework out.
//!
//! A requirement without an upper end takes the newest release of the day on which the image is built. The
//! newest PyTorch has moved to another CUDA twice in two years, and with it to other drivers and GPUs: the
//! same file builds an image that runs today and one that does not next month.
//!
//! See for yourself with `pip index versions PACKAGE`: the first line is what the build takes.
//!
//! Write the release (`==2.8.0`), a line (`==2.8.*`, or `"2.8"` in `[frameworks]`), or lock all packages.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Facts, Install, Pick, installs},
    once::once,
};
use cuda_compat::CudaVersion;
use serde::Serialize;

/// Nothing keeps a newer release of this framework out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` takes whatever release is the newest{today}",
    today = takes.as_ref().map(|takes| format!(", today `{takes}`")).unwrap_or_default())]
pub struct FrameworkNotPinned {
    /// The requirement.
    pub requirement: String,
    /// What pip takes today.
    pub takes: Option<String>,
    /// What fits the image.
    pub instead: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl FrameworkNotPinned {
    pub(super) const CODE: &str = "image/framework-not-pinned";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let open = installs(recipe).into_iter().filter(Install::is_open);
            // A folder of wheels holds what was built, not the newest.
            let open = open.filter(|install| !install.asked.iter().any(|it| it.value.is_from_folder()));
            // What has no release on this index is another finding.
            let judged = open.filter(|install| install.builds_anywhere().next().is_some());
            let facts = Facts::of(recipe, &scene.fleet);
            let cuda = recipe.cuda.as_ref().map(|cuda| cuda.value);
            found.extend(judged.map(|install| Self {
                requirement: install.shown(),
                takes: install.pick().map(|pick| format!("{}=={}", install.name(), pick.version)),
                instead: instead(&install, cuda, &facts),
                place: install.place(),
            }));
        }
        once(found)
    }
}

impl Diagnosis for FrameworkNotPinned {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![match &self.instead {
            Some(instead) => Fix::by_hand(format!("write {instead}, or lock all packages")),
            None => Fix::by_hand("write the release, or lock all packages"),
        }]
    }
}

/// What pip takes, where that fits and is for the CUDA of the image; the newest that is, otherwise.
fn instead(
    install: &Install<'_>,
    cuda: Option<CudaVersion>,
    facts: &Facts<'_>,
) -> Option<String> {
    let is_for = |pick: &Pick| cuda.is_none_or(|cuda| pick.is_for(cuda));
    let takes = install.pick().filter(|pick| is_for(pick) && facts.fit(install, pick));
    let best = takes.or_else(|| facts.newest(install, is_for));
    best.or_else(|| facts.newest(install, |_| true)).map(|pick| install.in_words(&pick))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn a_folder_of_wheels_is_no_index() {
        let text = "FROM nvidia/cuda:12.6.3-base-ubuntu22.04\n\
                    RUN pip3 install --no-index --find-links=/wheels torch\n";
        assert_eq!(example::dockerfile(text, FrameworkNotPinned::find), []);
    }

    #[test]
    fn looks_for_an_upper_end() {
        let check = |line: &str, expected: Option<&str>| {
            let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                        [image.prod]\nrequirements = ['r.txt']";
            let found = example::spec_with(text, &[("r.txt", line)], FrameworkNotPinned::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{line}");
        };
        check("torch", Some("`torch` takes whatever release is the newest, today `torch==2.15.0`"));
        check(
            "torch>=2",
            Some("`torch>=2` takes whatever release is the newest, today `torch==2.15.0`"),
        );
        check("torch==2.8.0", None);
        check("torch<2.9", None);
        check("torch~=2.8.0", None);
        check("numpy", None);
    }
}
