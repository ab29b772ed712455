//! The compiler is asked for a GPU that this CUDA cannot build for.
//!
//! Each CUDA builds for a range of compute capabilities. A newer GPU needs a newer CUDA: Hopper (9.0) 11.8,
//! Blackwell (10.0, 12.0) 12.8; CUDA 12 dropped Kepler, and CUDA 13 Maxwell, Pascal and Volta. For all
//! others `nvcc` ends with `Unsupported gpu architecture`.
//!
//! See for yourself with `docker run --rm IMAGE nvcc --list-gpu-arch`.
//!
//! Take the architecture out, or a base with a CUDA that has it.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::{ShellCommand, Word};
use crate::written::{histories, once};
use cuda_compat::{ComputeCapability, CudaVersion};
use serde::Serialize;

/// The compiler is asked for a GPU that this CUDA cannot build for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("CUDA {cuda} cannot build for `{target}`")]
pub struct NvccArchNotInToolkit {
    /// The target as it is written: `sm_120`, `70`.
    pub target: String,
    /// The base's CUDA.
    pub cuda: CudaVersion,
    /// The first CUDA that can; `None` where it is a dropped one.
    pub since: Option<CudaVersion>,
    /// The last CUDA that could.
    pub until: Option<CudaVersion>,
    /// Where it is written.
    pub place: Place,
}

impl NvccArchNotInToolkit {
    pub(super) const CODE: &str = "image/nvcc-arch-not-in-toolkit";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let Some(cuda) = history.base_cuda().filter(|cuda| cuda_compat::toolkit(*cuda).is_some())
            else {
                continue;
            };
            let of_commands = history.commands().flat_map(|(_, command)| targets(command));
            let listed = history.variables().filter(|(name, _)| {
                matches!(*name, "CUDAARCHS" | "TORCH_CUDA_ARCH_LIST" | "CMAKE_CUDA_ARCHITECTURES")
            });
            let of_variables = listed.flat_map(|(_, word)| list(&word.text).map(move |it| (word, it)));
            for (word, target) in of_commands.chain(of_variables) {
                let Some((since, until)) = outside(&target, cuda) else { continue };
                let place = history.place(word);
                once(&mut found, Self { target, cuda, since, until, place });
            }
        }
        found
    }
}

/// The targets that a command of nvcc or CMake names. One of several spellings is enough: `arch=` and
/// `code=` of the same number are one target.
fn targets(command: &ShellCommand) -> Vec<(&Word, String)> {
    let mut found: Vec<(&Word, String)> = Vec::new();
    for word in &command.words {
        let text = word.text.as_str();
        let names: Vec<String> = match text.split_once("CMAKE_CUDA_ARCHITECTURES") {
            Some((_, behind)) => {
                let values = behind.split_once('=').map_or("", |(_, values)| values);
                list(values).collect()
            }
            None if command.is(&["nvcc"]) => {
                let parts = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                parts.filter(|part| part.starts_with("sm_")).map(str::to_owned).collect()
            }
            None => Vec::new(),
        };
        found.extend(names.into_iter().map(|name| (word, name)));
    }
    found
}

fn list(values: &str) -> impl Iterator<Item = String> {
    values.split([';', ' ', ',']).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Where a target is none of this CUDA's: the first and the last CUDA that builds for it.
fn outside(target: &str, cuda: CudaVersion) -> Option<(Option<CudaVersion>, Option<CudaVersion>)> {
    let bare = target.trim_start_matches("sm_").trim_start_matches("compute_");
    let bare = bare.trim_end_matches("+PTX").trim_end_matches("-real").trim_end_matches("-virtual");
    let number = bare.trim_end_matches(['a', 'f']);
    let row = cuda_compat::architecture(capability(number)?)?;
    let first = match bare.strip_prefix(number) {
        Some("a") => row.since_a?,
        Some("f") => row.since_f?,
        _ => row.since,
    };
    let line = cuda.minor_line();
    if line < first {
        return Some((Some(first), row.until));
    }
    row.until.filter(|until| line > *until).map(|until| (None, Some(until)))
}

/// `8.6` and `86`.
fn capability(number: &str) -> Option<ComputeCapability> {
    if number.contains('.') {
        return number.parse().ok();
    }
    let (major, minor) = number.split_at_checked(number.len().checked_sub(1)?)?;
    Some(ComputeCapability::new(major.parse().ok()?, minor.parse().ok()?))
}

impl Diagnosis for NvccArchNotInToolkit {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let target = &self.target;
        vec![Fix::by_hand(match (self.since, self.until) {
            (Some(since), _) => format!("take `{target}` out, or a base with CUDA {since} or newer"),
            (None, Some(until)) => {
                format!("take `{target}` out, or a base with CUDA {until} or older")
            }
            (None, None) => format!("take `{target}` out"),
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
            let found = example::dockerfile(text, NvccArchNotInToolkit::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04\n";
        check(&format!("{base}RUN nvcc -arch=sm_120 -o a a.cu\n"), 1);
        check(&format!("{base}RUN nvcc -arch sm_90a a.cu\n"), 0);
        check(&format!("{base}RUN nvcc -gencode arch=compute_35,code=[sm_35,compute_35] a.cu\n"), 1);
        check(&format!("{base}RUN nvcc -gencode=arch=compute_80,code=sm_80 a.cu\n"), 0);
        check(&format!("{base}RUN nvcc --gpu-architecture=native a.cu\n"), 0);
        check(&format!("{base}RUN cmake -DCMAKE_CUDA_ARCHITECTURES='80-real;100;120' ..\n"), 2);
        check(&format!("{base}RUN cmake -DCMAKE_CUDA_ARCHITECTURES=all-major ..\n"), 0);
        check(&format!("{base}ENV TORCH_CUDA_ARCH_LIST=\"8.0;12.0+PTX\"\n"), 1);
        check(&format!("{base}ENV TORCH_CUDA_ARCH_LIST=\"Ampere;9.0\"\n"), 0);
        check("FROM nvidia/cuda:13.0.2-devel-ubuntu24.04\nRUN nvcc -arch=sm_70 a.cu\n", 1);
        check("FROM ubuntu:24.04\nRUN nvcc -arch=sm_70 a.cu\n", 0);
    }
}
