//! Gathers [`Facts`] from a machine.
//!
//! Each file below reads one thing. What comes from the machine is text or bytes first, and a pure
//! function makes facts of it. Paths are below [`ReadOptions::root`], so a tree of recorded files
//! is read like a machine.

mod cdi;
mod containers;
mod cuda;
mod cudnn;
mod device_nodes;
mod disk;
mod docker;
mod driver_libraries;
mod elf;
mod environment;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod host;
mod host_compiler;
mod kernel_log;
mod kernel_module;
mod loader;
mod machine;
mod module_file;
mod nvml;
mod pci;
mod profilers;
mod python;
mod root;
mod search;
mod smoke;
mod toolkits;
#[cfg(test)]
mod tree;
mod user;

pub(crate) use cuda::cuda;
pub(crate) use nvml::{nvml, nvml_reading, throttle_mask, throttle_reasons};

use crate::{
    ChildCommand, ChildTask, CudnnCopy, Depth, DriverLibraries, Environment, Facts, HostCompiler,
    Nvml, PciGpu, Probed, Profilers, PythonEnvironment, Reading, Toolkit, isolate,
};
use root::Root;
use serde::de::DeserializeOwned;
use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

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
    /// How long a driver call may take; one that starts several GPUs has more.
    pub deadline: Duration,
    /// Whether a laptop GPU that sleeps may be woken.
    pub wake: bool,
    /// How much to run on the GPUs; `None` for nothing.
    pub smoke: Option<Depth>,
    /// Set it (on Ctrl-C) to end the questions to the driver, and a run on the GPUs early; what was
    /// measured so far is kept.
    pub stop: Arc<AtomicBool>,
    /// The version of the program, for [`Facts::written_by`].
    pub written_by: String,
    /// The time, seconds since 1970-01-01 UTC.
    pub now_unix_s: u64,
}

/// Reads the machine. Never fails: what could not be looked at says so in the facts.
///
/// `progress` is called with a few words before each step that may take long.
pub fn read(options: &ReadOptions, progress: &(dyn Fn(&str) + Sync)) -> Facts {
    progress("reading the machine");
    let root = Root::new(&options.root);
    let environment = &options.environment;
    // The bus comes first: it says whether a GPU sleeps, which a driver call would wake.
    let pci = pci::read(&root);
    let asleep = asleep(&pci, options.wake);
    let driver_libraries = driver_libraries::read(&root, environment);
    let nothing_to_ask = nothing_to_ask(&pci, &driver_libraries);
    let gpus = pci.found().map_or(0, Vec::len);
    let ask = Ask { options, gpus, asleep: asleep.as_deref(), nothing_to_ask, progress };
    let mut facts = thread::scope(|scope| {
        let nvml = scope.spawn(|| ask.driver("asking NVML", &ChildTask::Nvml, nvml::without_nvml));
        let cuda = scope
            .spawn(|| ask.driver("asking the CUDA driver", &ChildTask::Cuda, cuda::without_cuda));
        let containers = scope.spawn(|| containers::read(&root, environment));
        let software = scope.spawn(|| Software::read(&root, options));
        let host = host::read(&root, environment);
        let kernel_module = kernel_module::read(&root, &host.machine);
        let gpus = pci.found().map_or(&[] as &[PciGpu], Vec::as_slice);
        let machine = &host.machine;
        let device_nodes = device_nodes::read(&root, gpus, &kernel_module, machine, options.wake);
        let kernel_log = kernel_log::read(&root);
        let software = software.join().unwrap_or_else(|_| Software::failed());
        Facts {
            schema: crate::SCHEMA,
            taken_at_unix_s: options.now_unix_s,
            written_by: options.written_by.clone(),
            redacted: false,
            host,
            environment: environment.clone(),
            kernel_module,
            device_nodes,
            kernel_log,
            driver_libraries,
            nvml: with_link_widths(joined(nvml), &pci),
            cuda: joined(cuda),
            containers: containers.join().unwrap_or_default(),
            toolkits: software.toolkits,
            host_compiler: software.host_compiler,
            cudnn: software.cudnn,
            profilers: software.profilers,
            python: software.python,
            smoke: None,
            pci: pci.clone(),
        }
    });
    facts.smoke = options.smoke.map(|depth| smoke::run(&root, options, depth, &facts, progress));
    facts
}

