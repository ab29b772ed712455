//! Two frameworks ask for different releases of the same NVIDIA libraries.
//!
//! PyTorch pins the NVIDIA wheels that it was built with (`nvidia-nvjitlink-cu12==12.4.127`), TensorFlow up
//! to 2.19 with `[and-cuda]` pins those of its own CUDA, 2.20 takes 12.5.82 and newer, 2.21 takes NCCL
//! 2.27.7 and newer, and JAX names the least cuDNN that it takes. Where no release of both agrees, no
//! environment can hold the two, and the solver says so after minutes, in the words of those libraries.
//!
//! See for yourself with `uv pip compile` on the two.
//!
//! Take releases that agree (PyTorch 2.7 or 2.8 and TensorFlow 2.20 do), leave out `[and-cuda]` and let the
//! base bring CUDA, or give each framework an image of its own.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Install, Pick, installs},
    once::once,
};
use cuda_compat::{CudaVersion, Framework};
use pep440_rs::Version;
use serde::Serialize;

/// Two frameworks ask for different releases of the same NVIDIA libraries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("no environment holds both `{one}` and `{other}`: {reason}")]
pub struct FrameworksDoNotFit {
    /// One requirement.
    pub one: String,
    /// The other.
    pub other: String,
    /// What they do not agree on.
    pub reason: String,
    /// Where it is written.
    pub place: Place,
}

impl FrameworksDoNotFit {
    pub(super) const CODE: &str = "image/frameworks-do-not-fit";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let all = installs(recipe);
            for (index, other) in all.iter().enumerate() {
                for one in all[..index].iter().chain(&all[index + 1..]) {
                    let Some(reason) = conflict(one, other) else { continue };
                    found.push(Self {
                        one: one.shown(),
                        other: other.shown(),
                        reason,
                        place: other.place(),
                    });
                }
            }
        }
        once(found)
    }
}

impl Diagnosis for FrameworksDoNotFit {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(
                "take releases that agree, such as `torch==2.8.0` with `tensorflow[and-cuda]==2.20.0`",
            ),
            Fix::by_hand("or give each framework an image of its own"),
        ]
    }
}

/// Why no release of PyTorch that is allowed agrees with one of the other framework; `None` where two
/// do, or where it is not known.
fn conflict(one: &Install<'_>, other: &Install<'_>) -> Option<String> {
    if one.framework != Framework::Torch {
        return None;
    }
    let mut reason = None;
    let others: Vec<Pick> = other.choices().collect();
    for torch in one.choices() {
        for other in &others {
            reason = Some(disagreement(torch, *other)?);
        }
    }
    reason
}

/// Measured with `uv pip compile` on releases of PyTorch 2.2 to 2.10, TensorFlow 2.15 to 2.21 and JAX
/// 0.4.30 to 0.6.2, on 2026-11-24.
fn disagreement(torch: Pick, other: Pick) -> Option<String> {
    let (ours, theirs) = (torch.brought()?, other.brought()?);
    // The libraries of another major are other packages.
    if ours.major != 12 || theirs.major != 12 {
        return None;
    }
    let since = |text: &[u64]| *other.version >= Version::new(text);
    match other.build.framework {
        Framework::Tensorflow if !since(&[2, 20]) => (ours != theirs).then(|| {
            format!("the one pins the libraries of CUDA {ours}, the other those of CUDA {theirs}")
        }),
        Framework::Tensorflow if ours < CudaVersion::new(12, 5) => Some(format!(
            "the one pins the libraries of CUDA {ours}, the other takes those of 12.5 and newer"
        )),
        Framework::Tensorflow if since(&[2, 21]) && torch.version <= &Version::new([2, 10, 0]) => {
            Some(
                "the one pins an older NCCL than 2.27.7, the least that the other takes".to_owned(),
            )
        }
        Framework::Jax => {
            let (pinned, least) = (torch.build.cudnn?, other.build.cudnn?);
            (pinned < least).then(|| {
                format!("the one pins cuDNN {pinned}, the other takes {least} and newer")
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(lines: &str, expected: Option<&str>) {
        let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [image.prod]\nbase = 'base'\nrequirements = ['r.txt']";
        let found = example::spec_with(text, &[("r.txt", lines)], FrameworksDoNotFit::find);
        let got = found.first().map(ToString::to_string);
        assert_eq!(got.as_deref(), expected, "{lines}");
    }

    #[test]
    fn knows_what_agrees() {
        check("torch==2.6.0\ntensorflow[and-cuda]==2.18.1", Some(
            "no environment holds both `torch==2.6.0` and `tensorflow[and-cuda]==2.18.1`: the one pins \
             the libraries of CUDA 12.4, the other those of CUDA 12.5"
        ));
        check("tensorflow[and-cuda]==2.17.1\ntorch==2.5.1", Some(
            "no environment holds both `torch==2.5.1` and `tensorflow[and-cuda]==2.17.1`: the one pins \
             the libraries of CUDA 12.4, the other those of CUDA 12.3"
        ));
        check("torch==2.6.0\ntensorflow[and-cuda]==2.20.0", Some(
            "no environment holds both `torch==2.6.0` and `tensorflow[and-cuda]==2.20.0`: the one pins \
             the libraries of CUDA 12.4, the other takes those of 12.5 and newer"
        ));
        check("torch==2.10.0\ntensorflow[and-cuda]==2.21.0", Some(
            "no environment holds both `torch==2.10.0` and `tensorflow[and-cuda]==2.21.0`: the one pins \
             an older NCCL than 2.27.7, the least that the other takes"
        ));
        check("torch==2.6.0\njax[cuda12]==0.6.2", Some(
            "no environment holds both `torch==2.6.0` and `jax[cuda12]==0.6.2`: the one pins cuDNN \
             9.1.0.70, the other takes 9.8 and newer"
        ));
        check("torch==2.7.1\ntensorflow[and-cuda]==2.20.0", None);
        check("torch==2.8.0\ntensorflow[and-cuda]==2.20.0", None);
        check("torch==2.8.0\ntensorflow[and-cuda]>=2.18", None);
        check("torch==2.8.0\njax[cuda12]==0.5.3", None);
        check("torch==2.6.0\ntensorflow==2.18.1", None);
        check("torch==2.15.0\ntensorflow[and-cuda]==2.19.1", None);
        check("torch==2.8.0\ncudf-cu12==25.8.0", None);
    }
}
