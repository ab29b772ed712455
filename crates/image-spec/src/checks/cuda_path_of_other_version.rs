//! A path names a CUDA that the image does not have.
//!
//! An image of `nvidia/cuda` has its toolkit in `/usr/local/cuda-12.6`, and the link
//! `/usr/local/cuda` leads there. A path with another version, left over from an older base, leads
//! nowhere: `nvcc` is not found, or libraries are missing at the start.
//!
//! See for yourself with `docker run --rm IMAGE ls -d /usr/local/cuda*`.
//!
//! Write `/usr/local/cuda`, which is right with every base.

use super::{Diagnosis, Fix};
use crate::{
    Base, Dockerfile, Place, Scene,
    dockerfile::{Instruction, Kind},
};
use cuda_compat::CudaVersion;
use serde::Serialize;

/// A path names a CUDA that the image does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`/usr/local/cuda-{named}` is not in the image, which has CUDA {has}")]
pub struct CudaPathOfOtherVersion {
    /// The CUDA in the path.
    pub named: String,
    /// The CUDA of the base.
    pub has: CudaVersion,
    /// Where it is written.
    pub place: Place,
}

const FOLDER: &str = "/usr/local/cuda-";

impl CudaPathOfOtherVersion {
    pub(super) const CODE: &str = "image/cuda-path-of-other-version";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        if !file.text.contains(FOLDER) {
            return Vec::new();
        }
        let mut found: Vec<Self> = Vec::new();
        for (stage, recipe) in scene.recipes.iter().enumerate() {
            let Base::Cuda { tag, .. } = &recipe.base.value else { continue };
            for instruction in file.of_stage(stage) {
                for (named, at) in named(file, instruction) {
                    let Ok(version) = named.parse::<CudaVersion>() else { continue };
                    let is_same = (version.major, version.minor) == (tag.cuda.major, tag.cuda.minor);
                    if is_same || may_bring(file, stage, &named) {
                        continue;
                    }
                    // One place is enough for a line that says it several times.
                    let place = file.place(at);
                    let line = |place: &Place| match place {
                        Place::File { line, .. } => *line,
                        Place::Key { .. } => 0,
                    };
                    if found.iter().all(|known| line(&known.place) != line(&place)) {
                        found.push(Self { named, has: tag.cuda, place });
                    }
                }
            }
        }
        found
    }
}

/// The versions in paths that an instruction uses; files that come from elsewhere are not meant.
fn named(file: &Dockerfile, instruction: &Instruction) -> Vec<(String, usize)> {
    let is_used = matches!(instruction.kind, Kind::Env(_) | Kind::Run(_) | Kind::Arg(_) | Kind::Workdir(_));
    let text = file.text.get(instruction.span.clone()).filter(|_| is_used).unwrap_or_default();
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim_start().starts_with('#') {
            for (at, _) in line.match_indices(FOLDER) {
                let rest = line.get(at + FOLDER.len()..).unwrap_or_default();
                let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
                let version = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                let version = version.trim_end_matches('.');
                found.push((version.to_owned(), instruction.span.start + start + at));
            }
        }
        start += line.len();
    }
    found
}

/// Whether a stage installs or copies that toolkit, or may do so.
fn may_bring(file: &Dockerfile, stage: usize, version: &str) -> bool {
    let dashed = version.split('.').take(2).collect::<Vec<_>>().join("-");
    let folder = format!("{FOLDER}{version}");
    let of = |kind: &Kind| match kind {
        Kind::Run(run) => {
            run.text.contains(&format!("-{dashed}"))
                || run.text.contains("_linux.run")
                || run.text.contains(&format!("cuda_{version}"))
                || run.commands.iter().any(|command| {
                    // `[ -d /usr/local/cuda-11.8 ]` asks, `ln -s /usr/local/cuda` makes it.
                    let makes = command.is(&["ln", "mkdir", "tar", "cp", "mv", "test", "[", "[["]);
                    makes && command.argument_texts().any(|text| text.starts_with(&folder))
                        || command.program().ends_with(".sh")
                })
        }
        Kind::Copy(copied) | Kind::Add(copied) => copied.target.text.starts_with("/usr/local"),
        _ => false,
    };
    file.lineage(stage)
        .any(|stage| file.of_stage(stage).iter().any(|instruction| of(&instruction.kind)))
}

impl Diagnosis for CudaPathOfOtherVersion {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("write `/usr/local/cuda`, which leads to the version that is there")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_other_versions() {
        let check = |lines: &str, expected: &[&str]| {
            let text = format!("FROM nvidia/cuda:12.6.3-devel-ubuntu22.04\n{lines}\n");
            let found = example::dockerfile(&text, CudaPathOfOtherVersion::find);
            let got: Vec<&str> = found.iter().map(|found| found.named.as_str()).collect();
            assert_eq!(got, expected, "{text}");
        };
        check("ENV CUDA_HOME=/usr/local/cuda-11.8", &["11.8"]);
        check("ENV A=/usr/local/cuda-11.8/bin:/usr/local/cuda-11.8/lib64", &["11.8"]);
        check("RUN /usr/local/cuda-12.1/bin/nvcc x.cu", &["12.1"]);
        check("ENV CUDA_HOME=/usr/local/cuda-12.6", &[]);
        check("ENV CUDA_HOME=/usr/local/cuda", &[]);
        check("ENV CUDA_HOME=/usr/local/cuda-${V}", &[]);
        check("RUN apt-get install -y cuda-toolkit-11-8\nENV CUDA_HOME=/usr/local/cuda-11.8", &[]);
        check("RUN ln -s /usr/local/cuda /usr/local/cuda-11.8\nENV CUDA_HOME=/usr/local/cuda-11.8", &[]);
        check("COPY --from=x /usr/local/cuda-11.8 /usr/local/cuda-11.8\nENV CUDA_HOME=/usr/local/cuda-11.8", &[]);
        check("FROM ubuntu:22.04\nENV CUDA_HOME=/usr/local/cuda-11.8", &[]);
    }
}
