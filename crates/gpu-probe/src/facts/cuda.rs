//! What the CUDA driver answered.

use super::{CallCode, Reading};
use cuda_compat::{ComputeCapability, CudaVersion};
use serde::{Deserialize, Serialize};

/// The CUDA driver, asked in a process of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cuda {
    /// The library that was opened. `Absent` where there is none, `Unknown` where it could not be
    /// loaded, with the loader's words.
    pub library: Reading<MappedLibrary>,
    /// The newest CUDA that the driver can run.
    pub version: Reading<CudaVersion>,
    /// What `cuInit` returned. `Absent` where the library was not loaded.
    pub init: Reading<CallCode>,
    /// What `cuDeviceGetCount` returned. `Absent` where it was not called.
    pub count: Reading<CallCode>,
    /// The devices; empty where there is none or the calls before failed.
    pub devices: Vec<CudaDevice>,
    /// Functions that an older driver lacks and that were asked for.
    pub missing_symbols: Vec<String>,
}

/// The library that the loader really mapped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedLibrary {
    /// Its path, from `/proc/self/maps`.
    pub path: String,
    /// Other copies of the same library that were mapped too.
    pub also_mapped: Vec<String>,
}

/// One device, as the CUDA driver sees it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CudaDevice {
    /// The number that CUDA gives it, under the `CUDA_VISIBLE_DEVICES` of the moment.
    pub ordinal: u32,
    /// The name.
    pub name: Reading<String>,
    /// `GPU-…` or `MIG-…`; blanked by redaction.
    pub uuid: Reading<String>,
    /// The PCI address, in the form of [`super::PciGpu::address`].
    pub pci_address: Reading<String>,
    /// The compute capability.
    pub compute_capability: Reading<ComputeCapability>,
    /// The memory, in MiB.
    pub memory_mib: Reading<u64>,
    /// The number of multiprocessors.
    pub multiprocessors: Reading<u32>,
    /// The fastest clock of the multiprocessors, in MHz.
    pub clock_mhz: Reading<u32>,
    /// The fastest clock of the memory, in MHz.
    pub memory_clock_mhz: Reading<u32>,
    /// The width of the memory bus, in bits.
    pub memory_bus_bits: Reading<u32>,
    /// Whether it is part of the processor's chip.
    pub integrated: Reading<bool>,
    /// The compute mode: 0 default, 2 prohibited, 3 exclusive process.
    pub compute_mode: Reading<u32>,
}
