//! The loader can come to two versions of cuDNN.
//!
//! Two copies of the same major version but different releases are reachable, and at least one of
//! them through `LD_LIBRARY_PATH` or the loader's own path. Which one a program gets depends on the
//! order; part of one and part of the other is possible, too, and gives `Unable to load any of
//! {libcudnn_…}` or wrong versions in error reports. `LD_LIBRARY_PATH` wins over the copy that a
//! Python wheel brings.
//!
//! Find them with `ldconfig -p | grep libcudnn` and `echo $LD_LIBRARY_PATH`. Keep one.

use super::{Diagnosis, Fix, Place};
use crate::{CudnnCopy, Facts, Need};
use cuda_compat::CudnnVersion;
use serde::Serialize;

/// Two releases of one major version of cuDNN are reachable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "two versions of cuDNN can be loaded: {one} in `{one_folder}` and {other} in `{other_folder}`"
)]
pub struct SeveralCudnn {
    /// The version that the loader comes to first.
    pub one: CudnnVersion,
    /// Its folder.
    pub one_folder: String,
    /// The other version.
    pub other: CudnnVersion,
    /// Its folder.
    pub other_folder: String,
    /// Whether `LD_LIBRARY_PATH` leads to the first.
    pub by_variable: bool,
}

const BY_VARIABLE: &str = "LD_LIBRARY_PATH";
const BY_LOADER: &str = "loader path";

impl SeveralCudnn {
    pub(super) const CODE: &str = "gpu/several-cudnn";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let by = |how: &'static str| facts.cudnn.iter().filter(move |copy| copy.found_by == how);
        // A wheel finds its own copy before the loader's path, but not before the variable.
        let over_all = by(BY_VARIABLE).find_map(|one| Self::against(one, &facts.cudnn));
        let loader: Vec<CudnnCopy> = by(BY_LOADER).cloned().collect();
        let in_loader = || loader.first().and_then(|one| Self::against(one, &loader));
        over_all.or_else(in_loader).into_iter().collect()
    }

    fn against(one: &CudnnCopy, all: &[CudnnCopy]) -> Option<Self> {
        let version = *one.version.found()?;
        let differs = |other: &&CudnnCopy| {
            other
                .version
                .found()
                .is_some_and(|other| other.major == version.major && !same_release(*other, version))
        };
        let other = all.iter().find(differs)?;
        Some(Self {
            one: version,
            one_folder: one.folder.clone(),
            other: *other.version.found()?,
            other_folder: other.folder.clone(),
            by_variable: one.found_by == BY_VARIABLE,
        })
    }
}

/// Parts that one of the two does not name count as equal.
fn same_release(one: CudnnVersion, other: CudnnVersion) -> bool {
    let same = |one: Option<u32>, other: Option<u32>| one.zip(other).is_none_or(|(a, b)| a == b);
    same(one.minor, other.minor) && same(one.patch, other.patch)
}

impl Diagnosis for SeveralCudnn {
    fn place(&self) -> Place {
        if self.by_variable {
            Place::Variable { name: BY_VARIABLE.to_owned() }
        } else {
            Place::Path { path: self.one_folder.clone() }
        }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![if self.by_variable {
            Fix::by_hand(format!("take `{}` out of `{BY_VARIABLE}`", self.one_folder))
        } else {
            Fix::by_hand(format!(
                "remove one of `{}` and `{}`, then run `sudo ldconfig`",
                self.one_folder, self.other_folder
            ))
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, example};

    #[test]
    fn judges_what_the_loader_can_reach() {
        assert_eq!(SeveralCudnn::find(&example::h200(), &Need::default()), []);
        let check = |copies: &[(&str, &str)], expected: usize| {
            let mut facts = example::h200();
            let copy = |(found_by, version): &(&str, &str)| CudnnCopy {
                folder: format!("/{found_by}/{version}"),
                version: Reading::Found(version.parse().unwrap()),
                found_by: (*found_by).to_owned(),
                ..CudnnCopy::default()
            };
            facts.cudnn = copies.iter().map(copy).collect();
            let found = SeveralCudnn::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{copies:?}");
        };
        check(&[("loader path", "9.1.0"), ("loader path", "9.10.2")], 1);
        check(&[("loader path", "9.1.0"), ("python", "9.10.2")], 0);
        check(&[("python", "9.10.2"), ("LD_LIBRARY_PATH", "9.1.0")], 1);
        check(&[("loader path", "8.9.7"), ("loader path", "9.10.2")], 0);
        check(&[("python", "9.1.0"), ("python", "9.10.2")], 0);
        check(&[("loader path", "9"), ("loader path", "9.10.2")], 0);
    }
}
