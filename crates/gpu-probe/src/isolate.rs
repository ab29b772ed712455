//! Driver calls in a child process with a deadline.
//!
//! A wedged GPU can hold a call in the kernel for ever, and a broken library can end the process
//! that calls it. So NVML, CUDA and the smoke test each run in a child: the program starts itself
//! with a hidden argument, the child calls [`serve`], which writes one JSON line for each stage it
//! enters and one for its answer, and the parent reads these lines until the answer, the end of
//! the child, or the deadline.
//!
//! What the lines look like is in `isolate/line.rs`, the child's side in `isolate/reporter.rs`, the
//! parent's side in `isolate/supervise.rs`.

mod line;
mod reporter;
mod supervise;

#[cfg(fuzzing)]
pub(crate) use line::{Line, parse_line, write_line};
pub(crate) use reporter::{Lane, Reporter};
pub(crate) use supervise::{Watch, run_with_events};

use crate::{Depth, Probed};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{ffi::OsString, io, path::PathBuf, sync::atomic::AtomicBool, time::Duration};

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
/// The process must have been started for this alone: it is tied to the life of its parent, and a
/// smoke test ends early when its standard input is closed.
///
/// # Errors
/// Where `out` cannot be written to: the parent is gone.
pub fn serve(task: &ChildTask, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
    // Where the kernel refuses, the child still ends by itself: the next line cannot be written.
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    let reporter = Reporter::new(out);
    match task {
        ChildTask::Nvml => reporter.answer(&crate::read::nvml(&reporter)),
        ChildTask::Cuda => reporter.answer(&crate::read::cuda(&reporter)),
        ChildTask::Smoke(depth) => {
            reporter.stop_when_input_closes();
            reporter.answer(&crate::smoke::run(*depth, &reporter));
        }
    }
    reporter.finish()
}

/// Runs the task in a child, of which no single step may take longer than `deadline`.
pub(crate) fn run<T: DeserializeOwned>(
    command: &ChildCommand,
    task: &ChildTask,
    deadline: Duration,
) -> Probed<T> {
    let watch = Watch {
        deadline: &|_stage| deadline,
        on_event: &mut |_stage| {},
        stop: &AtomicBool::new(false),
    };
    run_with_events(command, task, watch)
}
