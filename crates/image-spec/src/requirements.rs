//! Requirements of Python packages: requirements files, projects and locks.
//!
//! Every format becomes a [`RequirementsFile`]: what is asked for, each with its line, and of a lock
//! the Pythons and platforms that it was made for. Readers are pure functions of bytes; what a file
//! includes is asked from the caller. Nothing of the environment is filled in: a line with `${NAME}`
//! stays open. User names and passwords in URLs are blanked before anything else sees them.

mod credentials;
mod head;
mod json_keys;
mod line;
mod lock;
mod named;
mod option;
mod pipfile_lock;
mod plain;
mod poetry;
mod poetry_lock;
mod pylock;
mod pyproject;
mod text;
mod toml_text;
mod used;
mod uv_lock;
mod wheel;

pub use credentials::without_credentials;
pub(crate) use lock::holds;
pub use lock::{Lock, LockedPackage};

use crate::{PipRequirement, Place, Placed};
use pep440_rs::VersionSpecifiers;
use pep508_rs::Requirement;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A file of requirements that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementsFile {
    /// The file, as it was named.
    pub path: PathBuf,
    /// What kind of file it is.
    pub kind: RequirementsKind,
    /// What it asks for, with what the files ask for that it includes; of a lock, everything in it.
    pub requirements: Vec<Placed<PipRequirement>>,
    /// What it asks for only where an extra or a group is named, by that name.
    pub optional: BTreeMap<String, Vec<Placed<PipRequirement>>>,
    /// Constraints: versions that are allowed where something else asks for the package.
    pub constraints: Vec<Placed<Requirement>>,
    /// Package indexes and find-links pages, without credentials; the main index first.
    pub indexes: Vec<Placed<PackageIndex>>,
    /// What it asks for, and cannot be known before the build: local paths, archives without a
    /// version in their name, lines with `${NAME}`, files on the web.
    pub open: Vec<Placed<String>>,
    /// The Pythons that it says it is for.
    pub requires_python: Option<Placed<VersionSpecifiers>>,
    /// What it was made for, where it is a lock: every package with one version.
    pub lock: Option<Lock>,
}

/// Where packages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageIndex {
    /// Its URL without credentials, or a path.
    pub url: String,
    /// How it was named.
    pub kind: IndexKind,
}

/// How a package index was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexKind {
    /// Instead of PyPI.
    Main,
    /// Besides it.
    Extra,
    /// As a page or folder with links to archives.
    FindLinks,
}

/// The format of a file of requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequirementsKind {
    /// `requirements*.txt`, and locks in the same format.
    Requirements,
    /// `pyproject.toml`.
    Pyproject,
    /// `uv.lock`.
    UvLock,
    /// `pylock.toml` (PEP 751).
    Pylock,
    /// `poetry.lock`.
    PoetryLock,
    /// `Pipfile.lock`.
    PipfileLock,
}

/// Why a file of requirements could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {reason}", path = path.display())]
pub struct RequirementsError {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong with it.
    pub reason: String,
}

/// Hands out the bytes of a file; the error is a sentence that begins with a verb, as in
/// `is a folder`.
pub type Fetch<'f> = &'f mut dyn FnMut(&Path) -> Result<Vec<u8>, String>;

impl RequirementsKind {
    /// The format that a file of that name has; the error says what the file is instead.
    ///
    /// # Errors
    /// For formats that are known and cannot be read.
    pub fn of(path: &Path) -> Result<Self, String> {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let ending = path.extension().map(|ending| ending.to_string_lossy()).unwrap_or_default();
        match (&*name, &*ending) {
            ("pyproject.toml", _) => Ok(Self::Pyproject),
            ("uv.lock", _) => Ok(Self::UvLock),
            ("poetry.lock", _) => Ok(Self::PoetryLock),
            ("Pipfile.lock", _) => Ok(Self::PipfileLock),
            ("Pipfile", _) => Err("is a Pipfile; name its `Pipfile.lock`".to_owned()),
            (name, "toml") if name.starts_with("pylock.") => Ok(Self::Pylock),
            (_, "toml") => Err("is neither `pyproject.toml` nor `pylock.toml`".to_owned()),
            (_, "yml" | "yaml") => Err("is an environment of Conda, which is not read; name a \
                 requirements file"
                .to_owned()),
            (_, "py" | "cfg") => Err("is part of a setuptools project; name its `pyproject.toml` \
                 or a requirements file"
                .to_owned()),
            (_, "pdm" | "json") => Err("is in a format that is not read; `uv export` and \
                 `pdm export` write requirements files"
                .to_owned()),
            _ => Ok(Self::Requirements),
        }
    }
}

impl RequirementsFile {
    /// Reads the file `path` and all that it includes; `fetch` hands out their bytes.
    ///
    /// # Errors
    /// With file, line and column, where a file cannot be handed out, is not what its name says, or
    /// includes itself.
    pub fn read(path: &Path, fetch: Fetch<'_>) -> Result<Self, RequirementsError> {
        let whole = |reason: String| RequirementsError {
            path: path.to_owned(),
            line: 1,
            column: 1,
            reason: format!("it {reason}"),
        };
        let kind = RequirementsKind::of(path).map_err(whole)?;
        let bytes = fetch(path).map_err(whole)?;
        let text = text::Text::decode(path, &bytes)?;
        match kind {
            RequirementsKind::Requirements => plain::read(&text, fetch),
            RequirementsKind::Pyproject => pyproject::read(&text),
            RequirementsKind::UvLock => uv_lock::read(&text),
            RequirementsKind::Pylock => pylock::read(&text),
            RequirementsKind::PoetryLock => poetry_lock::read(&text),
            RequirementsKind::PipfileLock => pipfile_lock::read(&text),
        }
    }

    fn empty(path: &Path, kind: RequirementsKind) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            requirements: Vec::new(),
            optional: BTreeMap::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            open: Vec::new(),
            requires_python: None,
            lock: None,
        }
    }

    fn index(&mut self, kind: IndexKind, url: &str, place: Place) {
        self.indexes.push(Placed::new(PackageIndex { url: without_credentials(url), kind }, place));
    }

    /// Where the file begins.
    pub fn place(&self) -> Place {
        Place::File { path: self.path.clone(), line: 1, column: 1 }
    }
}

#[cfg(test)]
mod tests;
