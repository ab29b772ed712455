//! Everything that can be wrong with a machine, one file a check.
//!
//! A check is a pure function of [`Facts`] and [`Need`]. To add one, write
//! `checks/my_problem.rs` after the model of `checks/driver_too_old.rs` and put a line into the
//! list below. The `//!` text of the file is what `cargo altlas explain` prints, its type holds the
//! data, `#[error]` holds the sentence, `find` finds it, and the tests stand below it. The program
//! then does not compile until the new problem has a level.
//!
//! The order of the list is the order of causes: from the hardware up to the tools. What stands
//! first is shown as the root cause where nothing says otherwise.

use crate::{Facts, Need};
use serde::Serialize;

/// What every problem can say of itself.
pub trait Diagnosis: std::error::Error {
    /// Where it is.
    fn place(&self) -> Place;

    /// What to do about it, in the order in which to do it; never empty.
    fn fixes(&self) -> Vec<Fix>;
}

/// Where a problem is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Place {
    /// The machine as a whole.
    Machine,
    /// One GPU.
    Gpu {
        /// Its PCI address, in the form of [`crate::PciGpu::address`]; or CUDA's or NVML's number
        /// for it, where it has no address.
        gpu: String,
        /// Its name, where it is known.
        name: Option<String>,
    },
    /// A file or folder.
    Path {
        /// Which.
        path: String,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
    },
}

/// One step of a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What to do and why, in a sentence.
    pub text: String,
    /// The shell command that does it; `None` where no command can.
    pub command: Option<String>,
}

impl Fix {
    /// A step that a person does.
    pub fn by_hand(text: impl Into<String>) -> Self {
        Self { text: text.into(), command: None }
    }

    /// A step for the administrator of the driver: a command here, and in a container a hint to run
    /// it on the host, where the driver is.
    pub(crate) fn on_host(container: bool, text: &str, command: impl Into<String>) -> Self {
        let command = command.into();
        if container {
            return Self::by_hand(format!("on the host: {text} (`{command}`)"));
        }
        Self { text: text.to_owned(), command: Some(command) }
    }

    /// A step that a shell command does.
    pub fn by_command(text: impl Into<String>, command: impl Into<String>) -> Self {
        Self { text: text.into(), command: Some(command.into()) }
    }
}

/// Where the driver is that the machine uses, which decides what a person can do about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DriverSeat {
    /// A WSL guest: the driver is Windows' own.
    pub wsl: bool,
    /// A container: the driver is the host's.
    pub container: bool,
    /// A Jetson or a relative: the driver is part of the system, and has no `/dev/nvidia*`.
    pub tegra: bool,
}

impl DriverSeat {
    pub(crate) fn of(facts: &Facts) -> Self {
        Self {
            wsl: crate::evidence::in_wsl(facts),
            container: crate::evidence::in_container(facts),
            tegra: facts.host.machine.tegra.found().is_some(),
        }
    }
}

/// The file that the loader came to when it stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadedFile {
    /// Its path.
    pub path: String,
    /// Whether `LD_LIBRARY_PATH` led to it.
    pub by_library_path: bool,
}

impl LoadedFile {
    /// The file of a step that loads a library.
    pub(crate) fn of(facts: &Facts, stage: &str) -> Option<Self> {
        let path = crate::evidence::loaded_in(facts, stage)?.path.clone();
        let by_library_path = crate::evidence::is_by_library_path(facts, &path);
        Some(Self { path, by_library_path })
    }

    /// What to do about it.
    pub(crate) fn fixes(&self) -> Vec<Fix> {
        let word = crate::shell_word::shell_word(&self.path);
        let look = Fix::by_command("see what the file is", format!("stat {word}; file -L {word}"));
        let way = match self.by_library_path {
            true => {
                Fix::by_command("take its folder out of the search path", "unset LD_LIBRARY_PATH")
            }
            false => Fix::by_hand(format!(
                "if `{}` is not the driver's, remove it and install the driver's compute package again",
                self.path
            )),
        };
        vec![look, way]
    }
}

