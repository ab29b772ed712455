//! Rounds of measurements on one GPU, until the time is over.

use super::{
    bandwidth, memory,
    quick::Ready,
    rates,
    samples::Samples,
    session::{Failed, Session},
};
use crate::{
    KernelRun, Reading, SmokeGpu,
    driver::Driver,
    isolate::{Lane, Reporter},
};
use cuda_compat::peak_pcie_gb_s;
use std::time::Instant;

/// What all rounds measured.
#[derive(Default)]
struct Rounds {
    device_memory: Samples,
    host_to_device: Samples,
    device_to_host: Samples,
    fp32: Samples,
    tensor: Samples,
}

impl Rounds {
    /// The first round brings the clocks of a resting GPU up, which takes some tenths of a second:
    /// its rates count only until there are others.
    fn first_is_over(&mut self) {
        let Self { device_memory, host_to_device, device_to_host, fp32, tensor } = self;
        for samples in [device_memory, host_to_device, device_to_host, fp32, tensor] {
            samples.replace_rates();
        }
    }
}

/// Runs rounds until `end`, at least one; `publish` is called after each.
pub(super) fn run(
    driver: &Driver,
    ready: &Ready,
    gpu: &mut SmokeGpu,
    end: Instant,
    lane: &Lane<'_, '_>,
    reporter: &Reporter<'_>,
    publish: &mut dyn FnMut(&mut SmokeGpu),
) {
    let session = match Session::open(driver, ready, lane) {
        Ok(session) => session,
        Err(reason) => return not_measured(gpu, &reason),
    };
    let mut rounds = Rounds::default();
    loop {
        let seed = u64::from(gpu.rounds).wrapping_mul(0x9e37_79b9) + 1;
        match round(&session, ready, seed, gpu, &mut rounds, reporter) {
            Ok(true) => {
                if gpu.rounds == 0 {
                    rounds.first_is_over();
                }
                gpu.rounds += 1;
            }
            Ok(false) => {}
            // The GPU is in a state that nothing more can be asked in, so nothing is closed.
            Err((step, failed)) => {
                broke(gpu, step, &failed);
                return publish(gpu);
            }
        }
        publish(gpu);
        if reporter.stopped() || Instant::now() >= end {
            break;
        }
    }
    session.close();
}

/// One round; false where it was cut short. The error names the step.
fn round(
    session: &Session<'_, '_, '_>,
    ready: &Ready,
    seed: u64,
    gpu: &mut SmokeGpu,
    rounds: &mut Rounds,
    reporter: &Reporter<'_>,
) -> Result<bool, (&'static str, Failed)> {
    let figures = &ready.figures;

    let ran = bandwidth::device(session, ready, seed, &mut rounds.device_memory);
    let measured = rounds.device_memory.bandwidth(figures.memory_gb_per_s());
    gpu.device_memory = taken("the copy inside the GPU's memory", ran, measured)?;
    if reporter.stopped() {
        return Ok(false);
    }

    let (up, down) = (&mut rounds.host_to_device, &mut rounds.device_to_host);
    let ran = bandwidth::host(session, ready, seed, up, down);
    let measured = rounds.host_to_device.bandwidth(None);
    gpu.host_to_device = taken("the copy from the host", ran.clone(), measured)?;
    let measured = rounds.device_to_host.bandwidth(None);
    gpu.device_to_host = taken("the copy to the host", ran, measured)?;
    if reporter.stopped() {
        return Ok(false);
    }

    let ran = rates::fp32(session, ready, &mut rounds.fp32);
    let measured = rounds.fp32.rate(figures.fp32_tflops());
    gpu.fp32 = taken("the single precision test", ran, measured)?;
    if reporter.stopped() {
        return Ok(false);
    }

    if session.kernels().tensor.is_some() {
        let ran = rates::tensor(session, ready, &mut rounds.tensor);
        let measured = rounds.tensor.rate(figures.tensor_tflops());
        gpu.tensor = taken("the tensor core test", ran, measured)?;
    } else {
        gpu.tensor = Reading::Absent;
    }
    if reporter.stopped() {
        return Ok(false);
    }

    let stopped = || reporter.stopped();
    let ran = memory::run(session, ready, seed, &stopped, &mut gpu.memory);
    gpu.memory = taken("the memory test", ran, gpu.memory.clone())?;
    Ok(!reporter.stopped())
}

