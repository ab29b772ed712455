//! A copy of cuDNN lacks some of its libraries.
//!
//! cuDNN is one small library that loads the others (`libcudnn_ops`, `libcudnn_cnn`, …) when they
//! are needed. Here some of them are missing beside it, or of another version. A program starts,
//! and fails at the first convolution: `Unable to load any of {libcudnn_ops.so.9.1.0, …}` or
//! `Could not load library libcudnn_cnn_infer.so.8`.
//!
//! List them with `ls FOLDER/libcudnn*`. Install cuDNN anew from one source only: the
//! distribution's package, or the wheel `nvidia-cudnn-cu12`, not files copied by hand.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need};
use serde::Serialize;

/// Sub-libraries are missing or of another version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "cuDNN in `{folder}` is not complete: {} missing or of another version",
    .libraries.join(", ")
)]
pub struct CudnnIncomplete {
    /// The folder.
    pub folder: String,
    /// The libraries.
    pub libraries: Vec<String>,
    /// How it was found, such as `python`.
    pub found_by: String,
}

impl CudnnIncomplete {
    pub(super) const CODE: &str = "gpu/cudnn-incomplete";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let incomplete = facts.cudnn.iter().filter(|copy| !copy.incomplete.is_empty());
        incomplete
            .map(|copy| Self {
                folder: copy.folder.clone(),
                libraries: copy.incomplete.clone(),
                found_by: copy.found_by.clone(),
            })
            .collect()
    }
}

impl Diagnosis for CudnnIncomplete {
    fn place(&self) -> Place {
        Place::Path { path: self.folder.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![if self.found_by == "python" {
            Fix::by_hand(
                "install the wheel anew: `pip install --force-reinstall --no-deps` with the \
                 `nvidia-cudnn-cu…` package of this environment",
            )
        } else {
            Fix::by_hand("remove this copy and install cuDNN anew from one package source")
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CudnnCopy, example};

    #[test]
    fn finds_copies_that_lack_something() {
        let mut facts = example::h200();
        facts.cudnn = vec![CudnnCopy::default()];
        assert_eq!(CudnnIncomplete::find(&facts, &Need::default()), []);
        facts.cudnn[0].incomplete = vec!["libcudnn_ops".to_owned()];
        assert_eq!(CudnnIncomplete::find(&facts, &Need::default()).len(), 1);
    }
}
