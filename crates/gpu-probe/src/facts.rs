//! What a machine is: plain data, read once, and everything that checks judge.
//!
//! [`Facts`] is one serde type. It is saved, sent and read back unchanged, so a colleague's
//! machine, a CI runner and each node of a cluster are diagnosed by the same code. Nothing here
//! says whether something is good or bad.
//!
//! Every value that had to be looked up is a [`Reading`]: found, absent, or not looked at with the
//! reason. What a driver call could do to the process that makes it (hang, crash) is a [`Probed`].

mod containers;
mod cuda;
mod environment;
mod float;
mod host;
mod kernel;
mod libraries;
mod nvml;
mod pci;
mod profilers;
mod python;
mod reading;
mod redact;
mod save;
mod smoke;
mod toolkit;

pub use containers::{CdiDevice, CdiSpec, Containers, DockerEngine, DockerRefusal};
pub use cuda::{Cuda, CudaDevice, MappedLibrary};
pub use environment::Environment;
pub use host::{DiskSpace, Host, Machine, MountedFolder, OperatingSystem, User};
pub use kernel::{
    DeviceNode, DiskModule, DkmsModule, KernelLog, KernelModule, LoadedModule, ModuleParameters,
    NodeAccess, XidEvent,
};
pub use libraries::{DriverLibraries, LibraryCopy, LibraryKind};
pub use nvml::{
    Clocks, ClocksMhz, EccErrors, FabricState, Memory, Nvml, NvmlGpu, PcieLink,
    PcieWidthGeneration, Power, Process, RemappedRows, ThrottleReason,
};
pub use pci::PciGpu;
pub use profilers::{Profiler, Profilers, ToolCopy};
pub use python::{PythonEnvironment, PythonPackage};
pub use reading::{CallCode, Probed, Reading};
pub use save::FactsError;
pub use smoke::{BandwidthRun, Depth, KernelRun, MemoryTest, RateRun, Smoke, SmokeGpu, SmokeWatch};
pub use toolkit::{CudnnCopy, HostCompiler, NvccLimit, Toolkit};

use serde::{Deserialize, Serialize};

/// The `schema` number that this version of the crate writes.
pub const SCHEMA: u32 = 1;

/// Everything that was read from one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The version of this format; [`SCHEMA`] when written by this crate.
    pub schema: u32,
    /// When the facts were read, seconds since 1970-01-01 UTC.
    pub taken_at_unix_s: u64,
    /// The version of the program that read them.
    pub written_by: String,
    /// Whether names, serials and UUIDs have been blanked.
    pub redacted: bool,
    /// Operating system, container or host, user, disk.
    pub host: Host,
    /// The environment variables that change what CUDA does.
    pub environment: Environment,
    /// The NVIDIA GPUs on the PCI bus, by sysfs. Empty where the bus was read and holds none.
    pub pci: Reading<Vec<PciGpu>>,
    /// The kernel module, loaded and on disk.
    pub kernel_module: KernelModule,
    /// The nodes in `/dev` that CUDA needs, each opened once.
    pub device_nodes: Reading<Vec<DeviceNode>>,
    /// What the kernel log says of NVIDIA GPUs since boot.
    pub kernel_log: Reading<KernelLog>,
    /// The copies of the driver's user-space libraries.
    pub driver_libraries: DriverLibraries,
    /// What NVML answered.
    pub nvml: Probed<Nvml>,
    /// What the CUDA driver answered.
    pub cuda: Probed<Cuda>,
    /// Docker, CDI and the NVIDIA container toolkit.
    pub containers: Containers,
    /// The CUDA toolkits on the machine; empty where none was found.
    pub toolkits: Vec<Toolkit>,
    /// The C++ compiler that `nvcc` would call.
    pub host_compiler: Reading<HostCompiler>,
    /// The copies of cuDNN on the machine.
    pub cudnn: Vec<CudnnCopy>,
    /// Nsight Systems, Nsight Compute, Compute Sanitizer and the permission to use them.
    pub profilers: Profilers,
    /// The Python environments that were found, with the packages that bring or need CUDA.
    pub python: Vec<PythonEnvironment>,
    /// The kernels that really ran; `None` where nobody asked for a run.
    pub smoke: Option<Probed<Smoke>>,
}

impl Facts {
    /// The driver's version, by the first that knows it: NVML, then the loaded module.
    pub fn driver_version(&self) -> Option<cuda_compat::DriverVersion> {
        let by_nvml = self.nvml.answered().and_then(|nvml| nvml.driver_version.found()).copied();
        by_nvml.or_else(|| self.kernel_module.loaded.found().map(|loaded| loaded.version))
    }
}
