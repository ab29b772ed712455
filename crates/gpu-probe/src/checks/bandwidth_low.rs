//! The GPU's own memory is slower than it should be.
//!
//! A copy inside the GPU's memory was timed and compared with the peak that the device's own
//! figures give (bus width times memory clock). A healthy GPU reaches 85 to 95 % of it in such a
//! copy. Less than 80 % (70 % with ECC on GDDR memory) is worth a look, less than 60 % means that something is wrong: the memory
//! clock is held down, another program uses the memory at the same time, or the GPU is damaged.
//!
//! Look at the clocks while it works: `nvidia-smi --query-gpu=clocks.mem,clocks.max.mem
//! --format=csv --loop=1`. A slice of a GPU (MIG) is not judged, because it has only a share of the
//! bandwidth.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, SmokeGpu, evidence};
use serde::Serialize;

/// The copy inside the GPU is under 80 % of the computed peak.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error(
    "GPU memory copies at {gb_per_s:.0} GB/s, {percent} % of its peak of {peak_gb_per_s:.0} GB/s; at least {normal_percent} % is normal"
)]
pub struct BandwidthLow {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// What was measured, in GB/s.
    pub gb_per_s: f64,
    /// The computed peak, in GB/s.
    pub peak_gb_per_s: f64,
    /// The share of the peak, in percent; under 60 is certainly a fault.
    pub percent: u32,
    /// The share of the peak, in percent, that is normal for this GPU.
    pub normal_percent: u32,
}

/// The share of the peak, in percent, that is normal.
const NORMAL_PERCENT: u32 = 80;

/// The same where the memory gives part of its bandwidth to error correction. By the pass marks of
/// NVIDIA's DCGM, which are three quarters of what it measured, a healthy T4 reaches 76 %.
const NORMAL_PERCENT_IN_LINE: u32 = 70;

impl BandwidthLow {
    pub(super) const CODE: &str = "gpu/bandwidth-low";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/thermal-throttling",
        "gpu/power-throttling",
        "gpu/memory-held-by-dead-process",
        "gpu/xid-hardware",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let whole =
            evidence::smoke_gpus(facts).iter().filter(|gpu| !evidence::is_sliced(facts, gpu));
        whole.filter_map(|gpu| Self::of(facts, gpu)).collect()
    }

    fn of(facts: &Facts, gpu: &SmokeGpu) -> Option<Self> {
        let run = gpu.device_memory.found()?;
        let peak_gb_per_s = run.peak_gb_per_s.filter(|peak| *peak > 0.0)?;
        let percent = evidence::whole_percent(run.gb_per_s, peak_gb_per_s);
        let in_line = evidence::corrects_in_line(facts, gpu);
        let normal_percent = if in_line { NORMAL_PERCENT_IN_LINE } else { NORMAL_PERCENT };
        (percent < normal_percent).then(|| Self {
            gpu: evidence::smoke_place(gpu),
            gb_per_s: run.gb_per_s,
            peak_gb_per_s,
            percent,
            normal_percent,
        })
    }
}

impl Diagnosis for BandwidthLow {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            steps::measure_alone(),
            Fix::by_command(
                "set the memory clock back to what the maker set",
                "sudo nvidia-smi --reset-memory-clocks",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::with_smoke;
    use crate::{BandwidthRun, Probed, Reading};

    fn copied(gb_per_s: f64, peak_gb_per_s: Option<f64>) -> Facts {
        with_smoke(|gpu| {
            gpu.device_memory =
                Reading::Found(BandwidthRun { gb_per_s, peak_gb_per_s, verified: true });
        })
    }

    #[test]
    fn compares_with_the_peak() {
        let check = |gb_per_s: f64, peak: Option<f64>, expected: Option<u32>| {
            let found = BandwidthLow::find(&copied(gb_per_s, peak), &Need::default());
            assert_eq!(found.first().map(|problem| problem.percent), expected, "{gb_per_s}");
        };
        check(4300.0, Some(4800.0), None);
        check(3600.0, Some(4800.0), Some(75));
        check(0.0, Some(4800.0), Some(0));
        check(f64::NAN, Some(4800.0), Some(0));
        check(100.0, None, None);
    }

    #[test]
    fn error_correction_in_line_costs_bandwidth() {
        let mut facts = copied(240.0, Some(320.0));
        assert_eq!(BandwidthLow::find(&facts, &Need::default()).len(), 1);
        if let Probed::Answered(cuda) = &mut facts.cuda {
            cuda.devices[0].memory_bus_bits = Reading::Found(256);
        }
        assert_eq!(BandwidthLow::find(&facts, &Need::default()), []);
    }

    #[test]
    fn a_slice_is_not_judged() {
        let mut facts = copied(600.0, Some(4800.0));
        if let Probed::Answered(nvml) = &mut facts.nvml {
            nvml.gpus[0].mig_enabled = Reading::Found(true);
        }
        assert_eq!(BandwidthLow::find(&facts, &Need::default()), []);
    }
}
