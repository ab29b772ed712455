//! The base image holds another cuDNN than the project says.
//!
//! An image of `nvidia/cuda` holds exactly one cuDNN, that of the day on which it was made: 12.6.3 holds
//! 9.5.1. A `cudnn` in `[cuda]` that names another one is true for no image on that base.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'dpkg -l | grep cudnn'`.
//!
//! Write the cuDNN that the base holds, take the base that holds the one you want, or let the frameworks
//! bring their own (`cudnn = false`).

use super::{Diagnosis, Fix};
use crate::{Base, Place, Scene, once::once};
use cuda_compat::{CudaVersion, CudnnVersion};
use serde::Serialize;

/// The base image holds another cuDNN than the project says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the project says cuDNN {wanted}, and `{reference}` holds {in_base}")]
pub struct CudnnOfBaseDiffers {
    /// The cuDNN that `[cuda]` names.
    pub wanted: CudnnVersion,
    /// The one in the base.
    pub in_base: CudnnVersion,
    /// The base.
    pub reference: String,
    /// The CUDA of the bases that hold the one that is named.
    pub others: Vec<CudaVersion>,
    /// Where it is written.
    pub place: Place,
}

impl CudnnOfBaseDiffers {
    pub(super) const CODE: &str = "image/cudnn-of-base-differs";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(wanted) = scene.spec.and_then(|spec| spec.stack.cudnn) else { return Vec::new() };
        let found = scene.recipes.iter().filter_map(|recipe| {
            let Base::Cuda { reference, .. } = &recipe.base.value else { return None };
            let in_base = recipe.cudnn.as_ref()?.value;
            (!wanted.is_met_by(in_base)).then(|| {
                let rows = cuda_compat::base_images_with_cudnn(wanted);
                let mut others: Vec<CudaVersion> = rows.map(|row| row.cuda).collect();
                others.dedup();
                Self {
                    wanted,
                    in_base,
                    reference: reference.to_string(),
                    others,
                    place: Place::key("cuda.cudnn"),
                }
            })
        });
        once(found)
    }
}

impl Diagnosis for CudnnOfBaseDiffers {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut fixes = vec![Fix::by_hand(format!("write `cudnn = \"{}\"` in `[cuda]`", self.in_base))];
        if let Some(cuda) = self.others.last() {
            let text = format!("or take CUDA {cuda}, whose images hold cuDNN {}", self.wanted);
            fixes.push(Fix::by_hand(text));
        }
        fixes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_the_base() {
        let check = |cudnn: &str, base: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '12.6.3'\ncudnn = '{cudnn}'\nos = 'ubuntu22.04'\n\
                 [image.prod]\nbase = '{base}'"
            );
            let found = example::spec(&text, CudnnOfBaseDiffers::find);
            assert_eq!(found.len(), expected, "{cudnn} {base}");
        };
        check("9.10", "runtime", 1);
        check("9.5.1", "runtime", 0);
        check("9", "devel", 0);
        check("9.10", "base", 0);
    }
}
