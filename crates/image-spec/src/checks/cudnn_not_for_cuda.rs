//! There is no release of this cuDNN for this CUDA.
//!
//! A release of cuDNN is built for certain major versions of CUDA: 9.10.2 is the last one for CUDA 11, and
//! 9.12 and newer are for 12 and 13. No package and no base image has the two together.
//!
//! See for yourself in NVIDIA's cuDNN support matrix, or with `pip index versions nvidia-cudnn-cu12`.
//!
//! Take a cuDNN that is built for the CUDA, or a newer CUDA.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use cuda_compat::{CudaVersion, CudnnVersion};
use serde::Serialize;

/// There is no release of this cuDNN for this CUDA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("there is no cuDNN {cudnn} for CUDA {major}", major = cuda.major)]
pub struct CudnnNotForCuda {
    /// The cuDNN that is asked for.
    pub cudnn: CudnnVersion,
    /// The CUDA.
    pub cuda: CudaVersion,
    /// The newest cuDNN for that CUDA.
    pub newest: Option<CudnnVersion>,
    /// Where it is written.
    pub place: Place,
}

impl CudnnNotForCuda {
    pub(super) const CODE: &str = "image/cudnn-not-for-cuda";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some((spec, cudnn)) = scene.spec.and_then(|spec| Some((spec, spec.stack.cudnn?))) else {
            return Vec::new();
        };
        let Some(cuda) = spec.stack.cuda else { return Vec::new() };
        let mut releases = cuda_compat::cudnn_for_cuda_major(cuda.major);
        let newest = cuda_compat::cudnn_releases().last().map(|row| row.cudnn);
        // What is newer than the table may well exist.
        let is_known = newest.is_some_and(|newest| cudnn <= newest || cudnn.is_met_by(newest));
        if !is_known || releases.any(|row| cudnn.is_met_by(row.cudnn)) {
            return Vec::new();
        }
        let newest = cuda_compat::cudnn_for_cuda_major(cuda.major).next_back().map(|row| row.cudnn);
        vec![Self { cudnn, cuda, newest, place: Place::key("cuda.cudnn") }]
    }
}

impl Diagnosis for CudnnNotForCuda {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let newest = self.newest.map(|newest| format!("; the newest is {newest}")).unwrap_or_default();
        vec![Fix::by_hand(format!(
            "write a `cudnn` that is built for CUDA {}{newest}, or take another CUDA",
            self.cuda.major
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_the_majors() {
        let check = |cuda: &str, cudnn: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '{cuda}'\ncudnn = '{cudnn}'\nos = 'ubuntu22.04'\n\
                 [image.prod]\nbase = 'base'"
            );
            let found = example::spec(&text, CudnnNotForCuda::find);
            assert_eq!(found.len(), expected, "{cuda} {cudnn}");
        };
        check("11.8", "9.12", 1);
        check("13.0", "8", 1);
        check("11.8", "8.9", 0);
        check("12.6", "9", 0);
        check("12.6", "99", 0);
    }
}
