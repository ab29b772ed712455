//! Runs kernels on every GPU and compares every result.
//!
//! This runs in a child process (see `isolate.rs`). The quick test and every call that may bring
//! back what went wrong on the GPU go through [`crate::driver`], which keeps codes as plain
//! numbers; only on a GPU that has passed the quick test is `cudarc` used, for the rest of the work
//! (see `smoke/session.rs` for how the two are kept apart).
//!
//! `smoke/expected.rs` says what is right, `smoke/figures.rs` what a device could do at best. A new
//! measurement is one more function beside those of `smoke/bandwidth.rs` and one more step in
//! `smoke/deep.rs`.

mod bandwidth;
mod deep;
mod expected;
mod figures;
mod memory;
mod near;
mod quick;
mod rates;
mod samples;
mod session;
mod watch;

use crate::{
    CallCode, Depth, KernelRun, Reading, Smoke, SmokeGpu,
    driver::{Driver, Failure, LoadError},
    isolate::Reporter,
};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a deep test goes on with its rounds, so that heat and power limits show.
const DEEP: Duration = Duration::from_secs(20);
/// `CUDA_ERROR_NO_DEVICE`: there is nothing to test.
const NO_DEVICE: CallCode = CallCode(100);

/// Runs the test on all GPUs, side by side. Ends early where the reporter is told to stop.
pub(crate) fn run(depth: Depth, reporter: &Reporter<'_>) -> Smoke {
    let progress = Progress { depth, started: Instant::now(), gpus: Mutex::default() };
    if let Err(reason) = run_all(&progress, reporter) {
        progress.put(not_run(0, reason), reporter);
    }
    let gpus = progress.gpus.lock().unwrap_or_else(PoisonError::into_inner).clone();
    progress.smoke(gpus, reporter.stopped())
}

/// What is known so far.
struct Progress {
    depth: Depth,
    started: Instant,
    gpus: Mutex<Vec<SmokeGpu>>,
}

impl Progress {
    /// Takes over what is known of one GPU, and says it, so that a GPU that hangs hides no other.
    fn put(&self, gpu: SmokeGpu, reporter: &Reporter<'_>) {
        let mut gpus = self.gpus.lock().unwrap_or_else(PoisonError::into_inner);
        match gpus.iter_mut().find(|known| known.ordinal == gpu.ordinal) {
            Some(known) => *known = gpu,
            None => gpus.push(gpu),
        }
        gpus.sort_by_key(|gpu| gpu.ordinal);
        reporter.partial(&self.smoke(gpus.clone(), true));
    }

    /// What is known of one GPU.
    fn known(&self, ordinal: u32) -> SmokeGpu {
        let gpus = self.gpus.lock().unwrap_or_else(PoisonError::into_inner);
        let known = gpus.iter().find(|known| known.ordinal == ordinal).cloned();
        known.unwrap_or(SmokeGpu { ordinal, ..SmokeGpu::default() })
    }

    fn smoke(&self, gpus: Vec<SmokeGpu>, interrupted: bool) -> Smoke {
        let seconds = self.started.elapsed().as_secs_f64();
        Smoke { depth: self.depth, seconds, interrupted, gpus }
    }

    /// When no further round is begun; `None` for the quick test.
    fn end(&self) -> Option<Instant> {
        let length = match self.depth {
            Depth::Quick => return None,
            Depth::Deep => DEEP,
            Depth::Burn(minutes) => {
                Duration::try_from_secs_f64(minutes * 60.0).unwrap_or(Duration::ZERO)
            }
        };
        Some(self.started.checked_add(length).unwrap_or(self.started))
    }
}

/// The error is what to say where not even the number of GPUs is known.
fn run_all(progress: &Progress, reporter: &Reporter<'_>) -> Result<(), Reading<KernelRun>> {
    let lane = reporter.lane(0);
    lane.stage("dlopen");
    let driver = Driver::load().map_err(|error| not_loaded(&error))?;
    lane.stage("cuInit");
    match driver.init() {
        Err(failure) if failure.code == NO_DEVICE => return Ok(()),
        done => done.map_err(failed)?,
    }
    lane.stage("cuDeviceGetCount");
    let count = driver.device_count().map_err(failed)?;
    let count = u32::try_from(count).unwrap_or(0);
    drop(lane);

    let end = progress.end();
    let watch = end.map(|_| watch::Watch::start());
    std::thread::scope(|scope| {
        let (driver, watch) = (&driver, watch.as_ref());
        for ordinal in 0..count {
            let work = move || one_gpu(driver, ordinal, end, watch, progress, reporter);
            let thread = std::thread::Builder::new().spawn_scoped(scope, work);
            if let Err(error) = thread {
                let reason = format!("no thread could be started: {error}");
                progress.put(not_run(ordinal, Reading::Unknown(reason)), reporter);
            }
        }
    });
    Ok(())
}

fn one_gpu(
    driver: &Driver,
    ordinal: u32,
    end: Option<Instant>,
    watch: Option<&watch::Watch>,
    progress: &Progress,
    reporter: &Reporter<'_>,
) {
    // A panic in a binding costs this GPU its answer, not the others theirs.
    let work = std::panic::AssertUnwindSafe(|| {
        let lane = reporter.lane(ordinal + 1);
        let (mut gpu, ready) = quick::run(driver, ordinal, &lane);
        progress.put(gpu.clone(), reporter);
        let Some(ready) = ready else { return };
        if let (Some(end), Some(watch)) = (end, watch) {
            let address = gpu.pci_address.found().map(String::as_str);
            if let Some(address) = address {
                near::stay(address);
            }
            let watched = watch.add(address);
            deep::run(driver, &ready, &mut gpu, end, &lane, reporter, &mut |gpu| {
                gpu.watch = watch.seen(watched);
                deep::set_link_peak(gpu);
                progress.put(gpu.clone(), reporter);
            });
        }
        // A GPU that broke during the deep test is left alone, as in `quick.rs`.
        if quick::is_right(&gpu) {
            quick::finish(driver, ready, &lane);
        }
        progress.put(gpu, reporter);
    });
    if std::panic::catch_unwind(work).is_err() {
        let reason = "the test of this GPU broke off: the driver lacks a function, or this program \
                      is wrong";
        let mut gpu = progress.known(ordinal);
        deep::not_measured(&mut gpu, reason);
        progress.put(gpu, reporter);
    }
}

/// A GPU, or all of them, on which no kernel could be run, with the reason.
fn not_run(ordinal: u32, reason: Reading<KernelRun>) -> SmokeGpu {
    SmokeGpu { ordinal, cubin: reason.clone(), ptx: reason, ..SmokeGpu::default() }
}

/// What to say where a call failed.
fn failed(failure: Failure) -> Reading<KernelRun> {
    Reading::Found(quick::failed_run(failure, ""))
}

fn not_loaded(error: &LoadError) -> Reading<KernelRun> {
    let (LoadError::Absent(words) | LoadError::Refused(words)) = error;
    Reading::Unknown(format!("`libcuda.so.1` could not be loaded: {words}"))
}
