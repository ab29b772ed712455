//! Everything that can be wrong with an image before it is built, one file a check.
//!
//! A check is a pure function of a [`Scene`]. To add one, write `checks/my_problem.rs` after the model
//! of `checks/base_tag_unknown.rs` and put a line into the list below. The `//!` text of the file is
//! what `cargo altlas explain` prints, its type holds the data, `#[error]` holds the sentence, `find`
//! finds it, and the tests stand below it. The program then does not compile until the new problem has
//! a level.
//!
//! The order of the list is the order of causes: first what cannot exist, then what cannot be built,
//! then what cannot run, then what should not be shipped.

use crate::{Place, Scene};
use serde::Serialize;

/// What every problem can say of itself.
pub trait Diagnosis: std::error::Error {
    /// Where it is written.
    fn place(&self) -> Place;

    /// What to do about it, in the order in which to do it; never empty.
    fn fixes(&self) -> Vec<Fix>;
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

    /// Ways out of which one is enough, best first.
    pub(crate) fn alternatives(ways: impl IntoIterator<Item = String>) -> Vec<Self> {
        let texts = ways.into_iter().enumerate().map(|(index, way)| match index {
            0 => way,
            _ => format!("or {way}"),
        });
        texts.map(Self::by_hand).collect()
    }

    /// A step that a shell command does.
    pub fn by_command(text: impl Into<String>, command: impl Into<String>) -> Self {
        Self { text: text.into(), command: Some(command.into()) }
    }
}

/// One check, as the table lists it.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its code: `image/` and the name of its file, with hyphens.
    pub code: &'static str,
    /// The text of its file, which begins with its explanation.
    pub source: &'static str,
    /// Finds the problem.
    pub find: fn(&Scene<'_>) -> Vec<Problem>,
}

/// Declares the files, the enum over their types and the table, from one list.
macro_rules! checks {
    ($($file:ident :: $Problem:ident),* $(,)?) => {
        $(mod $file; pub use $file::$Problem;)*

        /// Something that is wrong with an image.
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
                source: include_str!(concat!("checks/", stringify!($file), ".rs")),
                find: |scene| {
                    $Problem::find(scene).into_iter().map(Problem::$Problem).collect()
                },
            }
        ),*];

        impl Problem {
            /// The code, such as `image/base-tag-unknown`.
            pub fn code(&self) -> &'static str {
                match self { $(Self::$Problem(_) => $Problem::CODE),* }
            }

            /// What the problem says of itself.
            pub fn diagnosis(&self) -> &dyn Diagnosis {
                match self { $(Self::$Problem(found) => found),* }
            }
        }
    };
}

