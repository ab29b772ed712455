//! Copies between the host's memory and the GPU are slow.
//!
//! Pinned host memory was copied to and from the GPU and compared with what the PCIe link of this
//! GPU should carry at least: 9 GB/s at generation 3, 21 at generation 4 and 48 at generation 5,
//! each with 16 lanes (fewer lanes, a smaller share).
//!
//! Usual causes: the copy crosses to the other processor socket (pin the program with `numactl`),
//! an IOMMU or hypervisor in between, few memory channels filled, or a link that retrains because
//! of a bad riser. Look at the link with `nvidia-smi
//! --query-gpu=pcie.link.gen.current,pcie.link.width.current --format=csv` while a copy runs.

use super::{Diagnosis, Fix, Place};
use crate::{BandwidthRun, Facts, Need, Reading, SmokeGpu, evidence};
use cuda_compat::pcie_floor_x16_gb_s;
use serde::Serialize;

/// A pinned copy is under the floor of its link.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error(
    "copies {direction} run at {gb_per_s:.1} GB/s; PCIe generation {generation} with {width} lanes should carry {floor_gb_per_s:.1} GB/s at least"
)]
pub struct TransferSlow {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// `from host to GPU` or `from GPU to host`.
    pub direction: &'static str,
    /// What was measured, in GB/s.
    pub gb_per_s: f64,
    /// What the link should carry at least, in GB/s.
    pub floor_gb_per_s: f64,
    /// The PCIe generation under load.
    pub generation: u32,
    /// The lanes under load.
    pub width: u32,
    /// The NUMA node of the GPU, where the machine has several.
    pub numa_node: Option<u32>,
}

impl TransferSlow {
    pub(super) const CODE: &str = "gpu/transfer-slow";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/pcie-link-narrow", "gpu/xid-hardware"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let whole =
            evidence::smoke_gpus(facts).iter().filter(|gpu| !evidence::is_sliced(facts, gpu));
        whole.flat_map(|gpu| Self::of(facts, gpu)).collect()
    }

    fn of(facts: &Facts, gpu: &SmokeGpu) -> Vec<Self> {
        let (Some(&generation), Some(&width)) =
            (gpu.watch.pcie_generation.found(), gpu.watch.pcie_width.found())
        else {
            return Vec::new();
        };
        let Some(floor_gb_per_s) = floor_gb_per_s(generation, width) else { return Vec::new() };
        let slow = |(direction, run): (&'static str, &Reading<BandwidthRun>)| {
            let gb_per_s = run.found()?.gb_per_s;
            (gb_per_s.is_nan() || gb_per_s < floor_gb_per_s).then(|| Self {
                gpu: evidence::smoke_place(gpu),
                direction,
                gb_per_s,
                floor_gb_per_s,
                generation,
                width,
                numa_node: numa_node(facts, gpu),
            })
        };
        let runs =
            [("from host to GPU", &gpu.host_to_device), ("from GPU to host", &gpu.device_to_host)];
        runs.into_iter().filter_map(slow).collect()
    }
}

/// `None` for a generation of which nobody gives a figure.
fn floor_gb_per_s(generation: u32, width: u32) -> Option<f64> {
    Some(pcie_floor_x16_gb_s(generation)? * f64::from(width.min(16)) / 16.0)
}

fn numa_node(facts: &Facts, gpu: &SmokeGpu) -> Option<u32> {
    let address = gpu.pci_address.found()?;
    let on_bus = facts.pci.found()?.iter().find(|other| other.address == *address)?;
    on_bus.numa_node.found().copied()
}

impl Diagnosis for TransferSlow {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let by_node = self.numa_node.map(|node| {
            Fix::by_command(
                "run the program on the processor socket that the GPU hangs on",
                format!("numactl --cpunodebind={node} --membind={node} cargo altlas doctor --deep"),
            )
        });
        let rest = Fix::by_hand(
            "check that the memory channels are filled evenly and that no IOMMU or hypervisor \
             setting slows the GPU's slot",
        );
        by_node.into_iter().chain([rest]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::with_smoke;

    fn find(gb_per_s: f64, generation: Reading<u32>, width: u32) -> usize {
        let facts = with_smoke(|gpu| {
            gpu.host_to_device =
                Reading::Found(BandwidthRun { gb_per_s, peak_gb_per_s: None, verified: true });
            gpu.watch.pcie_generation = generation;
            gpu.watch.pcie_width = Reading::Found(width);
        });
        TransferSlow::find(&facts, &Need::default()).len()
    }

    #[test]
    fn compares_with_the_floor_of_the_link() {
        assert_eq!(find(55.0, Reading::Found(5), 16), 0);
        assert_eq!(find(12.0, Reading::Found(5), 16), 1);
        assert_eq!(find(12.0, Reading::Found(4), 8), 0);
        assert_eq!(find(f64::NAN, Reading::Found(4), 8), 1);
        assert_eq!(find(0.1, Reading::Found(1), 16), 0);
    }

    #[test]
    fn an_unknown_link_is_not_judged() {
        assert_eq!(find(1.0, Reading::Unknown("NVML has hung".to_owned()), 16), 0);
    }
}
