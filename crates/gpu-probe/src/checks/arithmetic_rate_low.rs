//! The GPU computes more slowly than it should.
//!
//! A chain of multiply-adds was timed and compared with the peak that the device's own figures give
//! (multiprocessors, cores in each, fastest clock). Single precision normally reaches 90 % and
//! more; cards with a small power budget reach less, so that only half the peak is called low. The
//! tensor cores are driven by the portable `wmma` instructions, which reach only a part of the peak
//! of newer GPUs, so that only a rate next to nothing is called low. A rate of zero is never
//! normal.
//!
//! Look at the clocks while it works: `nvidia-smi --query-gpu=clocks.sm,clocks.max.sm,power.draw
//! --format=csv --loop=1`. Another program on the same GPU takes its share, too.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, RateRun, Reading, SmokeGpu, evidence};
use serde::Serialize;

/// An arithmetic rate is far under the computed peak, or zero.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error(
    "{what} runs at {tflops:.1} TFLOPS{}",
    .percent.zip(*.peak_tflops).map(|(percent, peak)| format!(", {percent} % of its peak of {peak:.1} TFLOPS")).unwrap_or_default()
)]
pub struct ArithmeticRateLow {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// `single precision` or `tensor cores`.
    pub what: &'static str,
    /// What was measured, in TFLOPS.
    pub tflops: f64,
    /// The computed peak, in TFLOPS, where there is one.
    pub peak_tflops: Option<f64>,
    /// The share of the peak, in percent.
    pub percent: Option<u32>,
}

/// The same for the tensor cores.
const TENSOR_LOW_PERCENT: u32 = 10;

impl ArithmeticRateLow {
    pub(super) const CODE: &str = "gpu/arithmetic-rate-low";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/thermal-throttling",
        "gpu/power-throttling",
        "gpu/memory-held-by-dead-process",
        "gpu/xid-hardware",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let gpus = evidence::smoke_gpus(facts).iter();
        gpus.flat_map(|gpu| Self::of(gpu, evidence::is_sliced(facts, gpu))).collect()
    }

    fn of(gpu: &SmokeGpu, sliced: bool) -> Vec<Self> {
        let runs = [
            ("single precision", &gpu.fp32, evidence::FP32_LOW_PERCENT),
            ("tensor cores", &gpu.tensor, TENSOR_LOW_PERCENT),
        ];
        let low = |(what, run, least): (&'static str, &Reading<RateRun>, u32)| {
            let run = run.found()?;
            let share = evidence::rate_percent(run);
            let is_zero = run.tflops.is_nan() || run.tflops <= 0.0;
            let is_low = !sliced && share.is_some_and(|share| share < least);
            (is_zero || is_low).then(|| Self {
                gpu: evidence::smoke_place(gpu),
                what,
                tflops: run.tflops,
                peak_tflops: run.peak_tflops,
                percent: share,
            })
        };
        runs.into_iter().filter_map(low).collect()
    }
}

impl Diagnosis for ArithmeticRateLow {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            steps::measure_alone(),
            Fix::by_command(
                "set the clocks back to what the maker set",
                "sudo nvidia-smi --reset-gpu-clocks; sudo nvidia-smi --reset-applications-clocks",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::with_smoke;

    #[test]
    fn zero_is_never_healthy() {
        let check = |tflops: f64, peak_tflops: Option<f64>, expected: usize| {
            let run = || Reading::Found(RateRun { tflops, peak_tflops, verified: true });
            let facts = with_smoke(|gpu| gpu.fp32 = run());
            let found = ArithmeticRateLow::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{tflops}");
        };
        check(60.0, Some(66.9), 0);
        check(20.0, Some(66.9), 1);
        check(0.0, None, 1);
        check(f64::NAN, Some(66.9), 1);
        check(1.0, None, 0);
    }

    #[test]
    fn a_gpu_without_tensor_cores_is_fine() {
        let facts = with_smoke(|gpu| gpu.tensor = Reading::Absent);
        assert_eq!(ArithmeticRateLow::find(&facts, &Need::default()), []);
    }
}
