//! A framework needs another cuDNN than the base holds, or the base holds none.
//!
//! A program that is linked with cuDNN 8 looks for `libcudnn.so.8` and does not load `libcudnn.so.9`.
//! TensorFlow up to 2.17 without `[and-cuda]` and ONNX Runtime up to 1.18 need 8, later ones need 9. They say
//! `Could not load dynamic library 'libcudnn.so.8'` and compute on the CPU.
//!
//! See for yourself with `ldconfig -p | grep cudnn` in the image.
//!
//! Take the base with the cuDNN that the framework was built for, or the package that brings its own.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, installs::installs, once::once};
use cuda_compat::CudnnVersion;
use serde::Serialize;

/// A framework needs another cuDNN than the base holds, or the base holds none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` needs cuDNN {}, and the base has {}",
    needs.major,
    has.map_or("none".to_owned(), |has| has.to_string()))]
pub struct CudnnOfFrameworkDiffers {
    /// The requirement.
    pub requirement: String,
    /// The cuDNN that it needs.
    pub needs: CudnnVersion,
    /// The cuDNN of the base.
    pub has: Option<CudnnVersion>,
    /// Where it is written.
    pub place: Place,
}

impl CudnnOfFrameworkDiffers {
    pub(super) const CODE: &str = "image/cudnn-of-framework-differs";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let Some(tag) = recipe.cuda_tag() else { continue };
            let has = recipe.cudnn.as_ref().map(|cudnn| cudnn.value);
            // A base with cuDNN of which the table does not say which, or one from a package.
            let is_open = (tag.cudnn.is_some() && has.is_none())
                || recipe.apt.iter().any(|it| it.value.name.contains("cudnn"))
                || recipe.pip.iter().any(|it| it.value.requirement.name.as_ref().contains("cudnn"));
            if is_open {
                continue;
            }
            let all = installs(recipe);
            let brought = all.iter().any(|install| {
                install.pick().is_some_and(|pick| pick.build.brings_cuda && pick.build.cudnn.is_some())
            });
            for install in &all {
                let Some(pick) = install.pick().filter(|pick| !pick.build.brings_cuda) else { continue };
                let Some(needs) = pick.build.cudnn else { continue };
                // One that is for another CUDA altogether is another finding.
                if pick.build.cuda_last.major != tag.cuda.major {
                    continue;
                }
                let fits = has.is_some_and(|has| has.major == needs.major);
                if fits || (has.is_none() && brought) {
                    continue;
                }
                found.push(Self {
                    requirement: install.shown(),
                    needs,
                    has,
                    place: install.place(),
                });
            }
        }
        once(found)
    }
}

impl Diagnosis for CudnnOfFrameworkDiffers {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(format!("take a base with cuDNN {}", self.needs.major)),
            Fix::by_hand(format!(
                "or a release or an extra of `{}` that fits the base",
                self.requirement.split(['=', '<', '>', '[', '~', '!']).next().unwrap_or_default()
            )),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_the_base() {
        let check = |cudnn: bool, line: &str, expected: Option<&str>| {
            let text = format!(
                "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                 [image.prod]\nbase = 'runtime'\ncudnn = {cudnn}\nrequirements = ['r.txt']"
            );
            let found =
                example::spec_with(&text, &[("r.txt", line)], CudnnOfFrameworkDiffers::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{line}");
        };
        check(true, "tensorflow==2.17.1", Some(
            "`tensorflow==2.17.1` needs cuDNN 8, and the base has 9.5.1.17"
        ));
        check(false, "onnxruntime-gpu==1.23.2", Some(
            "`onnxruntime-gpu==1.23.2` needs cuDNN 9, and the base has none"
        ));
        check(true, "onnxruntime-gpu==1.23.2", None);
        check(false, "onnxruntime-gpu==1.23.2\ntorch==2.8.0", None);
        check(false, "onnxruntime-gpu==1.23.2\nnvidia-cudnn-cu12", None);
        check(false, "cupy-cuda12x", None);
        check(false, "tensorflow[and-cuda]==2.17.1", None);
    }
}
