//! The host compiler is newer than this CUDA's `nvcc` accepts.
//!
//! `nvcc` hands the host code to gcc and refuses one that is newer than it knows, with `unsupported GNU
//! version`: 11.8 takes gcc up to 11, 12.4 up to 13, 12.8 up to 14. `-allow-unsupported-compiler` switches the
//! question off and not the reason for it.
//!
//! See for yourself in `/usr/local/cuda/include/crt/host_config.h`.
//!
//! Take the gcc of the distribution, or `g++-N` with an N that is low enough; or a newer CUDA.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::{ShellCommand, Word};
use crate::written::{histories, once};
use cuda_compat::CudaVersion;
use serde::Serialize;

/// The host compiler is newer than this CUDA's `nvcc` accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("gcc {gcc} is too new for the nvcc of CUDA {cuda}, which takes gcc up to {newest}")]
pub struct HostCompilerTooNew {
    /// The compiler.
    pub gcc: u32,
    /// The newest that nvcc takes.
    pub newest: u32,
    /// The base's CUDA.
    pub cuda: CudaVersion,
    /// Where it is written.
    pub place: Place,
}

impl HostCompilerTooNew {
    pub(super) const CODE: &str = "image/host-compiler-too-new";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let Some(cuda) = history.base_cuda() else { continue };
            let newest = cuda_compat::toolkit(cuda).and_then(|toolkit| toolkit.newest_gcc);
            let Some(newest) = newest else { continue };
            let of_variables = history.variables().filter(|(name, _)| {
                matches!(*name, "CC" | "CXX" | "CUDAHOSTCXX" | "NVCC_CCBIN" | "CMAKE_CUDA_HOST_COMPILER")
            });
            let words = of_variables.map(|(_, word)| word);
            for word in words.chain(history.commands().flat_map(|(_, command)| chosen(command))) {
                if let Some(gcc) = version(&word.text).filter(|gcc| *gcc > newest) {
                    once(&mut found, Self { gcc, newest, cuda, place: history.place(word) });
                }
            }
        }
        // `CC=gcc-14 CXX=g++-14` is one decision.
        found.dedup_by(|next, before| same_line(&next.place, &before.place));
        found
    }
}

/// The words by which a command chooses the host compiler.
fn chosen(command: &ShellCommand) -> Vec<&Word> {
    let words = command.arguments();
    if command.is(&["update-alternatives"]) {
        return words.iter().filter(|word| word.text.starts_with('/')).collect();
    }
    let behind = words.windows(2).filter_map(|pair| match pair {
        [option, value] if matches!(option.text.as_str(), "-ccbin" | "--compiler-bindir") => Some(value),
        _ => None,
    });
    let glued = words.iter().filter(|word| {
        ["-ccbin=", "--compiler-bindir=", "-DCMAKE_CUDA_HOST_COMPILER="]
            .iter()
            .any(|start| word.text.starts_with(start))
    });
    behind.chain(glued).collect()
}

/// `14` of `/usr/bin/g++-14`.
fn version(compiler: &str) -> Option<u32> {
    let name = compiler.rsplit(['/', '=']).next()?;
    name.strip_prefix("gcc-").or_else(|| name.strip_prefix("g++-"))?.parse().ok()
}

fn same_line(one: &Place, other: &Place) -> bool {
    match (one, other) {
        (Place::File { line, .. }, Place::File { line: other, .. }) => line == other,
        _ => false,
    }
}

impl Diagnosis for HostCompilerTooNew {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!("take `g++-{}`, or a base with a newer CUDA", self.newest))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, HostCompilerTooNew::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04\n";
        check(&format!("{base}ENV CC=gcc-14 CXX=g++-14\n"), 1);
        check(&format!("{base}ENV CUDAHOSTCXX=/usr/bin/g++-14\n"), 1);
        check(&format!("{base}RUN nvcc -ccbin g++-14 a.cu\n"), 1);
        check(&format!("{base}RUN update-alternatives --install /usr/bin/gcc gcc /usr/bin/gcc-14 100\n"), 1);
        check(&format!("{base}RUN cmake -DCMAKE_CUDA_HOST_COMPILER=g++-14 .\n"), 1);
        check(&format!("{base}ENV CC=gcc-13 CXX=g++-13\n"), 0);
        check(&format!("{base}ENV CC=clang-18\nRUN apt-get install -y g++-14\n"), 0);
    }
}