/// ` (`/path`, which `LD_LIBRARY_PATH` leads to)`, or nothing.
pub(crate) fn file_words(file: &Option<LoadedFile>) -> String {
    match file {
        Some(LoadedFile { path, by_library_path: true }) => {
            format!(" (`{path}`, which `LD_LIBRARY_PATH` leads to)")
        }
        Some(LoadedFile { path, by_library_path: false }) => format!(" (`{path}`)"),
        None => String::new(),
    }
}

/// The command that shows what the driver wrote into the kernel log.
pub(crate) const KERNEL_LOG: &str = "sudo dmesg | grep -i -e nvrm -e xid";

/// One check, as the table lists it.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its code: `gpu/` and the name of its file, with hyphens.
    pub code: &'static str,
    /// The problems that cause this one, where they are there too, nearest first.
    pub follows_from: &'static [&'static str],
    /// The text of its file.
    source: &'static str,
    /// Finds the problem.
    pub find: fn(&Facts, &Need) -> Vec<Problem>,
}

impl Check {
    /// The text that explains the problem, in Markdown: the `//!` lines of the check's file.
    pub fn explanation(&self) -> String {
        crate::module_text(self.source)
    }
}

/// Declares the files, the enum over their types and the table, from one list.
macro_rules! checks {
    ($($file:ident :: $Problem:ident),* $(,)?) => {
        $(mod $file; pub use $file::$Problem;)*

        /// Something that is wrong with the machine.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Problem {
            $(
                #[doc = concat!("See `checks/", stringify!($file), ".rs`.")]
                $Problem($Problem)
            ),*
        }

        /// Every check, in the order of causes.
        pub const CHECKS: &[Check] = &[$(
            Check {
                code: $Problem::CODE,
                follows_from: $Problem::FOLLOWS_FROM,
                source: include_str!(concat!("checks/", stringify!($file), ".rs")),
                find: |facts, need| {
                    $Problem::find(facts, need).into_iter().map(Problem::$Problem).collect()
                },
            }
        ),*];

        impl Problem {
            /// The code, such as `gpu/driver-too-old`.
            pub fn code(&self) -> &'static str {
                match self { $(Self::$Problem(_) => $Problem::CODE),* }
            }

            /// The codes that this problem may follow from, nearest first.
            pub(crate) fn causes(&self) -> &'static [&'static str] {
                match self { $(Self::$Problem(_) => $Problem::FOLLOWS_FROM),* }
            }

            /// What the problem says of itself.
            pub fn diagnosis(&self) -> &dyn Diagnosis {
                match self { $(Self::$Problem(problem) => problem),* }
            }
        }
    };
}

