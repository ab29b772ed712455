//! Two frameworks bring different majors of CUDA into one environment.
//!
//! Each of them loads its own cuBLAS, cuDNN and runtime, of CUDA 12 and of CUDA 13, into one process. It may
//! work; the image is larger by three gigabytes, the driver has to suit both, and two cuDNNs in a process
//! end in `CUDNN_STATUS_NOT_INITIALIZED` sooner or later. Requirements without versions lead there by
//! themselves: the newest PyTorch has moved to CUDA 13, the newest TensorFlow has not.
//!
//! See for yourself with `pip list | grep -E 'nvidia-.*cu1'`.
//!
//! Take releases of one CUDA, or give each framework an image of its own.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Install, Pick, installs},
    once::once,
};
use serde::Serialize;

/// Two frameworks bring different majors of CUDA into one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{one}` brings CUDA {one_cuda} and `{other}` brings CUDA {other_cuda}")]
pub struct SeveralCudaStacks {
    /// What brings the one.
    pub one: String,
    /// Its CUDA.
    pub one_cuda: String,
    /// What brings the other.
    pub other: String,
    /// Its CUDA.
    pub other_cuda: String,
    /// Where it is written.
    pub place: Place,
}

impl SeveralCudaStacks {
    pub(super) const CODE: &str = "image/several-cuda-stacks";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let all = installs(recipe);
            let brought: Vec<(&Install<'_>, Pick)> = all
                .iter()
                .filter_map(|install| Some((install, install.pick().filter(|it| it.build.brings_cuda)?)))
                .collect();
            let Some((first, one)) = brought.first() else { continue };
            let differs = brought.iter().find(|(_, other)| {
                other.build.cuda_last.major != one.build.cuda_last.major
            });
            found.extend(differs.map(|(install, other)| Self {
                one: first.shown(),
                one_cuda: one.shown_cuda(),
                other: install.shown(),
                other_cuda: other.shown_cuda(),
                place: install.place(),
            }));
        }
        once(found)
    }
}

impl Diagnosis for SeveralCudaStacks {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(
                "write all of them into `[frameworks]`, so that altlas takes the packages of one CUDA, or \
                 pin releases of the same CUDA",
            ),
            Fix::by_hand("or give each an image of its own"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(lines: &str, expected: Option<&str>) {
        let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [image.prod]\nbase = 'base'\nrequirements = ['r.txt']";
        let found = example::spec_with(text, &[("r.txt", lines)], SeveralCudaStacks::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{lines}");
    }

    #[test]
    fn compares_the_majors() {
        check("torch\ntensorflow[and-cuda]", Some(
            "`torch` brings CUDA 13.2 and `tensorflow[and-cuda]` brings CUDA 12"
        ));
        check("torch==2.8.0\ntensorflow[and-cuda]", None);
        check("torch\ntensorflow", None);
        check("torch", None);
        check("cudf-cu12\njax[cuda13]==0.10.2", Some(
            "`cudf-cu12` brings CUDA 12 and `jax[cuda13]==0.10.2` brings CUDA 13"
        ));
    }
}
