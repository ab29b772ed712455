//! How fast the smoke test went, and what held the clocks down meanwhile.

use crate::{Facts, RateRun, Reading, SmokeGpu, ThrottleReason};

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

/// Whether MIG is on, so that CUDA shows a slice and not the GPU.
pub(crate) fn is_sliced(facts: &Facts, gpu: &SmokeGpu) -> bool {
    let Some(nvml) = facts.nvml.answered() else { return false };
    let Some(address) = gpu.pci_address.found() else { return false };
    let same = nvml.gpus.iter().find(|other| other.pci_address.found() == Some(address));
    same.is_some_and(|gpu| gpu.mig_enabled == Reading::Found(true))
}

/// In how many samples under load the clocks were held down for this reason.
pub(crate) fn throttled_samples(gpu: &SmokeGpu, reason: ThrottleReason) -> u32 {
    let same = gpu.watch.throttled.iter().filter(|(other, _)| *other == reason);
    same.map(|(_, samples)| *samples).max().unwrap_or(0)
}