checks! {
    no_nvidia_device::NoNvidiaDevice,
    wsl_version_1::WslVersion1,
    device_held_by_vfio::DeviceHeldByVfio,
    nouveau_bound::NouveauBound,
    memory_windows_unassigned::MemoryWindowsUnassigned,
    fell_off_the_bus::FellOffTheBus,
    driver_not_installed::DriverNotInstalled,
    module_not_built::ModuleNotBuilt,
    secure_boot_blocks_module::SecureBootBlocksModule,
    module_forbidden::ModuleForbidden,
    module_not_loaded::ModuleNotLoaded,
    several_driver_libraries::SeveralDriverLibraries,
    driver_version_mismatch::DriverVersionMismatch,
    reboot_pending::RebootPending,
    open_module_required::OpenModuleRequired,
    adapter_init_failed::AdapterInitFailed,
    gpu_lost::GpuLost,
    gpu_needs_reset::GpuNeedsReset,
    uvm_not_loaded::UvmNotLoaded,
    container_lost_gpu::ContainerLostGpu,
    container_without_gpu::ContainerWithoutGpu,
    device_node_missing::DeviceNodeMissing,
    device_node_permission::DeviceNodePermission,
    device_node_dead::DeviceNodeDead,
    gpu_missing_from_driver::GpuMissingFromDriver,
    uncorrected_ecc_errors::UncorrectedEccErrors,
    row_remap_pending::RowRemapPending,
    row_remap_failed::RowRemapFailed,
    page_retirement_pending::PageRetirementPending,
    xid_hardware::XidHardware,
    hmm_breaks_init::HmmBreaksInit,
    uvm_broken::UvmBroken,
    driver_library_missing::DriverLibraryMissing,
    driver_library_broken::DriverLibraryBroken,
    stub_library_loaded::StubLibraryLoaded,
    compat_library_loaded::CompatLibraryLoaded,
    ptx_compiler_missing::PtxCompilerMissing,
    wsl_access_blocked::WslAccessBlocked,
    driver_hung::DriverHung,
    driver_crashed::DriverCrashed,
    nvml_failed::NvmlFailed,
    fabric_not_ready::FabricNotReady,
    visible_devices_invalid::VisibleDevicesInvalid,
    mig_without_instances::MigWithoutInstances,
    vgpu_unlicensed::VgpuUnlicensed,
    mps_unreachable::MpsUnreachable,
    compute_mode_prohibited::ComputeModeProhibited,
    device_busy::DeviceBusy,
    cuda_init_failed::CudaInitFailed,
    driver_too_old::DriverTooOld,
    driver_too_old_for_cuda::DriverTooOldForCuda,
    driver_needs_minor_compatibility::DriverNeedsMinorCompatibility,
    driver_branch_end_of_life::DriverBranchEndOfLife,
    gpu_not_in_project::GpuNotInProject,
    architecture_not_in_toolkit::ArchitectureNotInToolkit,
    thermal_throttling::ThermalThrottling,
    power_throttling::PowerThrottling,
    pcie_link_narrow::PcieLinkNarrow,
    memory_held_by_dead_process::MemoryHeldByDeadProcess,
    persistence_off::PersistenceOff,
    xid_application::XidApplication,
    no_kernel_image::NoKernelImage,
    ptx_too_new::PtxTooNew,
    ptx_jit_broken::PtxJitBroken,
    kernel_failed::KernelFailed,
    memory_test_failed::MemoryTestFailed,
    kernel_wrong_result::KernelWrongResult,
    bandwidth_low::BandwidthLow,
    transfer_slow::TransferSlow,
    arithmetic_rate_low::ArithmeticRateLow,
    docker_permission::DockerPermission,
    docker_unreachable::DockerUnreachable,
    docker_is_snap::DockerIsSnap,
    container_toolkit_missing::ContainerToolkitMissing,
    docker_runtime_missing::DockerRuntimeMissing,
    cdi_spec_missing::CdiSpecMissing,
    cdi_spec_stale::CdiSpecStale,
    cdi_spec_too_new::CdiSpecTooNew,
    node_runtime_missing::NodeRuntimeMissing,
    image_requirement_unmet::ImageRequirementUnmet,
    driver_capabilities_missing::DriverCapabilitiesMissing,
    toolkit_version_differs::ToolkitVersionDiffers,
    toolkit_ptx_too_new::ToolkitPtxTooNew,
    several_toolkits::SeveralToolkits,
    host_compiler_too_new::HostCompilerTooNew,
    glibc_too_new::GlibcTooNew,
    cudnn_incomplete::CudnnIncomplete,
    several_cudnn::SeveralCudnn,
    cudnn_version_differs::CudnnVersionDiffers,
    profiling_not_permitted::ProfilingNotPermitted,
    sampling_not_permitted::SamplingNotPermitted,
    temporary_folder_noexec::TemporaryFolderNoexec,
    wheel_without_cuda::WheelWithoutCuda,
    wheel_cuda_too_new::WheelCudaTooNew,
    wheel_without_architecture::WheelWithoutArchitecture,
    several_gpu_stacks::SeveralGpuStacks,
    python_version_differs::PythonVersionDiffers,
    disk_nearly_full::DiskNearlyFull,
}
