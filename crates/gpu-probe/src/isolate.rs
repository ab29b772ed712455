//! Driver calls in a child process with a deadline.
//!
//! A wedged GPU can hold a call in the kernel for ever, and a broken library can end the process
//! that calls it. So NVML, CUDA and the smoke test each run in a child: the program starts itself
//! with a hidden argument, the child calls [`crate::serve`], which writes one JSON line for each stage
//! it enters and one for its answer, and the parent reads these lines until the answer, the end of
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
use std::{ffi::OsString, path::PathBuf, sync::atomic::AtomicBool, time::Duration};

/// Why a task has no answer that the user ended.
pub(crate) const ENDED: &str = "ended by the user before it answered";

/// How the reason begins why a child was not started.
pub(crate) const NOT_STARTED: &str = "could not start";

/// How to start the child: this program, and the arguments that lead it to [`crate::serve`].
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

/// How long a driver call may take on a machine with so many GPUs. Where nothing keeps the driver
/// awake, the calls that open the GPUs start them one after the other, which takes some seconds
/// each.
pub(crate) fn call_deadline(of_call: Duration, stage: &str, gpus: usize) -> Duration {
    const START: Duration = Duration::from_secs(3);
    const STARTING: [&str; 4] =
        ["cuInit", "cuDevicePrimaryCtxRetain", "nvmlInit", "nvmlDeviceGetHandleByIndex"];
    if !STARTING.iter().any(|call| stage.starts_with(call)) {
        return of_call;
    }
    let others = u32::try_from(gpus.saturating_sub(1)).unwrap_or(u32::MAX);
    of_call.saturating_add(START.saturating_mul(others))
}

/// Runs the task in a child, of which no single step may take longer than `deadline` gives it. It is
/// ended at once where `stop` is set.
pub(crate) fn run<T: DeserializeOwned>(
    command: &ChildCommand,
    task: &ChildTask,
    deadline: &dyn Fn(&str) -> Duration,
    on_event: &mut dyn FnMut(&str),
    stop: &AtomicBool,
) -> Probed<T> {
    let watch = Watch { deadline, is_call: |_stage| true, on_event, stop };
    run_with_events(command, task, watch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_gpus_have_more_time_to_start() {
        let check = |stage: &str, gpus: usize, seconds: u64| {
            let given = call_deadline(Duration::from_secs(10), stage, gpus);
            assert_eq!(given, Duration::from_secs(seconds), "{stage} {gpus}");
        };
        check("cuInit", 0, 10);
        check("cuInit", 1, 10);
        check("cuInit", 8, 31);
        check("nvmlDeviceGetHandleByIndex_v2(3)", 8, 31);
        check("nvmlDeviceGetName(3)", 8, 10);
        check("cuLaunchKernel (cubin)", 8, 10);
    }
}
