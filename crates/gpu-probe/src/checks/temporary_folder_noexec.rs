//! Nsight Systems cannot start its helpers from the folder for temporary files.
//!
//! `nsys` unpacks programs and libraries there and loads them. The folder is mounted with `noexec`,
//! so that the profiled program fails to start or the profile stays empty.
//!
//! Confirm with `findmnt --target "${TMPDIR:-/tmp}"`. Point `TMPDIR` to a folder from which
//! programs may run.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, Profiler, Reading, evidence};
use serde::Serialize;

/// The temporary folder has `noexec`, and Nsight Systems is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`nsys` is installed, but nothing may be run from `{folder}` (mounted with `noexec`)")]
pub struct TemporaryFolderNoexec {
    /// The folder.
    pub folder: String,
}

impl TemporaryFolderNoexec {
    pub(super) const CODE: &str = "gpu/temporary-folder-noexec";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let folder = &facts.host.temporary_folder;
        let has_tool = evidence::tool_path(facts, Profiler::NsightSystems).is_some();
        if folder.noexec != Reading::Found(true) || !has_tool {
            return Vec::new();
        }
        vec![Self { folder: folder.path.clone() }]
    }
}

impl Diagnosis for TemporaryFolderNoexec {
    fn place(&self) -> Place {
        Place::Path { path: self.folder.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_command(
            "use another folder for temporary files when you profile",
            "mkdir -p \"$HOME/.cache/tmp\" && export TMPDIR=\"$HOME/.cache/tmp\"",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_tool};

    #[test]
    fn needs_the_tool_and_the_mount() {
        let mut facts = example::h200();
        facts.host.temporary_folder.noexec = Reading::Found(true);
        assert_eq!(TemporaryFolderNoexec::find(&facts, &Need::default()), []);
        let check = |noexec: Reading<bool>, expected: usize| {
            let mut facts = with_tool(Profiler::NsightSystems);
            facts.host.temporary_folder.noexec = noexec;
            assert_eq!(TemporaryFolderNoexec::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Found(true), 1);
        check(Reading::Found(false), 0);
        check(Reading::Unknown("`/proc` is not readable".to_owned()), 0);
    }
}
