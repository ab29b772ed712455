//! How fast the smoke test went, and what held the clocks down meanwhile.

use crate::{Facts, NvmlGpu, RateRun, Reading, SmokeGpu, ThrottleReason};

/// The share of the FP32 peak, in percent, under which a rate is called low.
pub(crate) const FP32_LOW_PERCENT: u32 = 50;

/// The share in whole percent; 0 where it is not a number.
pub(crate) fn whole_percent(measured: f64, peak: f64) -> u32 {
    let share = measured / peak * 100.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=10000; a NaN becomes 0"
    )]
    let whole = share.clamp(0.0, 10_000.0) as u32;
    whole
}

/// The share of the peak, in percent; `None` where no peak is known.
pub(crate) fn rate_percent(run: &RateRun) -> Option<u32> {
    let peak = run.peak_tflops.filter(|peak| *peak > 0.0)?;
    Some(whole_percent(run.tflops, peak))
}

/// What NVML says of the GPU that the smoke test ran on.
fn by_nvml<'a>(facts: &'a Facts, gpu: &SmokeGpu) -> Option<&'a NvmlGpu> {
    let address = gpu.pci_address.found()?;
    let nvml = facts.nvml.answered()?;
    nvml.gpus.iter().find(|other| other.pci_address.found() == Some(address))
}

/// Whether MIG is on, so that CUDA shows a slice and not the GPU.
pub(crate) fn is_sliced(facts: &Facts, gpu: &SmokeGpu) -> bool {
    by_nvml(facts, gpu).is_some_and(|gpu| gpu.mig_enabled == Reading::Found(true))
}

/// Whether the GPU's memory gives part of its bandwidth to error correction: GDDR memory (a bus under
/// 1024 bits) carries the check bits in line, HBM has lanes of their own for them.
pub(crate) fn corrects_in_line(facts: &Facts, gpu: &SmokeGpu) -> bool {
    let has_ecc = by_nvml(facts, gpu).is_some_and(|it| it.ecc_enabled == Reading::Found(true));
    let devices = facts.cuda.answered().map_or(&[][..], |cuda| &cuda.devices);
    let device = devices.iter().find(|device| device.ordinal == gpu.ordinal);
    let bits = device.and_then(|device| device.memory_bus_bits.found());
    has_ecc && bits.is_some_and(|bits| *bits < 1024)
}

/// In how many samples under load the clocks were held down for this reason.
pub(crate) fn throttled_samples(gpu: &SmokeGpu, reason: ThrottleReason) -> u32 {
    let same = gpu.watch.throttled.iter().filter(|(other, _)| *other == reason);
    same.map(|(_, samples)| *samples).max().unwrap_or(0)
}
