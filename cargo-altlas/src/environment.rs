//! The environment of this process: the one place of the program that reads it.
#![expect(clippy::disallowed_methods, reason = "the environment is read here and handed on")]

use gpu_probe::Environment;
use std::path::PathBuf;

/// The variables that change what CUDA does.
pub(crate) fn variables() -> Environment {
    Environment::pick(std::env::vars_os())
}

/// The folder that the user stands in; `.` where it was deleted.
pub(crate) fn folder() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}

/// The folders in which programs are looked for: those of `PATH`, then the one in which pip and uv
/// install for one user.
pub(crate) fn program_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = std::env::home_dir().map(|home| home.join(".local/bin"));
    std::env::split_paths(&path).filter(|folder| folder.is_absolute()).chain(own).collect()
}
