//! NVIDIA's withdrawn signing key is added.
//!
//! NVIDIA changed the key of its package archives on 27 April 2022. Since then nothing is signed with the
//! old one, `7fa2af80`: apt ends with `NO_PUBKEY A4B469963BF863CC` where only the old one is known, and a
//! withdrawn key has no place in an image anyway.
//!
//! See for yourself with `apt-key list` in the container, or with `apt-get update`.
//!
//! Install the package `cuda-keyring` instead; an image of `nvidia/cuda` has the new key already.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::{Kind, Word};
use crate::written::{histories, once};
use serde::Serialize;

/// NVIDIA's withdrawn signing key is added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the key `7fa2af80` of NVIDIA's archives was withdrawn in April 2022")]
pub struct OldCudaKeyring {
    /// Where it is written.
    pub place: Place,
}

impl OldCudaKeyring {
    pub(super) const CODE: &str = "image/old-cuda-keyring";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            for (_, command) in history.commands() {
                // `apt-key del 7fa2af80` is what NVIDIA says to do.
                if command.has(&["del", "delete"]) {
                    continue;
                }
                for word in command.words.iter().filter(|word| is_old(word)) {
                    once(&mut found, Self { place: history.place(word) });
                }
            }
            for instruction in &history.instructions {
                let Kind::Add(added) = &instruction.kind else { continue };
                for word in added.sources.iter().filter(|word| is_old(word)) {
                    once(&mut found, Self { place: history.place(word) });
                }
            }
        }
        found
    }
}

fn is_old(word: &Word) -> bool {
    word.text.to_ascii_lowercase().contains("7fa2af80")
}

impl Diagnosis for OldCudaKeyring {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "take it out; on a base that is not `nvidia/cuda`, install NVIDIA's package `cuda-keyring`",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, OldCudaKeyring::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM ubuntu:20.04\n";
        let at = "https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2004/x86_64";
        check(&format!("{base}RUN apt-key adv --fetch-keys {at}/7fa2af80.pub\n"), 1);
        check(&format!("{base}ADD {at}/7fa2af80.pub /key\n"), 1);
        check(&format!("{base}RUN apt-key adv --fetch-keys {at}/3bf863cc.pub\n"), 0);
        check(&format!("{base}RUN apt-key del 7fa2af80\n"), 0);
    }
}
