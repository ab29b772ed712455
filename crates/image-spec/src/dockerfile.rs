//! A Dockerfile as it is written, with a place for everything.
//!
//! [`Dockerfile::parse`] reads what BuildKit reads and refuses what it refuses, but for
//! `ENV NAME=value # why`, which has a check that says what to do. Words come with the variables
//! replaced that the file itself sets, so that a check sees `nvidia/cuda:12.6.3-base-ubuntu22.04` and
//! not `nvidia/cuda:${CUDA}-base-ubuntu22.04`; what is open stays as it is written and is marked.

mod conda;
mod decode;
mod extent;
mod ignores;
mod instruction;
mod lines;
mod packages;
mod pattern;
mod pip;
mod read;
mod shell;
mod variables;
mod venv;
mod words;

pub(crate) use conda::Conda;
pub(crate) use ignores::{Ignore, Ignores};
pub(crate) use instruction::{
    Copied, Flag, From, HereDoc, Instruction, Kind, Pair, Run, Word, Words,
};
pub(crate) use packages::{Manager, Packages, action};
pub(crate) use pip::{Pip, PipProgram, is_folder};
pub(crate) use shell::{Joint, ShellCommand};
pub(crate) use venv::{InstalledTo, PythonPlaces};
#[cfg(test)]
mod judged;
#[cfg(any(test, fuzzing))]
pub(crate) mod spans;
#[cfg(test)]
mod tests;

use lines::Lines;
use variables::Variables;

use crate::Place;
use std::{
    ops::Range,
    path::{Path, PathBuf},
};

/// A Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    /// The file, as it was named.
    pub path: PathBuf,
    /// Its text, without a byte-order mark.
    pub text: String,
    /// The instructions in their order.
    pub(crate) instructions: Vec<Instruction>,
    /// The stages in their order.
    pub(crate) stages: Vec<Stage>,
    /// The comments that say what is to be passed over.
    pub(crate) ignores: Ignores,
    lines: Lines,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stage {
    /// Its name in lower case.
    pub(crate) name: Option<String>,
    /// The stage that it builds on, as an index.
    pub(crate) parent: Option<usize>,
    /// Its `FROM`, as an index of an instruction.
    pub(crate) from: usize,
    /// The instructions behind that, as indexes.
    pub(crate) instructions: Range<usize>,
}

/// Why a file is not a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}{at}: {reason}", path = path.display(), at = position(*line, *column))]
pub struct DockerfileError {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 for the whole file.
    pub line: usize,
    /// The column, from 1; 0 for the whole line.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

fn position(line: usize, column: usize) -> String {
    match (line, column) {
        (0, _) => String::new(),
        (line, 0) => format!(":{line}"),
        (line, column) => format!(":{line}:{column}"),
    }
}

/// The names of all instructions.
const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

impl Dockerfile {
    /// A Dockerfile is far smaller; what is larger than this is something else.
    pub const LARGEST: usize = 1024 * 1024;

    /// Reads the text of the file `path`.
    ///
    /// # Errors
    /// Where Docker would not read it either, and where it is no text or larger than
    /// [`Self::LARGEST`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, DockerfileError> {
        let text = decode::text(bytes).map_err(|(line, reason)| DockerfileError {
            path: path.to_owned(),
            line,
            column: 0,
            reason,
        })?;
        let lines = Lines::of(text);
        let source = read::Source { path, text, lines: &lines };
        let escape = source.escape()?;
        let logical = source.logical(escape)?;
        let ignores = Ignores::read(text, &lines, &logical);
        let built = read::build(&source, logical, escape)?;
        Ok(Self {
            path: path.to_owned(),
            text: text.to_owned(),
            instructions: built.instructions,
            stages: built.stages,
            ignores,
            lines,
        })
    }

    /// The place of a byte of the text.
    pub(crate) fn place(&self, at: usize) -> Place {
        let (line, column) = self.lines.position(&self.text, at);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Place::File { path: self.path.clone(), line: number(line), column: number(column) }
    }

    /// Whether a comment means that place.
    pub(crate) fn is_covered(&self, ignore: &Ignore, place: &Place) -> bool {
        matches!(place, Place::File { path, line, .. } if *path == self.path && ignore.covers(*line))
    }

    /// Whether a comment passes over a finding.
    pub(crate) fn ignores(&self, code: &str, place: &Place) -> bool {
        let mut named = self.ignores.list.iter().filter(|ignore| ignore.names(code));
        named.any(|ignore| self.is_covered(ignore, place))
    }

    /// The instructions of a stage, without its `FROM` and without those of its parents.
    pub(crate) fn of_stage(&self, stage: usize) -> &[Instruction] {
        let range = self.stages.get(stage).map(|stage| stage.instructions.clone());
        range.and_then(|range| self.instructions.get(range)).unwrap_or_default()
    }

    /// The `FROM` of a stage.
    pub(crate) fn begin_of(&self, stage: usize) -> Option<&From> {
        match &self.instructions.get(self.stages.get(stage)?.from)?.kind {
            Kind::From(from) => Some(from),
            _ => None,
        }
    }

    /// Every `RUN`, also behind `ONBUILD`, with its instruction.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (&Instruction, &Run)> {
        self.instructions.iter().filter_map(|instruction| {
            let inner = match &instruction.kind {
                Kind::Onbuild(inner) => &inner.kind,
                kind => kind,
            };
            match inner {
                Kind::Run(run) => Some((instruction, run)),
                _ => None,
            }
        })
    }

    /// The stage with that name or number, as `--from=` names it.
    pub(crate) fn stage_named(&self, name: &str) -> Option<usize> {
        let lower = name.to_lowercase();
        let named = |stage: &Stage| stage.name.as_deref() == Some(lower.as_str());
        self.stages
            .iter()
            .rposition(named)
            .or_else(|| name.parse::<usize>().ok().filter(|number| *number < self.stages.len()))
    }

    /// A stage and those that it builds on, the stage first.
    pub(crate) fn lineage(&self, stage: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(stage), |stage| {
            // A parent always comes earlier.
            self.stages.get(*stage)?.parent.filter(|parent| parent < stage)
        })
    }

    /// The stage that is built where no other is asked for.
    pub(crate) fn last_stage(&self) -> usize {
        self.stages.len().saturating_sub(1)
    }
}
