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
    installs::{Install, installs},
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
            let brought: Vec<Brought<'_>> = all.iter().filter_map(brought).collect();
            let Some((first, major, one)) = brought.first() else { continue };
            let differs = brought.iter().find(|(_, other, _)| other != major);
            found.extend(differs.map(|(install, _, other)| Self {
                one: first.shown(),
                one_cuda: one.clone(),
                other: install.shown(),
                other_cuda: other.clone(),
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

/// A package that brings CUDA, the major of that and the CUDA in words.
type Brought<'a> = (&'a Install<'a>, u32, String);

fn brought<'a>(install: &'a Install<'a>) -> Option<Brought<'a>> {
    let by_name = || install.major_by_name().map(|major| (install, major, major.to_string()));
    let Some(pick) = install.pick() else { return by_name() };
    let brings = pick.build.brings_cuda;
    brings.then(|| (install, pick.build.cuda_last.major, pick.shown_cuda()))
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
    #[test]
    fn the_name_of_a_package_of_rapids_says_its_cuda() {
        let text = "FROM nvidia/cuda:12.5.1-base-ubuntu22.04\nRUN apt-get install -y python3-pip && \
                    pip install --extra-index-url=https://pypi.nvidia.com cudf-cu12==24.10.1 \
                    cuml-cu11==24.10.0\n";
        let found = example::dockerfile(text, SeveralCudaStacks::find);
        assert_eq!(
            found[0].to_string(),
            "`cudf-cu12==24.10.1` brings CUDA 12 and `cuml-cu11==24.10.0` brings CUDA 11"
        );
    }
}
