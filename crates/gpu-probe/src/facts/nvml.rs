//! What NVML answered.

use super::{CallCode, Reading};
use cuda_compat::{ComputeCapability, CudaVersion, DriverVersion};
use serde::{Deserialize, Serialize};

/// NVML, asked in a process of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Nvml {
    /// The path of the library that was loaded. `Absent` where there is none, `Unknown` where it
    /// could not be loaded, with the loader's words.
    pub library: Reading<String>,
    /// The version of the library, which answers also where `init` fails.
    pub library_version: Reading<String>,
    /// What `nvmlInit_v2` returned. `Absent` where the library was not loaded.
    pub init: Reading<CallCode>,
    /// The driver's version.
    pub driver_version: Reading<DriverVersion>,
    /// The newest CUDA that the driver can run.
    pub cuda_version: Reading<CudaVersion>,
    /// How many GPUs NVML counts; more than `gpus` holds where one could not be opened.
    pub count: Reading<u32>,
    /// The GPUs, in NVML's order.
    pub gpus: Vec<NvmlGpu>,
}

/// One GPU. A value that the device does not have is `Absent`; a call that failed is `Unknown` with
/// the name of the code.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NvmlGpu {
    /// NVML's number for it.
    pub index: u32,
    /// What opening the GPU returned; not zero for a lost GPU, of which nothing else is known.
    /// `Unknown` for a GPU that did not answer to the end (see [`super::Probed::Hung`]).
    pub handle: Reading<CallCode>,
    /// The name, such as `NVIDIA H200`.
    pub name: Reading<String>,
    /// `GPU-…`; blanked by redaction.
    pub uuid: Reading<String>,
    /// The serial number; blanked by redaction.
    pub serial: Reading<String>,
    /// The PCI address, in the form of [`super::PciGpu::address`].
    pub pci_address: Reading<String>,
    /// The compute capability.
    pub compute_capability: Reading<ComputeCapability>,
    /// The brand that NVML names (`GeForce`, `Tesla`, `NVIDIA`, …).
    pub brand: Reading<String>,
    /// The version of the video BIOS.
    pub vbios: Reading<String>,
    /// Memory in all, in use, and reserved.
    pub memory: Reading<Memory>,
    /// Whether error correction is on now.
    pub ecc_enabled: Reading<bool>,
    /// Whether error correction will be on after the next reboot.
    pub ecc_pending: Reading<bool>,
    /// Errors that were counted.
    pub ecc_errors: EccErrors,
    /// Rows of memory that were replaced by spare ones.
    pub remapped_rows: Reading<RemappedRows>,
    /// Whether pages wait for a reboot to be retired (GPUs before Ampere).
    pub page_retirement_pending: Reading<bool>,
    /// What the driver wants done: 0 nothing, 1 reset, 2 reboot, 3 drain peer-to-peer,
    /// 4 drain and reset.
    pub recovery_action: Reading<u32>,
    /// Clocks now and at most.
    pub clocks: Clocks,
    /// Why the clocks are held down now; empty where they are not.
    pub throttle_reasons: Reading<Vec<ThrottleReason>>,
    /// Power now and its limits.
    pub power: Power,
    /// The temperature of the GPU, in degrees Celsius.
    pub temperature_c: Reading<u32>,
    /// The temperature at which the GPU slows down, in degrees Celsius.
    pub slowdown_temperature_c: Reading<u32>,
    /// Whether the driver stays loaded when nobody uses the GPU.
    pub persistence: Reading<bool>,
    /// The compute mode: 0 default, 1 exclusive thread, 2 prohibited, 3 exclusive process.
    pub compute_mode: Reading<u32>,
    /// The performance state: 0 is the fastest.
    pub performance_state: Reading<u32>,
    /// How busy the multiprocessors were, in percent.
    pub utilization_percent: Reading<u32>,
    /// Whether MIG is on now. `Absent` where the GPU has no MIG.
    pub mig_enabled: Reading<bool>,
    /// Whether MIG will be on after the next reset.
    pub mig_pending: Reading<bool>,
    /// The number of MIG devices that were made.
    pub mig_devices: Reading<u32>,
    /// Processes that hold memory of this GPU.
    pub processes: Reading<Vec<Process>>,
    /// The PCIe link.
    pub pcie: PcieLink,
    /// The state of the NVSwitch fabric. `Absent` on a GPU that is on none.
    pub fabric: Reading<FabricState>,
    /// NVLink: links that are on, of links that there are.
    pub nvlinks: Reading<(u32, u32)>,
    /// The state of the vGPU licence, as NVML words it. `Absent` outside a vGPU guest.
    pub vgpu_license: Reading<String>,
}

