//! `TORCH_CUDA_ARCH_LIST` holds a word that PyTorch does not know.
//!
//! PyTorch's builder of extensions wants compute capabilities with a dot, separated by `;` or blanks, each
//! with `+PTX` where PTX is wanted too: `8.0;8.6;9.0+PTX`. For `sm_80`, `80` or a comma it ends with
//! `Unknown CUDA arch or GPU not supported`, minutes into the build.
//!
//! See for yourself in `torch/utils/cpp_extension.py`, function `_get_cuda_arch_flags`.
//!
//! Write the capabilities with a dot.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{histories, once};
use serde::Serialize;

/// `TORCH_CUDA_ARCH_LIST` holds a word that PyTorch does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("PyTorch does not know `{value}` in `TORCH_CUDA_ARCH_LIST`")]
pub struct TorchArchListInvalid {
    /// The word.
    pub value: String,
    /// What is probably meant.
    pub instead: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl TorchArchListInvalid {
    pub(super) const CODE: &str = "image/torch-arch-list-invalid";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            for (name, word) in history.variables() {
                if name != "TORCH_CUDA_ARCH_LIST" || word.open {
                    continue;
                }
                for value in word.text.split([';', ' ']).filter(|value| !is_known(value)) {
                    let (value, instead) = (value.to_owned(), meant(value));
                    once(&mut found, Self { value, instead, place: history.place(word) });
                }
            }
        }
        found
    }
}

fn is_known(value: &str) -> bool {
    let bare = value.strip_suffix("+PTX").unwrap_or(value);
    // Names of generations, as `Ampere`, are known to some versions.
    let is_name = bare.starts_with(|letter: char| letter.is_ascii_uppercase()) || bare == "native";
    let number = bare.strip_suffix(['a', 'f']).unwrap_or(bare);
    let is_number = number.split_once('.').is_some_and(|(major, minor)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        digits(major) && digits(minor)
    });
    value.is_empty() || is_name || is_number
}

/// `8.0` for `sm_80`, `compute_80` and `80`.
fn meant(value: &str) -> Option<String> {
    let digits = value.trim_start_matches("sm_").trim_start_matches("compute_");
    let (major, minor) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    (is_number(major) && is_number(minor)).then(|| format!("{major}.{minor}"))
}

impl Diagnosis for TorchArchListInvalid {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let instead = self.instead.as_deref();
        vec![Fix::by_hand(instead.map_or_else(
            || "write compute capabilities with a dot: `8.0;8.6;9.0+PTX`".to_owned(),
            |instead| format!("write `{instead}`"),
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, TorchArchListInvalid::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-devel-ubuntu22.04\n";
        check(&format!("{base}ENV TORCH_CUDA_ARCH_LIST=\"sm_80;sm_90\"\n"), 2);
        check(&format!("{base}ENV TORCH_CUDA_ARCH_LIST=80\n"), 1);
        check(&format!("{base}ENV TORCH_CUDA_ARCH_LIST=8.0,8.6\n"), 1);
        check(&format!("{base}ENV TORCH_CUDA_ARCH_LIST=\"8.0 8.6;9.0a 12.0+PTX\"\n"), 0);
        check(&format!("{base}ENV TORCH_CUDA_ARCH_LIST=\"Ampere;Hopper+PTX\"\n"), 0);
        check(&format!("{base}ARG ARCH\nENV TORCH_CUDA_ARCH_LIST=$ARCH\n"), 0);
    }
}
