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

/// What pip and uv are told of the package index that they use.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackageIndex {
    pub(crate) uv_default_index: Option<String>,
    pub(crate) uv_index_url: Option<String>,
    pub(crate) pip_index_url: Option<String>,
    pub(crate) pip_config_file: Option<PathBuf>,
    pub(crate) home: Option<PathBuf>,
    pub(crate) config_home: Option<PathBuf>,
}

/// The variables that say which package index pip and uv use.
pub(crate) fn package_index() -> PackageIndex {
    let path = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    PackageIndex {
        uv_default_index: std::env::var("UV_DEFAULT_INDEX").ok(),
        uv_index_url: std::env::var("UV_INDEX_URL").ok(),
        pip_index_url: std::env::var("PIP_INDEX_URL").ok(),
        pip_config_file: path("PIP_CONFIG_FILE"),
        home: path("HOME"),
        config_home: path("XDG_CONFIG_HOME"),
    }
}

/// The folders in which programs are looked for: those of `PATH`, then the one in which pip and uv
/// install for one user.
pub(crate) fn program_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = std::env::home_dir().map(|home| home.join(".local/bin"));
    std::env::split_paths(&path).filter(|folder| folder.is_absolute()).chain(own).collect()
}
