//! The kernel's side: the module, its device nodes, its log.

use super::Reading;
use cuda_compat::DriverVersion;
use serde::{Deserialize, Serialize};

/// The NVIDIA kernel module, in memory and on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelModule {
    /// The module that is loaded. `Absent` where none is.
    pub loaded: Reading<LoadedModule>,
    /// Whether `nvidia_uvm` is loaded, which CUDA needs and graphics do not.
    pub uvm_loaded: Reading<bool>,
    /// Whether `nouveau` is loaded.
    pub nouveau_loaded: Reading<bool>,
    /// The modules on disk for the running kernel; empty where there is none.
    pub on_disk: Reading<Vec<DiskModule>>,
    /// Driver versions that DKMS knows, and whether one is built for the running kernel.
    pub dkms: Reading<Vec<DkmsModule>>,
    /// Whether the headers of the running kernel are there, which DKMS builds need.
    pub kernel_headers: Reading<bool>,
    /// Files under `modprobe.d` that forbid the module (`blacklist nvidia`), with their paths.
    pub forbidden_by: Reading<Vec<String>>,
    /// The module's parameters that matter here.
    pub parameters: ModuleParameters,
}

/// What is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedModule {
    /// The version, from `/proc/driver/nvidia/version` or `/sys/module/nvidia/version`.
    pub version: DriverVersion,
    /// Whether it is the open kernel module.
    pub open: Reading<bool>,
}

/// A module file for the running kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskModule {
    /// Where it is.
    pub path: String,
    /// Its version, from its `modinfo` section.
    pub version: Reading<DriverVersion>,
    /// Its licence text; `NVIDIA` for the proprietary module, `Dual MIT/GPL` for the open one.
    pub license: Reading<String>,
    /// Who signed it; `Absent` where it is not signed.
    pub signer: Reading<String>,
}

/// A driver that DKMS knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DkmsModule {
    /// The driver version.
    pub version: String,
    /// Whether it is built for the running kernel.
    pub built: bool,
}

/// The parameters of the loaded modules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleParameters {
    /// `RmProfilingAdminOnly` of `/proc/driver/nvidia/params`: counters are for root only.
    pub profiling_admin_only: Reading<bool>,
    /// `uvm_disable_hmm` of `nvidia_uvm`.
    pub uvm_disable_hmm: Reading<bool>,
    /// `PreserveVideoMemoryAllocations`: memory survives a suspend.
    pub preserve_video_memory: Reading<bool>,
}

/// One node in `/dev`, opened once for reading and writing and closed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceNode {
    /// Its path, such as `/dev/nvidia0`.
    pub path: String,
    /// Device major and minor number; `Absent` where the path is not a device.
    pub device: Reading<(u32, u32)>,
    /// The permission bits, such as `0o666`.
    pub mode: Reading<u32>,
    /// What opening it gave.
    pub access: NodeAccess,
}

/// What `open(2)` gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeAccess {
    /// It opened.
    Opened,
    /// It did not; the name of the `errno`, such as `ENOENT`, `EACCES`, `EPERM`, `EIO`.
    Refused(String),
    /// It was left alone, with the reason: opening it would wake a sleeping laptop GPU.
    NotTried(String),
}

/// What the kernel log says since boot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelLog {
    /// Where it was read: `/dev/kmsg`, `journalctl -k`, or a file.
    pub source: String,
    /// The Xid events, oldest first, at most 1000 (the newest are kept).
    pub xids: Vec<XidEvent>,
    /// Lines that say why the driver did not start (`RmInitAdapter failed!`, `NVRM: …`), in order,
    /// at most 50.
    pub driver_messages: Vec<String>,
}

/// One Xid line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct XidEvent {
    /// The code.
    pub code: u32,
    /// The GPU, as the kernel wrote it, in the form of [`super::PciGpu::address`].
    pub pci_address: String,
    /// Seconds since boot; `Absent` where the line has no time.
    pub since_boot_s: Reading<u64>,
    /// The process id that the line names.
    pub pid: Reading<u32>,
    /// The program that the line names.
    pub program: Reading<String>,
    /// The rest of the line.
    pub text: String,
}
