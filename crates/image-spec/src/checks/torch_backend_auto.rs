//! uv is told to take the PyTorch that fits the driver, in a build that has none.
//!
//! `--torch-backend=auto` and `UV_TORCH_BACKEND=auto` look at the driver of the machine. In a build there is no
//! driver and no GPU, so uv takes the builds without CUDA. It says so in no line that one would notice, and the
//! image is slow.
//!
//! See for yourself with `docker run --rm --gpus all IMAGE python3 -c 'import torch; print(torch.version.cuda)'`.
//!
//! Name the CUDA: `--torch-backend=cu128`.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::PipProgram;
use crate::written::{histories, once};
use serde::Serialize;

/// uv is told to take the PyTorch that fits the driver, in a build that has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{written}` finds no driver in a build, and uv installs PyTorch without CUDA")]
pub struct TorchBackendAuto {
    /// The option or variable.
    pub written: String,
    /// Where it is written.
    pub place: Place,
}

impl TorchBackendAuto {
    pub(super) const CODE: &str = "image/torch-backend-auto";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let uses_uv = history.pip().any(|(_, _, pip)| pip.program == PipProgram::Uv);
            for (name, value) in history.variables() {
                if uses_uv && name == "UV_TORCH_BACKEND" && value.text == "auto" {
                    let written = "UV_TORCH_BACKEND=auto".to_owned();
                    once(&mut found, Self { written, place: history.place(value) });
                }
            }
            for (_, command, pip) in history.pip() {
                let words = command.arguments();
                let at = words.iter().position(|word| {
                    word.text == "--torch-backend=auto" || word.text == "--torch-backend"
                });
                let Some(at) = at.filter(|_| pip.program == PipProgram::Uv) else { continue };
                let Some(word) = words.get(at) else { continue };
                let next = words.get(at + 1).is_some_and(|next| next.text == "auto");
                if word.text.ends_with("=auto") || next {
                    let written = "--torch-backend=auto".to_owned();
                    once(&mut found, Self { written, place: history.place(word) });
                }
            }
        }
        found
    }
}

impl Diagnosis for TorchBackendAuto {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("name the CUDA of the image: `--torch-backend=cu128`")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, TorchBackendAuto::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}RUN uv pip install --torch-backend=auto torch\n"), 1);
        check(&format!("{base}RUN uv pip install torch --torch-backend auto\n"), 1);
        check(&format!("{base}ENV UV_TORCH_BACKEND=auto\nRUN uv pip install torch\n"), 1);
        check(&format!("{base}RUN uv pip install --torch-backend=cu128 torch\n"), 0);
        check(&format!("{base}RUN uv pip install torch\n"), 0);
    }
}
