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
