//! The cuDNN here is not the one that the project is built for.
//!
//! `[cuda] cudnn` in `altlas.toml` names the version. No copy on this machine is of that version,
//! so what is tested here is not what is shipped; across major versions the library's name differs
//! and programs do not start (`libcudnn.so.9: cannot open shared object file`).
//!
//! Confirm with `ldconfig -p | grep libcudnn` and `pip list | grep cudnn`. Install the project's
//! version, or change the project's line if it has moved on.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need};
use cuda_compat::CudnnVersion;
use serde::Serialize;

/// No copy of cuDNN is of the version of `[cuda] cudnn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the project is on cuDNN {needed}, and this machine has {}", texts(.found).join(", "))]
pub struct CudnnVersionDiffers {
    /// The version of `[cuda] cudnn`.
    pub needed: CudnnVersion,
    /// The versions that are here, sorted.
    pub found: Vec<CudnnVersion>,
}

fn texts(versions: &[CudnnVersion]) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

impl CudnnVersionDiffers {
    pub(super) const CODE: &str = "gpu/cudnn-version-differs";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let Some(needed) = need.cudnn else { return Vec::new() };
        let some_unknown = facts.cudnn.iter().any(|copy| copy.version.found().is_none());
        let mut found: Vec<CudnnVersion> =
            facts.cudnn.iter().filter_map(|copy| copy.version.found().copied()).collect();
        if some_unknown || found.is_empty() || found.iter().any(|copy| needed.is_met_by(*copy)) {
            return Vec::new();
        }
        found.sort_unstable();
        found.dedup();
        vec![Self { needed, found }]
    }
}

impl Diagnosis for CudnnVersionDiffers {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!(
            "install cuDNN {}, or change `[cuda] cudnn` if the project has moved on",
            self.needed
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CudnnCopy, Reading, example};

    #[test]
    fn compares_with_the_config() {
        let need = Need { cudnn: Some("9".parse().unwrap()), ..Need::default() };
        let check = |versions: &[Reading<CudnnVersion>], expected: usize| {
            let mut facts = example::h200();
            let copy = |version: &Reading<CudnnVersion>| CudnnCopy {
                version: version.clone(),
                ..CudnnCopy::default()
            };
            facts.cudnn = versions.iter().map(copy).collect();
            assert_eq!(CudnnVersionDiffers::find(&facts, &need).len(), expected, "{versions:?}");
            assert_eq!(CudnnVersionDiffers::find(&facts, &Need::default()), []);
        };
        let version = |text: &str| Reading::Found(text.parse().unwrap());
        check(&[], 0);
        check(&[version("9.10.2")], 0);
        check(&[version("8.9.7")], 1);
        check(&[version("8.9.7"), version("9.10.2")], 0);
        check(&[version("8.9.7"), Reading::Unknown("permission denied".to_owned())], 0);
    }
}
