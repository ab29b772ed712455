//! Too little power holds the GPU's clocks down.
//!
//! A GPU at its power limit under full load is normal on many cards and not reported. This is about
//! the other cases: the power supply told the GPU to brake, the hardware slowed it down, somebody
//! set the limit lower than the maker did, or the rate suffers badly.
//!
//! Look at it with `nvidia-smi --query --display=POWER,PERFORMANCE`. Check that every power
//! connector of the card is fully plugged in with a cable of its own, and that the power supply is
//! strong enough; on a laptop, that it runs on its charger.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, NvmlGpu, SmokeGpu, ThrottleReason, evidence};
use serde::Serialize;

/// Power holds the clocks down more than the maker meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "the GPU slows down for lack of power in {samples} of {of_samples} samples under load: {why}"
)]
pub struct PowerThrottling {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// In how many samples.
    pub samples: u32,
    /// Of how many.
    pub of_samples: u32,
    /// Why, in words.
    pub why: String,
    /// The number of NVML and the maker's limit in watts, where somebody set a lower one.
    pub default_limit: Option<(u32, u32)>,
}

impl PowerThrottling {
    pub(super) const CODE: &str = "gpu/power-throttling";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/thermal-throttling"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        evidence::smoke_gpus(facts).iter().filter_map(|gpu| Self::of(facts, gpu)).collect()
    }

    fn of(facts: &Facts, gpu: &SmokeGpu) -> Option<Self> {
        let problem = |samples: u32, why: String, default_limit: Option<(u32, u32)>| Self {
            gpu: evidence::smoke_place(gpu),
            samples,
            of_samples: gpu.watch.samples,
            why,
            default_limit,
        };
        let brake = evidence::throttled_samples(gpu, ThrottleReason::HardwarePowerBrake);
        if brake > 0 {
            let why = "the power supply or the board told it to brake".to_owned();
            return Some(problem(brake, why, None));
        }
        let slowdown = evidence::throttled_samples(gpu, ThrottleReason::HardwareSlowdown);
        if slowdown > 0 && evidence::throttled_samples(gpu, ThrottleReason::HardwareThermal) == 0 {
            let why = "the hardware slows itself down (power or heat)".to_owned();
            return Some(problem(slowdown, why, None));
        }
        let capped = evidence::throttled_samples(gpu, ThrottleReason::SoftwarePowerCap);
        if capped == 0 {
            return None;
        }
        if let Some((index, limit_w, default_w)) = lowered_limit(facts, gpu) {
            let why = format!("the limit is {limit_w} W, and the maker set {default_w} W");
            return Some(problem(capped, why, Some((index, default_w))));
        }
        let percent = gpu.fp32.found().and_then(evidence::rate_percent)?;
        (percent < evidence::FP32_LOW_PERCENT).then(|| {
            problem(capped, format!("single precision reaches {percent} % of its peak"), None)
        })
    }
}

/// NVML's number, the limit and the maker's limit in watts, where the limit is lower.
fn lowered_limit(facts: &Facts, gpu: &SmokeGpu) -> Option<(u32, u32, u32)> {
    // A laptop moves the limit by itself, and does not let it be set.
    if facts.host.machine.laptop.found() == Some(&true) {
        return None;
    }
    let address = gpu.pci_address.found()?;
    let same = |other: &&NvmlGpu| other.pci_address.found() == Some(address);
    let by_nvml = evidence::nvml_gpus(facts).iter().find(same)?;
    let limit_w = by_nvml.power.limit_mw.found()? / 1000;
    let default_w = by_nvml.power.default_limit_mw.found()? / 1000;
    (limit_w < default_w).then_some((by_nvml.index, limit_w, default_w))
}

impl Diagnosis for PowerThrottling {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![match self.default_limit {
            Some((index, watts)) => Fix::by_command(
                "set the power limit back to the maker's, if nobody lowered it on purpose",
                format!("sudo nvidia-smi --id={index} --power-limit={watts}"),
            ),
            None => Fix::by_hand(
                "check the card's power connectors and the power supply; on a laptop, plug in the \
                 charger",
            ),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::with_smoke;
    use crate::{Probed, RateRun, Reading};

    fn throttled(reason: ThrottleReason) -> Facts {
        with_smoke(|gpu| {
            gpu.watch.samples = 20;
            gpu.watch.throttled = vec![(reason, 15)];
        })
    }

    #[test]
    fn a_brake_is_reported_and_a_cap_is_normal() {
        let check = |reason: ThrottleReason, expected: usize| {
            let found = PowerThrottling::find(&throttled(reason), &Need::default());
            assert_eq!(found.len(), expected, "{reason:?}");
        };
        check(ThrottleReason::HardwarePowerBrake, 1);
        check(ThrottleReason::HardwareSlowdown, 1);
        check(ThrottleReason::SoftwarePowerCap, 0);
        check(ThrottleReason::ApplicationClocksSetting, 0);
    }

    #[test]
    fn a_lowered_limit_is_reported() {
        let mut facts = throttled(ThrottleReason::SoftwarePowerCap);
        let Probed::Answered(nvml) = &mut facts.nvml else { panic!("the example has NVML") };
        nvml.gpus[0].power.limit_mw = Reading::Found(350_000);
        let found = PowerThrottling::find(&facts, &Need::default());
        assert_eq!(found[0].default_limit, Some((0, 700)));
    }

    #[test]
    fn a_cap_that_hurts_is_reported() {
        let facts = with_smoke(|gpu| {
            gpu.watch.samples = 20;
            gpu.watch.throttled = vec![(ThrottleReason::SoftwarePowerCap, 20)];
            gpu.fp32 =
                Reading::Found(RateRun { tflops: 20.0, peak_tflops: Some(66.9), verified: true });
        });
        assert_eq!(PowerThrottling::find(&facts, &Need::default()).len(), 1);
    }
}
