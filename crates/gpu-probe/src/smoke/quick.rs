//! The quick test of one GPU: one kernel, as machine code and as PTX, each result compared.

#![expect(unsafe_code, reason = "launches a kernel")]

use super::{expected, figures::Figures};
use crate::{
    KernelRun, Reading, SmokeGpu,
    driver::{Context, Device, DevicePointer, Driver, Failure},
    isolate::Lane,
    kernels,
    pci_address::pci_address,
};
use std::{ffi::c_void, time::Instant};

/// Whole numbers, and as many floats, that the kernel writes: blocks enough for every
/// multiprocessor of the largest GPU.
const ELEMENTS: u32 = 1 << 17;
const BLOCK: u32 = 256;

/// A GPU whose quick test was right, with its context.
pub(super) struct Ready {
    pub(super) ordinal: u32,
    pub(super) context: Context,
    pub(super) figures: Figures,
}

/// Runs the test. The second value is there only where both kernels were right.
pub(super) fn run(driver: &Driver, ordinal: u32, lane: &Lane<'_, '_>) -> (SmokeGpu, Option<Ready>) {
    lane.stage("cuDeviceGet");
    let device = match driver.device(i32::try_from(ordinal).unwrap_or(i32::MAX)) {
        Ok(device) => device,
        Err(failure) => return (super::not_run(ordinal, super::failed(failure)), None),
    };
    let mut gpu = SmokeGpu {
        ordinal,
        name: driver.device_name(device).map_or_else(unknown, Reading::Found),
        pci_address: address(driver, device),
        ..SmokeGpu::default()
    };
    let figures = Figures::read(driver, device, gpu.name.found().map_or("", String::as_str));

    lane.stage("cuDevicePrimaryCtxRetain");
    let entered = driver.retain_context(device).and_then(|context| {
        driver.set_current(&context)?;
        Ok(context)
    });
    let context = match entered {
        Ok(context) => context,
        Err(failure) => {
            gpu.cubin = super::failed(failure);
            gpu.ptx = super::failed(failure);
            return (gpu, None);
        }
    };

    // Each with its own seed, so that what the first wrote is wrong for the second.
    gpu.cubin = match kernels::smoke_cubin(figures.compute_capability) {
        Some(cubin) => Reading::Found(kernel(driver, cubin, 1, "cubin", lane)),
        None => Reading::Absent,
    };
    gpu.ptx = if died(&gpu.cubin) {
        Reading::Unknown("not tried: the kernel from a cubin failed before it".to_owned())
    } else {
        Reading::Found(kernel(driver, kernels::SMOKE_PTX.as_bytes(), 2, "PTX", lane))
    };

    // After a failure the context is not given back: on a GPU that is lost this can block, and
    // would hide the failure. The end of the process ends the context too.
    let ready = is_right(&gpu).then_some(Ready { ordinal, context, figures });
    (gpu, ready)
}

/// Whether the kernel failed after it was loaded: the context then answers every further call with
/// the same error.
fn died(run: &Reading<KernelRun>) -> bool {
    let loading = |call: &str| call.starts_with("cuModule");
    matches!(run.found(), Some(KernelRun::Failed { call, .. }) if !loading(call))
}

/// Gives the context back, of a GPU on which nothing failed.
pub(super) fn finish(driver: &Driver, ready: Ready, lane: &Lane<'_, '_>) {
    lane.stage("cuDevicePrimaryCtxRelease");
    // The process ends soon, and the driver then clears what is left; nothing hangs on this call.
    let _ = driver.release_context(ready.context);
}

/// What to say where a call failed.
pub(super) fn failed_run(failure: Failure, log: &str) -> KernelRun {
    KernelRun::Failed { call: failure.call.to_owned(), code: failure.code, log: log.to_owned() }
}

pub(super) fn is_right(gpu: &SmokeGpu) -> bool {
    let right = |run: &Reading<KernelRun>| matches!(run.found(), Some(KernelRun::Correct { .. }));
    right(&gpu.ptx) && (right(&gpu.cubin) || gpu.cubin.is_absent())
}

fn unknown<T>(failure: Failure) -> Reading<T> {
    Reading::Unknown(format!("`{}` returned {}", failure.call, failure.code))
}

fn address(driver: &Driver, device: Device) -> Reading<String> {
    match driver.device_pci_bus_id(device) {
        Ok(text) => match pci_address(&text) {
            Some(address) => Reading::Found(address),
            None => Reading::Unknown(format!("`{text}` is no PCI address")),
        },
        Err(failure) => unknown(failure),
    }
}

fn kernel(driver: &Driver, image: &[u8], seed: u32, kind: &str, lane: &Lane<'_, '_>) -> KernelRun {
    lane.stage(&format!("cuModuleLoadDataEx ({kind})"));
    let module = match driver.load_module(image) {
        Ok(module) => module,
        Err((failure, log)) => return failed_run(failure, &log),
    };
    let run = (|| {
        let function = driver.function(&module, c"altlas_smoke")?;
        lane.stage("cuMemAlloc");
        let bytes = ELEMENTS as usize * 8;
        let out = driver.allocate(bytes)?;
        // What is left of an earlier run must not pass for a result.
        driver.set_bytes(out, 0xff, bytes)?;
        let started = Instant::now();
        lane.stage(&format!("cuLaunchKernel ({kind})"));
        launch(driver, function, out, seed)?;
        lane.stage(&format!("cuCtxSynchronize ({kind})"));
        driver.synchronize()?;
        let milliseconds = started.elapsed().as_secs_f64() * 1e3;
        lane.stage("cuMemcpyDtoH");
        let mut got = vec![0_u8; bytes];
        driver.copy_to_host(&mut got, out)?;
        driver.free(out)?;
        let (words, _) = got.as_chunks::<4>();
        let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        Ok(expected::compare_smoke(&words, seed, milliseconds))
    })();
    match run {
        Ok(run) => {
            lane.stage("cuModuleUnload");
            // What fails here is nothing that a program needs.
            let _ = driver.unload_module(module);
            run
        }
        // On a GPU that is lost, unloading can block.
        Err(failure) => failed_run(failure, ""),
    }
}

fn launch(
    driver: &Driver,
    function: crate::driver::Function,
    out: DevicePointer,
    mut seed: u32,
) -> Result<(), Failure> {
    let (mut address, mut n) = (out.address(), ELEMENTS);
    let mut parameters: [*mut c_void; 3] =
        [(&raw mut address).cast(), (&raw mut n).cast(), (&raw mut seed).cast()];
    // SAFETY: `altlas_smoke(u32 *out, u32 n, u32 seed)` writes 2 * n words, and `out` has so many.
    unsafe { driver.launch(function, ELEMENTS / BLOCK, BLOCK, &mut parameters) }
}
