//! The hidden command in which driver calls run, so that a hang or a crash of the driver is not
//! the end of the program.

use crate::exit::{Exit, Failure};
use clap::Args;

/// Calls the driver for the parent process
#[derive(Debug, Args)]
pub(crate) struct ChildArgs {
    /// The task, as JSON
    task: String,
}

/// The first argument that leads a child here.
pub(crate) const NAME: &str = "__child";

/// Does the task and writes the answer to standard output.
pub(crate) fn run(args: &ChildArgs) -> Result<Exit, Failure> {
    let task = serde_json::from_str(&args.task).map_err(Failure::usage)?;
    gpu_probe::serve(&task, &mut std::io::stdout()).map_err(Failure::could_not)?;
    Ok(Exit::Clean)
}
