//! What can go wrong with an engine, in sentences that say what to do.

use super::context::ContextError;
use crate::RegistryError;
use bollard::errors::Error as Api;
use std::error::Error;

/// Something went wrong with an engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nothing answers.
    #[error(
        "no Docker Engine answers at `{host}`; start it (`systemctl start docker`), or name another with `--host` or `DOCKER_HOST`"
    )]
    NotRunning {
        /// Where it was looked for.
        host: String,
    },
    /// It is there, and this user may not use it.
    #[error(
        "this user may not use the Docker Engine at `{host}`; join its group (`sudo usermod -aG docker $USER`, then log in again), or use a rootless engine"
    )]
    NoRight {
        /// Where it is.
        host: String,
    },
    /// It stopped answering while it was at work.
    #[error(
        "the Docker Engine stopped answering {during}; nothing was tagged. Its log says why (`journalctl -u docker`); steps that were finished are kept, so run the command again"
    )]
    Gone {
        /// In the middle of what.
        during: &'static str,
    },
    /// It did not answer in time.
    #[error(
        "the Docker Engine at `{host}` did not answer in time; its log says what it does (`journalctl -u docker`)"
    )]
    Late {
        /// Where it is.
        host: String,
    },
    /// A step of the build failed.
    #[error("the build failed: {0}")]
    Build(String),
    /// The engine has no image of that name.
    #[error("the Docker Engine has no image `{0}`; build it first with `cargo altlas image build`")]
    NoSuchImage(String),
    /// The files cannot be sent.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A registry failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The user stopped it.
    #[error("it was stopped {0}; nothing was tagged")]
    Stopped(&'static str),
    /// Another image has that tag already.
    #[error(
        "`{reference}` is another image already (`{there}`); a version is pushed once: raise `[project] version`, or give the new image another tag"
    )]
    TagTaken {
        /// The tag.
        reference: String,
        /// The digest that it has in the registry.
        there: String,
    },
    /// The registry holds something else than what was pushed.
    #[error(
        "`{reference}` was pushed as `{pushed}`, but the registry has `{there}` under that tag now: somebody pushed at the same time; find out who, and push a new version"
    )]
    NotWhatWasPushed {
        /// The tag.
        reference: String,
        /// The digest that the engine pushed.
        pushed: String,
        /// The digest that the registry has, or `nothing`.
        there: String,
    },
    /// The engine has nothing to hand a GPU on with.
    #[error("the engine cannot hand a GPU to a container: {0}")]
    NoGpu(String),
    /// What else the engine says.
    #[error("the Docker Engine says, {doing}: {message}")]
    Says {
        /// While what was done.
        doing: &'static str,
        /// Its words.
        message: String,
    },
}

impl EngineError {
    /// From what the client says while `doing` something with the engine at `host`.
    pub(super) fn of(error: &Api, host: &str, doing: &'static str) -> Self {
        let host = host.to_owned();
        match error {
            Api::DockerResponseServerError { message, .. }
            | Api::DockerStreamError { error: message } => {
                Self::Says { doing, message: message.trim().to_owned() }
            }
            Api::RequestTimeoutError => Self::Late { host },
            Api::SocketNotFoundError(_) => Self::NotRunning { host },
            other if chain(other).contains("ermission denied") => Self::NoRight { host },
            other if is_connection(other) => Self::NotRunning { host },
            other => Self::Says { doing, message: chain(other) },
        }
    }
}

/// Whether the connection is what failed.
pub(super) fn is_connection(error: &Api) -> bool {
    matches!(
        error,
        Api::IOError { .. }
            | Api::HyperResponseError { .. }
            | Api::HyperLegacyError { .. }
            | Api::SocketNotFoundError(_)
    )
}

/// An error with all that caused it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