/// Memory, in MiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// In all.
    pub total_mib: u64,
    /// In use by programs.
    pub used_mib: u64,
    /// Free.
    pub free_mib: u64,
}

/// ECC error counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EccErrors {
    /// Corrected, since the driver was loaded.
    pub corrected_volatile: Reading<u64>,
    /// Not correctable, since the driver was loaded.
    pub uncorrected_volatile: Reading<u64>,
    /// Corrected, over the life of the GPU.
    pub corrected_aggregate: Reading<u64>,
    /// Not correctable, over the life of the GPU.
    pub uncorrected_aggregate: Reading<u64>,
}

/// Row remapping (Ampere and later).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemappedRows {
    /// For correctable errors.
    pub correctable: u32,
    /// For uncorrectable errors.
    pub uncorrectable: u32,
    /// A remapping waits for a reset of the GPU.
    pub pending: bool,
    /// A remapping failed: the GPU has no spare rows left there.
    pub failed: bool,
}

/// Clocks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// Now.
    pub current: ClocksMhz,
    /// The fastest that the GPU can.
    pub max: ClocksMhz,
}

/// Clocks in MHz.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClocksMhz {
    /// The multiprocessors.
    pub sm_mhz: Reading<u32>,
    /// The memory.
    pub memory_mhz: Reading<u32>,
}

/// Why the clocks are lower than they could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThrottleReason {
    /// Nothing runs.
    GpuIdle,
    /// Somebody set the application clocks.
    ApplicationClocksSetting,
    /// The power limit, in software.
    SoftwarePowerCap,
    /// The hardware slows down (heat or power).
    HardwareSlowdown,
    /// The clocks of several GPUs are held together.
    SyncBoost,
    /// The temperature, in software.
    SoftwareThermal,
    /// The temperature, in hardware.
    HardwareThermal,
    /// The power supply says stop.
    HardwarePowerBrake,
    /// A display needs certain clocks.
    DisplayClockSetting,
    /// A bit that this version does not know; the number of the bit.
    Other(u32),
}

/// Power, in milliwatts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Power {
    /// Now.
    pub usage_mw: Reading<u32>,
    /// The limit that is set.
    pub limit_mw: Reading<u32>,
    /// The limit that the maker set.
    pub default_limit_mw: Reading<u32>,
}

/// A process that holds memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its id, in the host's numbering.
    pub pid: u32,
    /// Its name, from `/proc`; `Absent` where no such process exists; blanked by redaction.
    pub name: Reading<String>,
    /// The memory it holds, in MiB; `Absent` where the driver does not say (Windows).
    pub memory_mib: Reading<u64>,
    /// Whether it draws and does not compute.
    pub graphics: bool,
}

/// The PCIe link: now, what the GPU could, and what GPU and slot together could.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PcieLink {
    /// Now. An idle GPU lowers its generation by design.
    pub current: PcieWidthGeneration,
    /// What this GPU could in the best slot; the lanes are those of [`super::PciGpu`].
    pub gpu_max: PcieWidthGeneration,
    /// What this GPU could in this slot.
    pub system_max: PcieWidthGeneration,
    /// How often a packet had to be sent again.
    pub replays: Reading<u32>,
}

/// Generation and number of lanes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PcieWidthGeneration {
    /// 1 to 6.
    pub generation: Reading<u32>,
    /// Lanes.
    pub width: Reading<u32>,
}

/// The NVSwitch fabric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FabricState {
    /// 1 not started, 2 in progress, 3 completed.
    pub state: u32,
    /// What the registration ended with, where it completed.
    pub status: CallCode,
}
