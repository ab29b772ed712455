//! The machine that an image is tested on, in the lines of the doctor's summary.

use crate::{commands::child, environment, progress::Progress, summary};
use gpu_probe::{ChildCommand, Facts, Need, ReadOptions};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long one call of the driver may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// The machine that an image is tested on.
pub(super) struct Machine {
    pub(super) lines: BTreeMap<String, String>,
    /// Whether it has GPUs; `None` where it is another machine than this.
    pub(super) gpus: Option<bool>,
}

/// Reads this machine where the engine runs on it. Nothing is run on the GPUs here.
pub(super) fn look(is_local: bool, stop: Arc<AtomicBool>, progress: &Progress) -> Machine {
    if !is_local {
        let text = "the engine is on another machine, which was not looked at".to_owned();
        return Machine { lines: BTreeMap::from([("host".to_owned(), text)]), gpus: None };
    }
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("cargo-altlas"));
    let options = ReadOptions {
        root: PathBuf::from("/"),
        environment: environment::variables(),
        folder: environment::folder(),
        child: ChildCommand { program, arguments: vec![child::NAME.into()] },
        deadline: DEADLINE,
        wake: false,
        smoke: None,
        stop,
        written_by: env!("CARGO_PKG_VERSION").to_owned(),
        now_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    };
    let facts = gpu_probe::read(&options, &|words| progress.step(words));
    // GPUs of the same machine may have the same label.
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    for line in summary::lines(&facts, &Need::default(), None) {
        let text = lines.entry(line.label).or_default();
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&line.text);
    }
    Machine { lines, gpus: Some(has_gpus(&facts)) }
}

fn has_gpus(facts: &Facts) -> bool {
    let on_bus = facts.pci.found().is_some_and(|gpus| !gpus.is_empty());
    let by_nvml = facts.nvml.answered().is_some_and(|nvml| !nvml.gpus.is_empty());
    let by_cuda = facts.cuda.answered().is_some_and(|cuda| !cuda.devices.is_empty());
    on_bus || by_nvml || by_cuda
}
