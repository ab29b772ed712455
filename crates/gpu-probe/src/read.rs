//! Gathers [`Facts`] from a machine.
//!
//! Each file below reads one thing. What comes from the machine is text or bytes first, and a pure
//! function makes facts of it. Paths are below [`ReadOptions::root`], so a tree of recorded files
//! is read like a machine.

mod cuda;
mod nvml;
mod root;

pub(crate) use cuda::cuda;
pub(crate) use nvml::nvml;

use crate::{ChildCommand, Depth, Environment, Facts};
use std::{path::PathBuf, time::Duration};

/// What to read and how.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Where `/proc`, `/sys`, `/dev`, `/etc` and `/usr` begin; `/` for this machine.
    pub root: PathBuf,
    /// The environment, read by the caller.
    pub environment: Environment,
    /// The folder that the user stands in, for `.venv`.
    pub folder: PathBuf,
    /// How to start the child that calls the driver.
    pub child: ChildCommand,
    /// How long a driver call may take.
    pub deadline: Duration,
    /// Whether a laptop GPU that sleeps may be woken.
    pub wake: bool,
    /// How much to run on the GPUs; `None` for nothing.
    pub smoke: Option<Depth>,
    /// The version of the program, for [`Facts::written_by`].
    pub written_by: String,
    /// The time, seconds since 1970-01-01 UTC.
    pub now_unix_s: u64,
}

/// Reads the machine. Never fails: what could not be looked at says so in the facts.
///
/// `progress` is called with a few words before each step that may take long.
pub fn read(options: &ReadOptions, progress: &(dyn Fn(&str) + Sync)) -> Facts {
    let _ = (options, progress);
    Facts {
        schema: crate::SCHEMA,
        taken_at_unix_s: options.now_unix_s,
        written_by: options.written_by.clone(),
        redacted: false,
        host: Default::default(),
        environment: options.environment.clone(),
        pci: Default::default(),
        kernel_module: Default::default(),
        device_nodes: Default::default(),
        kernel_log: Default::default(),
        driver_libraries: Default::default(),
        nvml: Default::default(),
        cuda: Default::default(),
        containers: Default::default(),
        toolkits: Vec::new(),
        host_compiler: Default::default(),
        cudnn: Vec::new(),
        profilers: Default::default(),
        python: Vec::new(),
        smoke: None,
    }
}
