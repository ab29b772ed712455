//! A Dockerfile as it is written, with a place for everything.

use crate::Place;
use std::path::{Path, PathBuf};

/// A Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    /// The file, as it was named.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// The stages in their order.
    pub(crate) stages: Vec<Stage>,
}

/// A stage.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) image: String,
    pub(crate) name: Option<String>,
    pub(crate) start: usize,
}

/// Why a file is not a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {reason}", path = path.display())]
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

impl Dockerfile {
    /// Reads the text of the file `path`.
    ///
    /// # Errors
    /// Where Docker would not read it either.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, DockerfileError> {
        let wrong = |line, column, reason: String| DockerfileError {
            path: path.to_owned(),
            line,
            column,
            reason,
        };
        let text = std::str::from_utf8(bytes)
            .map_err(|_| wrong(0, 0, "it is not UTF-8".to_owned()))?
            .to_owned();
        let stages = {
            let parsed = parse_dockerfile::parse(&text)
                .map_err(|error| wrong(error.line(), error.column(), error.to_string()))?;
            parsed
                .stages()
                .map(|stage| Stage {
                    image: stage.from.image.value.to_string(),
                    name: stage.from.as_.as_ref().map(|(_, name)| name.value.to_string()),
                    start: stage.from.image.span.start,
                })
                .collect()
        };
        Ok(Self { path: path.to_owned(), text, stages })
    }

    /// The place of a byte of the text.
    pub(crate) fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Place::File { path: self.path.clone(), line: number(line), column: number(column) }
    }
}