/// The peak of the link as it was seen under load, for both directions.
pub(super) fn set_link_peak(gpu: &mut SmokeGpu) {
    let (generation, width) = (gpu.watch.pcie_generation.found(), gpu.watch.pcie_width.found());
    let peak =
        generation.zip(width).and_then(|(generation, width)| peak_pcie_gb_s(*generation, *width));
    for measured in [&mut gpu.host_to_device, &mut gpu.device_to_host] {
        if let Reading::Found(run) = measured {
            run.peak_gb_per_s = peak;
        }
    }
}

/// What a step measured, or that there was no room for it.
fn taken<T>(
    step: &'static str,
    ran: Result<(), Failed>,
    measured: Reading<T>,
) -> Result<Reading<T>, (&'static str, Failed)> {
    match ran {
        Ok(()) => Ok(measured),
        Err(failed) if failed.is_out_of_memory() && measured.found().is_none() => {
            Ok(Reading::Unknown("too little memory is free: end other programs first".to_owned()))
        }
        Err(failed) if failed.is_out_of_memory() => Ok(measured),
        Err(failed) => Err((step, failed)),
    }
}

/// A failure in the middle is a kernel from PTX that failed: it must not look like a gap.
fn broke(gpu: &mut SmokeGpu, step: &str, failed: &Failed) {
    gpu.ptx = Reading::Found(KernelRun::Failed {
        call: failed.call.to_owned(),
        code: failed.code,
        log: format!("during {step}, in round {}", gpu.rounds + 1),
    });
    not_measured(gpu, &format!("the GPU stopped working during {step}"));
}

/// Puts the reason where nothing was measured yet.
pub(super) fn not_measured(gpu: &mut SmokeGpu, reason: &str) {
    fn put<T>(reading: &mut Reading<T>, reason: &str) {
        if reading.unknown().is_some() {
            *reading = Reading::Unknown(reason.to_owned());
        }
    }
    put(&mut gpu.cubin, reason);
    put(&mut gpu.ptx, reason);
    put(&mut gpu.device_memory, reason);
    put(&mut gpu.host_to_device, reason);
    put(&mut gpu.device_to_host, reason);
    put(&mut gpu.fp32, reason);
    put(&mut gpu.tensor, reason);
    put(&mut gpu.memory, reason);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CallCode, RateRun};

    #[test]
    fn a_gpu_that_breaks_is_a_failed_kernel_and_keeps_what_was_measured() {
        let rate = RateRun { tflops: 1.0, peak_tflops: None, verified: true };
        let mut gpu = SmokeGpu { fp32: Reading::Found(rate), rounds: 2, ..SmokeGpu::default() };
        let failed = Failed { call: "cuCtxSynchronize", code: CallCode(226) };
        broke(&mut gpu, "the memory test", &failed);
        let Reading::Found(KernelRun::Failed { call, code, log }) = &gpu.ptx else {
            panic!("{gpu:?}")
        };
        assert_eq!((call.as_str(), code.0), ("cuCtxSynchronize", 226));
        assert_eq!(log, "during the memory test, in round 3");
        assert_eq!(gpu.fp32, Reading::Found(rate));
        assert!(gpu.memory.unknown().unwrap().contains("stopped working"));
    }

    #[test]
    fn no_room_is_not_a_failure() {
        let no_room = || Err(Failed::no_room());
        let got: Reading<u32> = taken("x", no_room(), Reading::default()).unwrap();
        assert!(got.unknown().unwrap().contains("too little memory"));
        assert_eq!(taken("x", no_room(), Reading::Found(1)).unwrap(), Reading::Found(1));
        let lost = Failed { call: "cuCtxSynchronize", code: CallCode(999) };
        assert!(taken("x", Err(lost), Reading::Found(1)).is_err());
    }
}
