//! `cargo altlas`: reads the arguments and the config, calls the libraries, gives findings a level,
//! prints.
//!
//! The program is the only user of this crate; other tools import `gpu-probe` and `cuda-compat`.

mod accept;
mod cli;
mod commands;
mod config;
mod environment;
mod exit;
mod explained;
mod files;
mod finding;
mod global;
mod hadolint;
mod levels;
mod progress;
mod report;
mod summary;
mod table;

use std::process::ExitCode;

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    cli::run().into()
}

/// The parsers of foreign bytes, for the targets below `fuzz/`.
#[cfg(fuzzing)]
pub mod fuzzing {
    /// Reads `bytes` as the text of a config.
    pub fn config(bytes: &[u8]) {
        if let Ok(text) = crate::config::decode(bytes) {
            let _ = crate::config::parse(&text, &[], &crate::explained::codes());
        }
    }
}
