//! Driver calls in a child process with a deadline.
//!
//! A wedged GPU can hold a call in the kernel for ever, and a broken library can end the process
//! that calls it. So NVML, CUDA and the smoke test each run in a child: the program starts itself
//! with a hidden argument, the child calls [`serve`], which writes one JSON line for each stage it
//! enters and one for its answer, and the parent reads these lines until the answer, the end of
//! the child, or the deadline.

use crate::{Depth, Probed};
use serde::{Deserialize, Serialize};
use std::{ffi::OsString, path::PathBuf};

/// How to start the child: this program, and the arguments that lead it to [`serve`].
#[derive(Debug, Clone)]
pub struct ChildCommand {
    /// The program.
    pub program: PathBuf,
    /// Its first arguments; the task follows as one JSON argument.
    pub arguments: Vec<OsString>,
}

/// What a child does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChildTask {
    /// Asks NVML.
    Nvml,
    /// Asks the CUDA driver.
    Cuda,
    /// Runs kernels.
    Smoke(Depth),
}

/// Does the task in this process and writes the stages and the answer to `out`.
///
/// # Errors
/// Where `out` cannot be written to: the parent is gone.
pub fn serve(task: &ChildTask, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let _ = (task, out);
    Ok(())
}

/// Runs the task in a child.
pub(crate) fn run<T: serde::de::DeserializeOwned>(
    _command: &ChildCommand,
    _task: &ChildTask,
    _deadline: std::time::Duration,
) -> Probed<T> {
    Probed::default()
}
