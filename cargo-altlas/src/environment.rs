//! The environment of this process: the one place of the program that reads it.
#![expect(clippy::disallowed_methods, reason = "the environment is read here and handed on")]

use gpu_probe::Environment;
use image_spec::EngineVariables;
use std::path::PathBuf;

/// The variables that change what CUDA does.
pub(crate) fn variables() -> Environment {
    Environment::pick(std::env::vars_os())
}

/// The folder that the user stands in; `.` where it was deleted.
pub(crate) fn folder() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}

/// What says which Docker Engine is meant, and where Docker's config is.
pub(crate) fn docker() -> EngineVariables {
    let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let home = std::env::home_dir().map(|home| home.join(".docker"));
    EngineVariables {
        host: text("DOCKER_HOST"),
        context: text("DOCKER_CONTEXT"),
        tls: text("DOCKER_TLS_VERIFY").is_some(),
        certificates: text("DOCKER_CERT_PATH").map(PathBuf::from),
        config: text("DOCKER_CONFIG").map(PathBuf::from).or(home),
    }
}

/// A folder of this user for files that keep two runs of the program apart.
pub(crate) fn lock_folder() -> Option<PathBuf> {
    let folder =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || folder("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")));
    Some(folder("XDG_RUNTIME_DIR").or_else(cache)?.join("altlas"))
}
