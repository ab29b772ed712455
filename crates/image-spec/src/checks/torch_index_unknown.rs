//! There is no PyTorch index for this CUDA.
//!
//! PyTorch is built for two or three CUDA versions of each release, and each has a page of its own:
//! `https://download.pytorch.org/whl/cu128`. For CUDA 11.2, 11.4, 12.0, 12.2, 12.3, 12.5 and 12.7 there
//! never were stable builds. pip then finds no torch there, and with `--extra-index-url` silently takes the
//! one from PyPI, which is for another CUDA.
//!
//! See for yourself: open the address in a browser.
//!
//! Take the page of another CUDA of the same major: a torch for 12.1 runs on any driver for CUDA 12.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{histories, once};
use serde::Serialize;

/// There is no PyTorch index for this CUDA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("PyTorch has no index `{index}`")]
pub struct TorchIndexUnknown {
    /// The last part of its address: `cu122`.
    pub index: String,
    /// The nearest that exists.
    pub nearest: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl TorchIndexUnknown {
    pub(super) const CODE: &str = "image/torch-index-unknown";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            for (_, command) in history.commands() {
                for word in command.arguments().iter().filter(|word| !word.open) {
                    let Some((_, behind)) = word.text.split_once("download.pytorch.org/whl/") else {
                        continue;
                    };
                    let index = behind.split(['/', ' ']).next().unwrap_or_default();
                    if is_unknown(index) {
                        let (index, nearest) = (index.to_owned(), nearest(index));
                        once(&mut found, Self { index, nearest, place: history.place(word) });
                    }
                }
            }
        }
        found
    }
}

/// The indexes with stable builds, sorted by CUDA; source: the list of download.pytorch.org/whl and
/// PyTorch's RELEASE.md, 2026-11-24.
const KNOWN: [u32; 22] = [
    75, 80, 90, 91, 92, 100, 101, 102, 110, 111, 113, 115, 116, 117, 118, 121, 124, 126, 128, 129, 130,
    132,
];

/// Whether it certainly does not exist; of what is newer than the list nothing is known.
fn is_unknown(index: &str) -> bool {
    let Some(digits) = index.strip_prefix("cu") else { return false };
    let Ok(number) = digits.parse::<u32>() else {
        // `cu12.8`, `cuda128`.
        return digits.trim_start_matches("da").bytes().all(|it| it.is_ascii_digit() || it == b'.');
    };
    number < 132 && !KNOWN.contains(&number)
}

fn nearest(index: &str) -> Option<String> {
    let digits: String = index.chars().filter(char::is_ascii_digit).collect();
    let number: u32 = digits.parse().ok()?;
    // Nearest of the same major, and the older one of two.
    let same = KNOWN.iter().filter(|known| *known / 10 == number / 10);
    same.min_by_key(|known| (known.abs_diff(number), **known)).map(|known| format!("cu{known}"))
}

impl Diagnosis for TorchIndexUnknown {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(match &self.nearest {
            Some(nearest) => format!("write `https://download.pytorch.org/whl/{nearest}`"),
            None => "see https://pytorch.org/get-started/locally for those that there are".to_owned(),
        })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, TorchIndexUnknown::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        let at = "https://download.pytorch.org/whl";
        check(&format!("{base}RUN pip install torch --index-url {at}/cu122\n"), 1);
        check(&format!("{base}RUN pip install torch --extra-index-url={at}/cu12.8\n"), 1);
        check(&format!("{base}RUN pip install torch --index-url {at}/cu128\n"), 0);
        check(&format!("{base}RUN pip install torch --index-url {at}/cu113\n"), 0);
        check(&format!("{base}RUN pip install torch -f {at}/torch_stable.html\n"), 0);
        check(&format!("{base}RUN pip install torch --index-url {at}/nightly/cu999\n"), 0);
        check(&format!("{base}RUN pip install torch --index-url {at}/cpu\n"), 0);
        check(&format!("{base}RUN pip install torch --index-url {at}/cu999\n"), 0);
    }
}
