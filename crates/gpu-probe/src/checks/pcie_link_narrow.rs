//! The GPU's PCIe link is narrower or slower than GPU and slot allow.
//!
//! An idle GPU lowers its link to save power, so the link was looked at while data moved. It still
//! had fewer lanes, or a lower generation, than this GPU in this slot can do. Copies between host
//! and GPU are slower by the same share.
//!
//! Confirm under load with `nvidia-smi
//! --query-gpu=pcie.link.gen.current,pcie.link.gen.max,pcie.link.width.current,pcie.link.width.max
//! --format=csv`. Usual causes: a card that is not fully in its slot, dirt on the contacts, a riser
//! cable of an older generation, a slot that has fewer lanes than it is long, an SSD that shares
//! the lanes, or a limit in the firmware's settings.

use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::{Facts, Need, NvmlGpu, SmokeGpu, evidence};
use serde::Serialize;
use std::fmt;

/// The link under load is less than GPU and slot together could do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "the PCIe link runs at {under_load} under load; GPU and slot can do {possible}{}",
    slot_note(.possible, .gpu_generation)
)]
pub struct PcieLinkNarrow {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// What was seen while data moved.
    pub under_load: Link,
    /// What GPU and slot together could do.
    pub possible: Link,
    /// The generation that the GPU could do in the best slot, where it is known.
    pub gpu_generation: Option<u32>,
    /// Whether this is a WSL guest, where `lspci` does not show the GPU.
    pub wsl: bool,
}

/// Generation and lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Link {
    /// 1 to 6.
    pub generation: u32,
    /// Lanes.
    pub width: u32,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "generation {} x{}", self.generation, self.width)
    }
}

fn slot_note(possible: &Link, gpu_generation: &Option<u32>) -> String {
    match gpu_generation {
        Some(gpu) if *gpu > possible.generation => {
            format!(" (the GPU alone generation {gpu}: the slot limits it)")
        }
        Some(_) | None => String::new(),
    }
}

impl PcieLinkNarrow {
    pub(super) const CODE: &str = "gpu/pcie-link-narrow";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        evidence::smoke_gpus(facts).iter().filter_map(|gpu| Self::of(facts, gpu)).collect()
    }

    fn of(facts: &Facts, gpu: &SmokeGpu) -> Option<Self> {
        // A quick test moves too little for the link to wake up.
        let moved = [&gpu.host_to_device, &gpu.device_to_host];
        if moved.iter().all(|run| run.found().is_none()) {
            return None;
        }
        let address = gpu.pci_address.found()?;
        let same = |other: &&NvmlGpu| other.pci_address.found() == Some(address);
        let pcie = &evidence::nvml_gpus(facts).iter().find(same)?.pcie;
        let under_load = Link {
            generation: *gpu.watch.pcie_generation.found()?,
            width: *gpu.watch.pcie_width.found()?,
        };
        let possible = Link {
            generation: *pcie.system_max.generation.found()?,
            width: *pcie.system_max.width.found()?,
        };
        let narrow =
            under_load.generation < possible.generation || under_load.width < possible.width;
        narrow.then(|| Self {
            gpu: evidence::smoke_place(gpu),
            under_load,
            possible,
            gpu_generation: pcie.gpu_max.generation.found().copied(),
            wsl: evidence::in_wsl(facts),
        })
    }
}

impl Diagnosis for PcieLinkNarrow {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let first = if self.under_load.width < self.possible.width {
            "seat the card again and use a slot with all its lanes; take out SSDs that share them"
        } else {
            "set the slot's PCIe speed to automatic in the firmware, and replace an old riser cable"
        };
        let look = match &self.gpu {
            Place::Gpu { gpu, .. } if !self.wsl => Fix::by_command(
                "compare what the slot can do with what was agreed on (`LnkCap`, `LnkSta`)",
                format!("sudo lspci -vv -s {} | grep Lnk", shell_word(gpu)),
            ),
            _ => Fix::by_command(
                "compare what the link is with what it could be, while a copy runs",
                "nvidia-smi --query-gpu=pcie.link.gen.current,pcie.link.gen.max,\
                 pcie.link.width.current,pcie.link.width.max --format=csv",
            ),
        };
        vec![look, Fix::by_hand(first)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{with_nvml_gpu, with_smoke};
    use crate::{BandwidthRun, Reading};

    fn copied() -> Reading<BandwidthRun> {
        Reading::Found(BandwidthRun { gb_per_s: 55.0, peak_gb_per_s: None, verified: true })
    }

    #[test]
    fn judges_the_link_under_load() {
        let check = |generation: Reading<u32>, width: Reading<u32>, expected: usize| {
            let facts = with_smoke(|gpu| {
                gpu.host_to_device = copied();
                gpu.watch.pcie_generation = generation.clone();
                gpu.watch.pcie_width = width.clone();
            });
            let found = PcieLinkNarrow::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{generation:?} {width:?}");
        };
        check(Reading::Found(5), Reading::Found(16), 0);
        check(Reading::Found(5), Reading::Found(8), 1);
        check(Reading::Found(3), Reading::Found(16), 1);
        check(Reading::Unknown("not sampled".to_owned()), Reading::Found(1), 0);
    }

    #[test]
    fn an_idle_link_is_not_judged() {
        let facts = with_nvml_gpu(|gpu| gpu.pcie.current.generation = Reading::Found(1));
        assert_eq!(PcieLinkNarrow::find(&facts, &Need::default()), []);
        let facts = with_smoke(|gpu| {
            gpu.watch.pcie_generation = Reading::Found(1);
            gpu.watch.pcie_width = Reading::Found(16);
        });
        assert_eq!(PcieLinkNarrow::find(&facts, &Need::default()), [], "no data moved");
    }
}