/// What a call of the driver needs to know.
struct Ask<'a> {
    options: &'a ReadOptions,
    gpus: usize,
    asleep: Option<&'a str>,
    nothing_to_ask: bool,
    progress: &'a (dyn Fn(&str) + Sync),
}

impl Ask<'_> {
    fn driver<T: DeserializeOwned>(
        &self,
        words: &str,
        task: &ChildTask,
        without: fn() -> T,
    ) -> Probed<T> {
        if self.nothing_to_ask {
            return Probed::Answered(without());
        }
        if let Some(address) = self.asleep {
            return Probed::NotRun(format!(
                "the GPU {address} sleeps to save power, and asking the driver would wake it"
            ));
        }
        (self.progress)(words);
        let options = self.options;
        let deadline = |stage: &str| isolate::call_deadline(options.deadline, stage, self.gpus);
        let mut on_event = |stage: &str| (self.progress)(&format!("{words}: {stage}"));
        isolate::run(&options.child, task, &deadline, &mut on_event, &options.stop)
    }
}

/// Whether the bus shows no GPU and no folder of the loader holds a library of the driver: two child
/// processes that find nothing would take most of the time of the whole doctor.
fn nothing_to_ask(pci: &Reading<Vec<PciGpu>>, libraries: &DriverLibraries) -> bool {
    pci.found().is_some_and(Vec::is_empty) && libraries.cuda.is_empty() && libraries.nvml.is_empty()
}

/// The address of a GPU that sleeps and is to be left alone.
fn asleep(pci: &Reading<Vec<PciGpu>>, wake: bool) -> Option<String> {
    let is_asleep = |gpu: &&PciGpu| gpu.runtime_status.found().is_some_and(|it| it == "suspended");
    let sleeping = pci.found()?.iter().find(is_asleep).filter(|_| !wake)?;
    Some(sleeping.address.clone())
}

/// A reader that panicked is a fault of this crate, and still not the end of all the others.
const FAILED: &str = "the reader failed; please report this";

fn joined<T>(thread: ScopedJoinHandle<'_, Probed<T>>) -> Probed<T> {
    thread.join().unwrap_or_else(|_| Probed::NotRun(FAILED.to_owned()))
}

/// Adds what the PCI bus knows and NVML does not.
fn with_link_widths(mut nvml: Probed<Nvml>, pci: &Reading<Vec<PciGpu>>) -> Probed<Nvml> {
    for gpu in nvml.answered_mut().into_iter().flat_map(|nvml| &mut nvml.gpus) {
        gpu.pcie.gpu_max.width = pci::max_link_width(pci, &gpu.pci_address);
    }
    nvml
}

/// What is read from files of installed software and can be many files.
struct Software {
    toolkits: Vec<Toolkit>,
    host_compiler: Reading<HostCompiler>,
    cudnn: Vec<CudnnCopy>,
    profilers: Profilers,
    python: Vec<PythonEnvironment>,
}

impl Software {
    fn read(root: &Root, options: &ReadOptions) -> Self {
        let environment = &options.environment;
        let python = python::read(root, environment, &options.folder);
        let toolkits = toolkits::read(root, environment);
        Self {
            host_compiler: host_compiler::read(root, environment),
            cudnn: cudnn::read(root, environment, &python),
            profilers: profilers::read(root, environment, &toolkits),
            toolkits,
            python,
        }
    }

    fn failed() -> Self {
        let failed = || FAILED.to_owned();
        let unread =
            PythonEnvironment { unreadable: vec![failed()], ..PythonEnvironment::default() };
        Self {
            toolkits: Vec::new(),
            host_compiler: Reading::Unknown(failed()),
            cudnn: Vec::new(),
            profilers: Profilers::default(),
            python: vec![unread],
        }
    }
}

#[cfg(test)]
mod tests;
