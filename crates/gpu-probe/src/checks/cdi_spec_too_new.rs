//! The CDI specification is of a version that this Podman cannot read.
//!
//! Newer releases of NVIDIA's container toolkit (1.19.1, for one) write CDI version 0.7. Podman before
//! 5.0, such as the 4.9 of Ubuntu 24.04, does not understand it and says `unresolvable CDI devices
//! nvidia.com/gpu=all`, as if there were no file at all.
//!
//! Compare `podman --version` with the first lines of the file (`cdiVersion`). Update Podman, or
//! let an older toolkit write the file.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need};
use serde::Serialize;

/// A CDI specification that Podman does not understand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the CDI specification has version {version}, which Podman {podman} cannot read")]
pub struct CdiSpecTooNew {
    /// The file.
    pub path: String,
    /// Its `cdiVersion`.
    pub version: String,
    /// The version of Podman.
    pub podman: String,
}

impl CdiSpecTooNew {
    pub(super) const CODE: &str = "gpu/cdi-spec-too-new";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(podman) = facts.containers.podman.found() else { return Vec::new() };
        if two_numbers(podman).is_none_or(|version| version >= (5, 0)) {
            return Vec::new();
        }
        let versions = facts.containers.cdi.iter().filter_map(|spec| {
            let version = spec.version.found()?;
            Some((spec, version))
        });
        let newer = versions
            .filter(|(_, version)| two_numbers(version).is_some_and(|version| version >= (0, 7)));
        newer
            .map(|(spec, version)| Self {
                path: spec.path.clone(),
                version: version.clone(),
                podman: podman.clone(),
            })
            .collect()
    }
}

/// The first two numbers of a version; `None` where it does not begin with two.
fn two_numbers(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

impl Diagnosis for CdiSpecTooNew {
    fn place(&self) -> Place {
        Place::Path { path: self.path.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand("update Podman to 5.0 or newer"),
            Fix::by_hand(
                "or install an `nvidia-container-toolkit` before 1.19.1 and write the file anew with \
                 `nvidia-ctk cdi generate`",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CdiSpec, Reading, example};
    use proptest::prelude::*;

    #[test]
    fn compares_podman_with_the_file() {
        assert_eq!(CdiSpecTooNew::find(&example::h200(), &Need::default()), []);
        let check = |podman: &str, version: &str, expected: usize| {
            let mut facts = example::h200();
            facts.containers.podman = Reading::Found(podman.to_owned());
            facts.containers.cdi = vec![CdiSpec {
                path: "/etc/cdi/nvidia.yaml".to_owned(),
                version: Reading::Found(version.to_owned()),
                ..CdiSpec::default()
            }];
            let found = CdiSpecTooNew::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{podman} {version}");
        };
        check("4.9.3", "0.7.0", 1);
        check("4.9.3", "0.6.0", 0);
        check("5.4.0", "0.7.0", 0);
        check("unknown", "0.7.0", 0);
    }

    #[test]
    fn a_file_that_could_not_be_read_is_not_judged() {
        let mut facts = example::h200();
        facts.containers.podman = Reading::Found("4.9.3".to_owned());
        facts.containers.cdi = vec![CdiSpec::default()];
        assert_eq!(CdiSpecTooNew::find(&facts, &Need::default()), []);
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = two_numbers(&text);
        }
    }
}
