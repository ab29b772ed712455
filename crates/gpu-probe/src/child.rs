//! What the child process does: the one place that knows all tasks of `isolate.rs`.

use crate::{ChildTask, isolate::Reporter, read, smoke};
use std::io;

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
        ChildTask::Nvml => reporter.answer(&read::nvml(&reporter)),
        ChildTask::Cuda => reporter.answer(&read::cuda(&reporter)),
        ChildTask::Smoke(depth) => {
            reporter.stop_when_input_closes();
            reporter.answer(&smoke::run(*depth, &reporter));
        }
    }
    reporter.finish()
}
