//! The NVIDIA GPUs that the PCI bus shows, read without the driver.

use super::Reading;
use serde::{Deserialize, Serialize};

/// One NVIDIA display or 3D controller in `/sys/bus/pci/devices`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PciGpu {
    /// Domain, bus, device and function: `0000:18:00.0`, in lower case.
    pub address: String,
    /// The PCI device id, such as `0x2335`.
    pub device_id: u16,
    /// The kernel driver that holds it: `nvidia`, `nouveau`, `vfio-pci`. `Absent` where none does.
    pub driver: Reading<String>,
    /// `active`, `suspended` or another word of `power/runtime_status`.
    pub runtime_status: Reading<String>,
    /// Whether the device's memory windows (BARs) got addresses from the firmware.
    pub memory_windows_assigned: Reading<bool>,
    /// The size of the largest memory window, in MiB (resizable BAR shows here).
    pub largest_window_mib: Reading<u64>,
    /// How many lanes the GPU could use in the best slot. `Absent` where it has no PCIe link.
    pub max_link_width: Reading<u32>,
    /// The NUMA node; `Absent` where the machine has one node only (`-1`).
    pub numa_node: Reading<u32>,
}
