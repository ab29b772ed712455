//! The further index is named, and pip takes torch from PyPI all the same.
//!
//! To pip, all indexes are equal: it takes the highest version of all. With `--extra-index-url
//! https://download.pytorch.org/whl/cu128` and no version, that is PyPI's newest torch, which is for another CUDA
//! and needs a newer driver; the same happens for a version that the index does not have. (uv takes the index that
//! is named first.)
//!
//! See for yourself with `pip download --no-deps torch --extra-index-url …`: the file's name has no `+cu128`.
//!
//! Write `--index-url`, which leaves PyPI out, and install other packages in a call of their own; or pin a version
//! that the index has.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::PipProgram;
use crate::written::{Wanted, histories, once, wanted};
use cuda_compat::{CudaVersion, Framework, FrameworkBuild, framework_builds};
use pep440_rs::Version;
use serde::Serialize;

/// The further index is named, and pip takes torch from PyPI all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("pip takes torch {version} for CUDA {cuda} from PyPI, and not the one of `{index}`")]
pub struct ExtraIndexOutvoted {
    /// The index: `cu128`.
    pub index: String,
    /// The torch that comes.
    pub version: String,
    /// Its CUDA.
    pub cuda: CudaVersion,
    /// Where it is written.
    pub place: Place,
}

impl ExtraIndexOutvoted {
    pub(super) const CODE: &str = "image/extra-index-outvoted";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            for (_, _, pip) in history.pip() {
                // uv takes what the first index has.
                if pip.index.is_some() || pip.program == PipProgram::Uv {
                    continue;
                }
                let pages = pip.extra_indexes.iter();
                let index = pages.filter_map(|page| page.split_once("/whl/")).find_map(|(_, index)| {
                    let index = index.trim_end_matches('/');
                    index.strip_prefix("cu")?.parse::<u32>().ok().map(|_| index)
                });
                let torch = wanted(&pip).into_iter().find(|it| it.name == "torch");
                let Some((index, torch)) = index.zip(torch) else { continue };
                if let Some((version, cuda)) = outvoted(index, &torch) {
                    let place = history.place(torch.word);
                    once(&mut found, Self { index: index.to_owned(), version, cuda, place });
                }
            }
        }
        found
    }
}

/// The releases of torch on an index of PyTorch, or on PyPI.
fn of(
    index: Option<&str>,
) -> impl Iterator<Item = (&'static Version, &'static FrameworkBuild)> + use<'_> {
    let rows = framework_builds().iter().filter(move |row| {
        row.framework == Framework::Torch && row.index.as_deref() == index
    });
    rows.flat_map(|row| row.versions.iter().map(move |version| (version, row)))
}

/// The torch that comes from PyPI instead of the index, and its CUDA; `None` where the index wins, or
/// it is not known.
fn outvoted(index: &str, torch: &Wanted<'_>) -> Option<(String, CudaVersion)> {
    let page = of(Some(index)).map(|(version, _)| version).max()?;
    let (version, row): (&Version, &FrameworkBuild) = match torch.version {
        // A local part, as in `2.8.0+cu128`, is only on the index.
        Some(version) if version.contains(['+', '*']) => return None,
        Some(version) => {
            let version: Version = version.parse().ok()?;
            let is_there = of(Some(index)).any(|(known, _)| *known == version);
            of(None)
                .find(|(known, _)| **known == version && !is_there)?
        }
        // An upper bound may keep PyPI's newest out.
        None if torch.range.contains(['<', '~', '!']) => return None,
        None => of(None).max_by_key(|(version, _)| *version).filter(|(newest, _)| *newest > page)?,
    };
    let is_same = index.strip_prefix("cu")? == format!("{}{}", row.cuda_last.major, row.cuda_last.minor);
    (!is_same).then(|| (version.to_string(), row.cuda_last))
}

impl Diagnosis for ExtraIndexOutvoted {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!(
            "write `--index-url https://download.pytorch.org/whl/{}` instead of `--extra-index-url`",
            self.index
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
            let found = example::dockerfile(text, ExtraIndexOutvoted::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        let extra = "--extra-index-url https://download.pytorch.org/whl/cu128";
        check(&format!("{base}RUN pip install torch {extra}\n"), 1);
        check(&format!("{base}RUN pip install 'torch>=2.0' {extra}\n"), 1);
        check(&format!("{base}RUN pip install torch==2.15.0 {extra}\n"), 1);
        check(&format!("{base}RUN pip install torch==2.8.0 {extra}\n"), 0);
        check(&format!("{base}RUN pip install torch==2.8.0+cu128 {extra}\n"), 0);
        check(&format!("{base}RUN uv pip install torch {extra}\n"), 0);
        check(&format!("{base}RUN pip install torch --index-url https://download.pytorch.org/whl/cu128\n"), 0);
        check(&format!("{base}RUN pip install numpy {extra}\n"), 0);
    }
}
