//! `cargo altlas`: reads the arguments and the config, calls the libraries, gives findings a level,
//! prints.

mod accept;
mod cli;
mod commands;
mod config;
mod environment;
mod exit;
mod files;
mod finding;
mod levels;
mod progress;
mod report;
mod summary;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run().into()
}
