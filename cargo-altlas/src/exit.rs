//! How the program ends: the exit codes, the same in every command.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// `0`: looked, and nothing is wrong.
    Clean,
    /// `1`: findings at error level, or at the level of `--fail-on`.
    Findings,
    /// `2`: the call or the config is wrong.
    Usage,
    /// `3`: could not look, or could not finish.
    CouldNotLook,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::CouldNotLook => 3,
        })
    }
}

/// An error that says which exit code it deserves.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) error: anyhow::Error,
}

impl Failure {
    /// The call or the config is wrong.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Usage, error: error.into() }
    }

    /// Something outside could not be read or written.
    pub(crate) fn could_not(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::CouldNotLook, error: error.into() }
    }
}
