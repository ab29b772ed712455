//! The options and errors that all commands share which talk to a Docker Engine.

use crate::{
    commands::doctor::stop_on_signal,
    environment,
    exit::{Exit, Failure},
    files,
};
use anyhow::Context;
use clap::Args;
use image_spec::{ContainerEngine, ContextError, EngineError, EngineHost, RegistryOptions};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

/// Which Docker Engine is asked.
#[derive(Debug, Args)]
pub(super) struct EngineArgs {
    /// The Docker Engine, such as `unix:///var/run/docker.sock`
    /// [default: `DOCKER_HOST`, or the context that Docker uses]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
}

/// How a command that makes images says what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Shape {
    /// For reading
    Human,
    /// Everything, for programs
    Json,
}

impl EngineArgs {
    /// Where the engine is.
    pub(super) fn host(&self) -> Result<EngineHost, Failure> {
        EngineHost::find(self.host.as_deref(), &environment::docker()).map_err(Failure::usage)
    }

    /// The engine, with the flag that Ctrl-C sets.
    pub(super) fn connect(&self) -> Result<(ContainerEngine, Arc<AtomicBool>), Failure> {
        let stop = stop_on_signal();
        let engine = ContainerEngine::connect(self.host()?, Arc::clone(&stop)).map_err(failure)?;
        Ok((engine, stop))
    }
}

/// How a registry is asked.
pub(super) fn registry_options(
    engine: &ContainerEngine,
    registry: Option<&str>,
    stop: Arc<AtomicBool>,
) -> Result<RegistryOptions, EngineError> {
    let insecure = registry.map(|name| engine.calls_insecure(name)).transpose()?;
    Ok(RegistryOptions {
        docker_config: docker_config(),
        insecure: insecure.unwrap_or(false),
        certificates: Some(PathBuf::from("/etc/docker/certs.d")),
        stop,
    })
}

/// Docker's `config.json`.
pub(super) fn docker_config() -> Option<PathBuf> {
    environment::docker().config.map(|folder| folder.join("config.json"))
}

/// The exit code that an error deserves.
pub(super) fn exit_of(error: &EngineError) -> Exit {
    match error {
        EngineError::Build(_)
        | EngineError::TagTaken { .. }
        | EngineError::NotWhatWasPushed { .. } => Exit::Findings,
        EngineError::NoSuchImage(_)
        | EngineError::Context(ContextError::LinkOutside { .. } | ContextError::Ignore { .. }) => {
            Exit::Usage
        }
        EngineError::NotRunning { .. }
        | EngineError::NoRight { .. }
        | EngineError::Gone { .. }
        | EngineError::Late { .. }
        | EngineError::Context(ContextError::Read { .. } | ContextError::Changed(_))
        | EngineError::Registry(_)
        | EngineError::Stopped(_)
        | EngineError::NoGpu(_)
        | EngineError::Says { .. } => Exit::CouldNotLook,
    }
}

/// An error with its exit code.
pub(super) fn failure(error: EngineError) -> Failure {
    Failure { exit: exit_of(&error), error: error.into() }
}

/// Of several, the exit code that counts: could not finish, then findings, then clean.
pub(super) fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
    let rank = |exit: &Exit| match exit {
        Exit::Clean => 0,
        Exit::Findings => 1,
        Exit::Usage => 2,
        Exit::CouldNotLook => 3,
    };
    exits.into_iter().max_by_key(rank).unwrap_or(Exit::Clean)
}

/// `target/altlas/NAME` beside the config.
pub(super) fn output_path(root: &Path, name: &str) -> PathBuf {
    root.join("target").join("altlas").join(name)
}

/// Makes the folder of a file below [`output_path`]. Git never sees it: a log must not make a checkout
/// dirty.
pub(super) fn make_folder_of(file: &Path) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let made = std::fs::create_dir_all(folder);
    made.with_context(|| format!("could not make `{}`", folder.display()))
        .map_err(Failure::could_not)?;
    if let Some(own) = folder.parent().filter(|own| own.ends_with("target/altlas")) {
        let ignore = own.join(".gitignore");
        if !ignore.exists() {
            files::write(&ignore, b"*\n").map_err(Failure::could_not)?;
        }
    }
    Ok(())
}
