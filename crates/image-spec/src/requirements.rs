//! Requirements of Python packages: requirements files, projects and locks.

use crate::{PipRequirement, Placed};
use std::path::PathBuf;

/// A file of requirements that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementsFile {
    /// The file, as it was named.
    pub path: PathBuf,
    /// What it asks for, with what the files ask for that it includes.
    pub requirements: Vec<Placed<PipRequirement>>,
}

/// Why a file of requirements could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}: {reason}", path = path.display())]
pub struct RequirementsError {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 for the whole file.
    pub line: u32,
    /// What is wrong with it.
    pub reason: String,
}
