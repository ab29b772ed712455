//! NVIDIA's package archive is added to an image that has it already.
//!
//! Every image of `nvidia/cuda` comes with NVIDIA's archive for its distribution, and the key. Adding it a
//! second time is at best of no use. Added with another key file, apt ends with `Conflicting values set for
//! option Signed-By`; for another distribution, apt mixes packages that were built for different releases.
//!
//! See for yourself with `docker run --rm nvidia/cuda:TAG sh -c 'cat /etc/apt/sources.list.d/*'`.
//!
//! Take the lines out; `apt-get update && apt-get install` finds NVIDIA's packages without them.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::Word;
use crate::written::{histories, once};
use serde::Serialize;

/// NVIDIA's package archive is added to an image that has it already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", sentence(.archive, .own))]
pub struct SecondCudaKeyring {
    /// The archive that is added, as its address names the distribution: `ubuntu2004`.
    pub archive: String,
    /// The one that the base has.
    pub own: String,
    /// Where it is written.
    pub place: Place,
}

impl SecondCudaKeyring {
    pub(super) const CODE: &str = "image/second-cuda-keyring";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let Some(tag) = history.cuda_tag() else { continue };
            let own: String = tag.os.replace('.', "").replace("ubi", "rhel").replace("rockylinux", "rhel");
            for run in history.runs() {
                let words = run.commands.iter().flat_map(|command| &command.words);
                // One finding for an instruction: it fetches, installs and lists the same archive.
                if let Some((word, archive)) = words.filter_map(added).next() {
                    let place = history.place(word);
                    let archive = archive.to_owned();
                    once(&mut found, Self { archive, own: own.clone(), place });
                }
            }
        }
        found
    }
}

/// The archive that a word names where it adds one.
fn added(word: &Word) -> Option<(&Word, &str)> {
    let (_, behind) = word.text.split_once("developer.download.nvidia.com/compute/cuda/repos/")?;
    let (archive, rest) = behind.split_once('/')?;
    let adds = rest.contains("cuda-keyring") || rest.ends_with(".pin") || rest.ends_with(".repo")
        || word.text.contains("deb ");
    adds.then_some((word, archive))
}

fn sentence(archive: &str, own: &str) -> String {
    if archive == own {
        format!("NVIDIA's archive for `{archive}` is in the base already")
    } else {
        format!("NVIDIA's archive for `{archive}` is added to an image that has the one for `{own}`")
    }
}

impl Diagnosis for SecondCudaKeyring {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("take it out: the base has NVIDIA's archive and its key already")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, SecondCudaKeyring::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        let at = "https://developer.download.nvidia.com/compute/cuda/repos";
        let keyring = "x86_64/cuda-keyring_1.1-1_all.deb";
        check(&format!("{base}RUN wget {at}/ubuntu2204/{keyring} && dpkg -i cuda-keyring_1.1-1_all.deb\n"), 1);
        check(&format!("{base}RUN wget {at}/ubuntu2004/{keyring}\n"), 1);
        check(&format!("{base}RUN add-apt-repository \"deb {at}/ubuntu2204/x86_64/ /\"\n"), 1);
        check(&format!("FROM ubuntu:22.04\nRUN wget {at}/ubuntu2204/{keyring}\n"), 0);
        check(&format!("{base}RUN wget https://example.com/a.deb\n"), 0);
        check(&format!("{base}RUN apt-key adv --fetch-keys {at}/ubuntu2204/x86_64/3bf863cc.pub\n"), 0);
    }
}