checks! {
    // What cannot exist.
    base_tag_unknown::BaseTagUnknown,
    base_tag_deleted::BaseTagDeleted,
    base_tag_missing::BaseTagMissing,
    cudnn_not_for_cuda::CudnnNotForCuda,
    cudnn_of_base_differs::CudnnOfBaseDiffers,
    base_differs_from_project::BaseDiffersFromProject,
    python_not_on_distribution::PythonNotOnDistribution,
    apt_package_unknown::AptPackageUnknown,
    framework_version_unknown::FrameworkVersionUnknown,
    release_not_on_index::ReleaseNotOnIndex,
    framework_not_for_python::FrameworkNotForPython,
    glibc_too_old::GlibcTooOld,
    framework_not_for_cuda::FrameworkNotForCuda,
    requirements_contradict::RequirementsContradict,
    requirement_differs_from_frameworks::RequirementDiffersFromFrameworks,
    frameworks_do_not_fit::FrameworksDoNotFit,
    requirements_do_not_resolve::RequirementsDoNotResolve,
    lock_for_other_platform::LockForOtherPlatform,
    lock_for_other_python::LockForOtherPython,
    lock_stale::LockStale,
    // What cannot be built, or builds something else.
    env_comment::EnvComment,
    base_not_known_before_build::BaseNotKnownBeforeBuild,
    arg_lost_after_from::ArgLostAfterFrom,
    copy_from_unknown_stage::CopyFromUnknownStage,
    gpu_query_in_build::GpuQueryInBuild,
    source_build::SourceBuild,
    placeholder_package::PlaceholderPackage,
    extra_ignored::ExtraIgnored,
    devel_missing::DevelMissing,
    image_without_python::ImageWithoutPython,
    package_manager_not_in_base::PackageManagerNotInBase,
    no_shell_in_base::NoShellInBase,
    command_not_in_image::CommandNotInImage,
    apt_without_update::AptWithoutUpdate,
    apt_interactive::AptInteractive,
    pip_not_of_this_python::PipNotOfThisPython,
    pip_outside_venv::PipOutsideVenv,
    python_command_missing::PythonCommandMissing,
    build_isolation_hides_torch::BuildIsolationHidesTorch,
    torch_index_unknown::TorchIndexUnknown,
    removed_package::RemovedPackage,
    extra_index_outvoted::ExtraIndexOutvoted,
    torch_arch_list_invalid::TorchArchListInvalid,
    nvcc_arch_not_in_toolkit::NvccArchNotInToolkit,
    host_compiler_too_new::HostCompilerTooNew,
    old_cuda_keyring::OldCudaKeyring,
    second_cuda_keyring::SecondCudaKeyring,
    toolkit_version_differs::ToolkitVersionDiffers,
    toolkit_installed_twice::ToolkitInstalledTwice,
    // What cannot run.
    driver_too_old_for_gpu::DriverTooOldForGpu,
    driver_too_old_for_cuda::DriverTooOldForCuda,
    driver_refused_by_image::DriverRefusedByImage,
    driver_needs_minor_compatibility::DriverNeedsMinorCompatibility,
    wheel_newer_than_driver::WheelNewerThanDriver,
    gpu_not_in_toolkit::GpuNotInToolkit,
    gpu_not_in_wheel::GpuNotInWheel,
    gpu_not_in_cudnn::GpuNotInCudnn,
    cuda_libraries_missing::CudaLibrariesMissing,
    cudnn_of_framework_differs::CudnnOfFrameworkDiffers,
    engine_for_other_gpu::EngineForOtherGpu,
    engine_for_other_tensorrt::EngineForOtherTensorrt,
    engine_without_tensorrt::EngineWithoutTensorrt,
    several_cuda_stacks::SeveralCudaStacks,
    wheel_index_differs::WheelIndexDiffers,
    framework_of_base_replaced::FrameworkOfBaseReplaced,
    torch_backend_auto::TorchBackendAuto,
    cpu_wheel_in_gpu_image::CpuWheelInGpuImage,
    cpu_and_gpu_package::CpuAndGpuPackage,
    driver_capabilities_missing::DriverCapabilitiesMissing,
    gpu_variables_missing::GpuVariablesMissing,
    requirement_check_disabled::RequirementCheckDisabled,
    dependencies_left_in_builder::DependenciesLeftInBuilder,
    venv_interpreter_missing::VenvInterpreterMissing,
    python_below_root_home::PythonBelowRootHome,
    venv_empty_on_path::VenvEmptyOnPath,
    cuda_path_of_other_version::CudaPathOfOtherVersion,
    library_path_overwritten::LibraryPathOverwritten,
    stubs_on_library_path::StubsOnLibraryPath,
    visible_devices_fixed::VisibleDevicesFixed,
    healthcheck_tool_missing::HealthcheckToolMissing,
    // What should not be shipped.
    cuda_end_of_life::CudaEndOfLife,
    distribution_end_of_life::DistributionEndOfLife,
    python_end_of_life::PythonEndOfLife,
    framework_not_pinned::FrameworkNotPinned,
    cuda_twice::CudaTwice,
    devel_in_prod::DevelInProd,
    development_tools_in_prod::DevelopmentToolsInProd,
    profiler_in_prod::ProfilerInProd,
    profiler_in_public_registry::ProfilerInPublicRegistry,
    prod_builds_on_dev::ProdBuildsOnDev,
    model_without_checksum::ModelWithoutChecksum,
    conda_cuda_and_base::CondaCudaAndBase,
    pip_cache_left::PipCacheLeft,
    static_libraries_left::StaticLibrariesLeft,
    container_runtime_in_image::ContainerRuntimeInImage,
    model_downloaded_in_build::ModelDownloadedInBuild,
    driver_capabilities_all::DriverCapabilitiesAll,
    nvidia_docker_1_label::NvidiaDocker1Label,
    tag_mutable::TagMutable,
    nothing_to_run::NothingToRun,
    driver_in_image::DriverInImage,
    runs_as_root::RunsAsRoot,
    // What the file itself says of findings.
    ignore_unused::IgnoreUnused,
}
