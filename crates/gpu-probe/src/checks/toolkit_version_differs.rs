//! The CUDA toolkit here is not the one that the project builds with.
//!
//! `[cuda] version` in `altlas.toml` is the one place that says which CUDA the project stands on. A
//! build on this machine uses another toolkit, so what is tested here is not what is shipped.
//!
//! Confirm with `nvcc --version`. Install the project's toolkit beside the other one (several can
//! live in `/usr/local/cuda-X.Y`), or build in the project's image.

use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::{Facts, Need, Toolkit, evidence};
use cuda_compat::CudaVersion;
use serde::Serialize;

/// The toolkit that a build would use is of another version than `[cuda] version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "a build here uses CUDA {found}, and the project is on CUDA {needed}{}",
    .right_folder.as_ref().map(|folder| format!(", which lies in `{folder}`")).unwrap_or_default()
)]
pub struct ToolkitVersionDiffers {
    /// The folder of the toolkit that a build would use.
    pub folder: String,
    /// Its version.
    pub found: CudaVersion,
    /// The version of `[cuda] version`.
    pub needed: CudaVersion,
    /// The folder of a toolkit that would be right, where one is there.
    pub right_folder: Option<String>,
}

impl ToolkitVersionDiffers {
    pub(super) const CODE: &str = "gpu/toolkit-version-differs";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let Some(needed) = need.cuda else { return Vec::new() };
        let Some(toolkit) = evidence::active_toolkit(facts) else { return Vec::new() };
        let Some(&found) = toolkit.version.found() else { return Vec::new() };
        if is_met_by(needed, found) {
            return Vec::new();
        }
        let right = |toolkit: &&Toolkit| {
            toolkit.version.found().is_some_and(|version| is_met_by(needed, *version))
        };
        let right_folder = facts.toolkits.iter().find(right).map(|toolkit| toolkit.path.clone());
        vec![Self { folder: toolkit.path.clone(), found, needed, right_folder }]
    }
}

/// A wish without a patch is met by every patch.
fn is_met_by(needed: CudaVersion, found: CudaVersion) -> bool {
    let same_patch = needed.patch.is_none() || found.patch.is_none() || needed.patch == found.patch;
    needed.minor_line() == found.minor_line() && same_patch
}

impl Diagnosis for ToolkitVersionDiffers {
    fn place(&self) -> Place {
        Place::Path { path: self.folder.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![match &self.right_folder {
            Some(folder) => Fix::by_command(
                "use the toolkit that is right; write it into your shell's start file",
                format!(
                    "export CUDA_HOME={folder} PATH={folder}/bin:$PATH",
                    folder = shell_word(folder)
                ),
            ),
            None => Fix::by_hand(format!(
                "install the CUDA {} toolkit beside the other one, or build in the project's image",
                self.needed
            )),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_second_toolkit};

    #[test]
    fn compares_with_the_config() {
        let check = |needed: Option<&str>, expected: usize| {
            let need = Need { cuda: needed.map(|text| text.parse().unwrap()), ..Need::default() };
            let found = ToolkitVersionDiffers::find(&example::h200(), &need);
            assert_eq!(found.len(), expected, "{needed:?}");
        };
        check(None, 0);
        check(Some("12.6"), 0);
        check(Some("12.6.3"), 0);
        check(Some("12.6.1"), 1);
        check(Some("13.0"), 1);
    }

    #[test]
    fn points_to_the_right_one_where_it_is_there() {
        let facts = with_second_toolkit("11.8");
        let need = Need { cuda: Some(CudaVersion::new(11, 8)), ..Need::default() };
        let found = ToolkitVersionDiffers::find(&facts, &need);
        assert_eq!(found[0].right_folder.as_deref(), Some("/usr/local/cuda-11.8"));
    }

    #[test]
    fn a_machine_without_a_toolkit_is_not_judged() {
        let mut facts = example::h200();
        facts.toolkits.clear();
        let need = Need { cuda: Some(CudaVersion::new(13, 0)), ..Need::default() };
        assert_eq!(ToolkitVersionDiffers::find(&facts, &need), []);
    }
}
