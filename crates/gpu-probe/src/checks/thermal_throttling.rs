//! The GPU is too hot and slows itself down.
//!
//! Above a certain temperature the driver, and then the hardware itself, lowers the clocks. Results
//! stay right, but everything takes longer, and a GPU that always runs this hot ages fast.
//!
//! Watch it with `nvidia-smi --query-gpu=temperature.gpu,clocks.sm,clocks_throttle_reasons.active
//! --format=csv --loop=1`. Clean fans and filters, check the air flow through the case (server
//! cards have no fan of their own), and leave a slot free between cards. On a laptop, put it on a
//! hard surface and choose the performance profile.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, NvmlGpu, SmokeGpu, ThrottleReason, evidence};
use serde::Serialize;

/// Heat holds the clocks down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "the GPU slows down because of heat: {how}{}",
    .temperature_c.map(|value| format!(", at {value} °C")).unwrap_or_default()
)]
pub struct ThermalThrottling {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// How it was seen: `in 4 of 20 samples under load`, `now, at 900 of 1980 MHz`.
    pub how: String,
    /// The temperature, in degrees Celsius, where it is known.
    pub temperature_c: Option<u32>,
}

/// Of ten samples under load, how many may be throttled in software before it is worth a word.
const TOLERATED_OF_TEN: u64 = 1;

impl ThermalThrottling {
    pub(super) const CODE: &str = "gpu/thermal-throttling";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let under_load: Vec<Self> =
            evidence::smoke_gpus(facts).iter().filter_map(Self::under_load).collect();
        let now = evidence::nvml_gpus(facts).iter().filter_map(Self::now);
        let news = now.filter(|one| under_load.iter().all(|other| other.gpu != one.gpu));
        let news: Vec<Self> = news.collect();
        under_load.into_iter().chain(news).collect()
    }

    fn under_load(gpu: &SmokeGpu) -> Option<Self> {
        let samples = gpu.watch.samples;
        let software = evidence::throttled_samples(gpu, ThrottleReason::SoftwareThermal);
        let hardware = evidence::throttled_samples(gpu, ThrottleReason::HardwareThermal);
        let worst = software.max(hardware);
        let tolerated = u64::from(software) * 10 <= u64::from(samples) * TOLERATED_OF_TEN;
        if hardware == 0 && tolerated {
            return None;
        }
        Some(Self {
            gpu: evidence::smoke_place(gpu),
            how: format!("in {worst} of {samples} samples under load"),
            temperature_c: gpu.watch.max_temperature_c.found().copied(),
        })
    }

    fn now(gpu: &NvmlGpu) -> Option<Self> {
        let reasons = gpu.throttle_reasons.found()?;
        let thermal = [ThrottleReason::SoftwareThermal, ThrottleReason::HardwareThermal];
        let is_idle = reasons.contains(&ThrottleReason::GpuIdle);
        if is_idle || !reasons.iter().any(|reason| thermal.contains(reason)) {
            return None;
        }
        let clock = *gpu.clocks.current.sm_mhz.found()?;
        let most = *gpu.clocks.max.sm_mhz.found()?;
        // Within 15 % of the fastest clock nobody notices.
        if u64::from(clock) * 100 >= u64::from(most) * 85 {
            return None;
        }
        Some(Self {
            gpu: evidence::nvml_place(gpu),
            how: format!("now, at {clock} of {most} MHz"),
            temperature_c: gpu.temperature_c.found().copied(),
        })
    }
}

impl Diagnosis for ThermalThrottling {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand("clean fans and filters, and check the air flow through the case"),
            Fix::by_command(
                "watch temperature and clocks while the GPU works",
                "nvidia-smi --query-gpu=temperature.gpu,fan.speed,clocks.sm --format=csv --loop=1",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::{self, with_nvml_gpu, with_smoke};

    #[test]
    fn judges_samples_under_load() {
        let check_of = |samples: u32, throttled: Vec<(ThrottleReason, u32)>, expected: usize| {
            let facts = with_smoke(|gpu| {
                gpu.watch.samples = samples;
                gpu.watch.throttled = throttled.clone();
            });
            let found = ThermalThrottling::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{throttled:?}");
        };
        let check = |throttled, expected| check_of(20, throttled, expected);
        check(vec![], 0);
        check(vec![(ThrottleReason::GpuIdle, 20)], 0);
        check(vec![(ThrottleReason::SoftwarePowerCap, 20)], 0);
        check(vec![(ThrottleReason::SoftwareThermal, 1)], 0);
        check(vec![(ThrottleReason::SoftwareThermal, 12)], 1);
        check(vec![(ThrottleReason::HardwareThermal, 1)], 1);
        check_of(u32::MAX, vec![(ThrottleReason::SoftwareThermal, u32::MAX)], 1);
    }

    #[test]
    fn judges_now_only_where_the_clock_suffers() {
        assert_eq!(ThermalThrottling::find(&example::h200(), &Need::default()), []);
        let check = |mhz: u32, expected: usize| {
            let facts = with_nvml_gpu(|gpu| {
                gpu.throttle_reasons = Reading::Found(vec![ThrottleReason::HardwareThermal]);
                gpu.clocks.current.sm_mhz = Reading::Found(mhz);
            });
            assert_eq!(ThermalThrottling::find(&facts, &Need::default()).len(), expected, "{mhz}");
        };
        check(1900, 0);
        check(900, 1);
        check(u32::MAX, 0);
    }

    #[test]
    fn an_unknown_reason_list_is_not_judged() {
        let facts = with_nvml_gpu(|gpu| {
            gpu.throttle_reasons = Reading::Unknown("NVML returned 999".to_owned());
        });
        assert_eq!(ThermalThrottling::find(&facts, &Need::default()), []);
    }
}
