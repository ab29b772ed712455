//! The level of every problem: the one place where severity is decided.
//!
//! The match has no catch-all: a new problem does not compile until it has a level here. `[levels]`
//! in the config overrides by code, then by area.

use crate::config::Level;
use gpu_probe::Problem;
use std::collections::BTreeMap;

/// The level of a problem where the config says nothing.
pub(crate) fn of_gpu(problem: &Problem) -> Level {
    match problem {
        // So far below what the device could do that it is broken and not slow.
        Problem::BandwidthLow(found) if found.percent < 60 => Level::Error,
        Problem::ArithmeticRateLow(found) if found.percent.is_none_or(|part| part == 0) => {
            Level::Error
        }
        // What a runner must have, and a developer may do without.
        Problem::DockerPermission(found) if found.needed => Level::Error,
        Problem::DockerIsSnap(found) if found.needed => Level::Error,
        Problem::ContainerToolkitMissing(found) if found.needed => Level::Error,
        Problem::DockerRuntimeMissing(found) if found.needed => Level::Error,
        Problem::CdiSpecMissing(found) if found.needed => Level::Error,
        // A stub that this program passed by: another program may not.
        Problem::StubLibraryLoaded(found) if !found.loaded => Level::Warning,
        // CUDA does not work, or not as the project says it must.
        Problem::NoNvidiaDevice(_)
        | Problem::WslVersion1(_)
        | Problem::DeviceHeldByVfio(_)
        | Problem::NouveauBound(_)
        | Problem::MemoryWindowsUnassigned(_)
        | Problem::FellOffTheBus(_)
        | Problem::DriverNotInstalled(_)
        | Problem::ModuleNotBuilt(_)
        | Problem::SecureBootBlocksModule(_)
        | Problem::ModuleForbidden(_)
        | Problem::ModuleNotLoaded(_)
        | Problem::DriverVersionMismatch(_)
        | Problem::OpenModuleRequired(_)
        | Problem::AdapterInitFailed(_)
        | Problem::GpuLost(_)
        | Problem::GpuNeedsReset(_)
        | Problem::GpuMissingFromDriver(_)
        | Problem::UvmNotLoaded(_)
        | Problem::ContainerLostGpu(_)
        | Problem::ContainerWithoutGpu(_)
        | Problem::DeviceNodeMissing(_)
        | Problem::DeviceNodePermission(_)
        | Problem::DeviceNodeDead(_)
        | Problem::HmmBreaksInit(_)
        | Problem::UvmBroken(_)
        | Problem::DriverLibraryMissing(_)
        | Problem::DriverLibraryBroken(_)
        | Problem::StubLibraryLoaded(_)
        | Problem::CompatLibraryLoaded(_)
        | Problem::WslAccessBlocked(_)
        | Problem::DriverHung(_)
        | Problem::DriverCrashed(_)
        | Problem::NvmlFailed(_)
        | Problem::FabricNotReady(_)
        | Problem::VisibleDevicesInvalid(_)
        | Problem::MigWithoutInstances(_)
        | Problem::VgpuUnlicensed(_)
        | Problem::MpsUnreachable(_)
        | Problem::ComputeModeProhibited(_)
        | Problem::DeviceBusy(_)
        | Problem::CudaInitFailed(_)
        | Problem::DriverTooOld(_)
        | Problem::DriverTooOldForCuda(_)
        | Problem::GpuNotInProject(_)
        | Problem::ArchitectureNotInToolkit(_)
        | Problem::UncorrectedEccErrors(_)
        | Problem::RowRemapFailed(_)
        | Problem::XidHardware(_)
        | Problem::NoKernelImage(_)
        | Problem::PtxTooNew(_)
        | Problem::PtxJitBroken(_)
        | Problem::KernelFailed(_)
        | Problem::KernelWrongResult(_)
        | Problem::MemoryTestFailed(_)
        | Problem::DockerUnreachable(_)
        | Problem::NodeRuntimeMissing(_)
        | Problem::ImageRequirementUnmet(_)
        | Problem::DriverCapabilitiesMissing(_)
        | Problem::CdiSpecStale(_)
        | Problem::PtxCompilerMissing(_) => Level::Error,
        // It works, and something is wrong that will cost somebody time.
        Problem::RebootPending(_)
        | Problem::SeveralDriverLibraries(_)
        | Problem::DriverNeedsMinorCompatibility(_)
        | Problem::RowRemapPending(_)
        | Problem::PageRetirementPending(_)
        | Problem::ThermalThrottling(_)
        | Problem::PowerThrottling(_)
        | Problem::PcieLinkNarrow(_)
        | Problem::MemoryHeldByDeadProcess(_)
        | Problem::XidApplication(_)
        | Problem::BandwidthLow(_)
        | Problem::TransferSlow(_)
        | Problem::ArithmeticRateLow(_)
        | Problem::DockerPermission(_)
        | Problem::DockerIsSnap(_)
        | Problem::ContainerToolkitMissing(_)
        | Problem::DockerRuntimeMissing(_)
        | Problem::CdiSpecMissing(_)
        | Problem::CdiSpecTooNew(_)
        | Problem::ToolkitVersionDiffers(_)
        | Problem::ToolkitPtxTooNew(_)
        | Problem::SeveralToolkits(_)
        | Problem::HostCompilerTooNew(_)
        | Problem::GlibcTooNew(_)
        | Problem::CudnnIncomplete(_)
        | Problem::SeveralCudnn(_)
        | Problem::CudnnVersionDiffers(_)
        | Problem::WheelWithoutCuda(_)
        | Problem::WheelCudaTooNew(_)
        | Problem::WheelWithoutArchitecture(_)
        | Problem::SeveralGpuStacks(_)
        | Problem::PythonVersionDiffers(_)
        | Problem::DiskNearlyFull(_)
        | Problem::DriverBranchEndOfLife(_)
        | Problem::PersistenceOff(_) => Level::Warning,
        // Good to know.
        Problem::ProfilingNotPermitted(_)
        | Problem::SamplingNotPermitted(_)
        | Problem::TemporaryFolderNoexec(_) => Level::Note,
    }
}

/// The level of a problem of an image where the config says nothing.
pub(crate) fn of_image(problem: &image_spec::Problem) -> Level {
    use image_spec::Problem;
    match problem {
        // An image that CUDA does not work in.
        Problem::DriverCapabilitiesMissing(found)
            if !found.unknown.is_empty() || found.missing.iter().any(|it| it == "compute") =>
        {
            Level::Error
        }
        // A program that is not there, and not one that installs for another Python.
        Problem::PipNotOfThisPython(found) if found.actual.is_none() => Level::Error,
        // On a Jetson what PyPI has computes on the CPU.
        Problem::FrameworkOfBaseReplaced(found) if found.jetson => Level::Error,
        // The build stops, or the container does.
        Problem::BaseTagMissing(_)
        | Problem::PackageManagerNotInBase(_)
        | Problem::NoShellInBase(_)
        | Problem::CommandNotInImage(_)
        | Problem::AptWithoutUpdate(_)
        | Problem::PipOutsideVenv(_)
        | Problem::PythonCommandMissing(_)
        | Problem::BuildIsolationHidesTorch(_)
        | Problem::TorchIndexUnknown(_)
        | Problem::RemovedPackage(_)
        | Problem::TorchArchListInvalid(_)
        | Problem::NvccArchNotInToolkit(_)
        | Problem::HostCompilerTooNew(_) => Level::Error,
        // It is not what was meant, or costs time and gigabytes.
        Problem::AptInteractive(_)
        | Problem::PipNotOfThisPython(_)
        | Problem::ExtraIndexOutvoted(_)
        | Problem::OldCudaKeyring(_)
        | Problem::SecondCudaKeyring(_)
        | Problem::ToolkitVersionDiffers(_)
        | Problem::ToolkitInstalledTwice(_)
        | Problem::TorchBackendAuto(_)
        | Problem::FrameworkOfBaseReplaced(_)
        | Problem::CpuWheelInGpuImage(_)
        | Problem::CpuAndGpuPackage(_)
        | Problem::RequirementCheckDisabled(_)
        | Problem::CondaCudaAndBase(_)
        | Problem::PipCacheLeft(_)
        | Problem::StaticLibrariesLeft(_)
        | Problem::ContainerRuntimeInImage(_)
        | Problem::ModelDownloadedInBuild(_) => Level::Warning,
        // It works in most places.
        Problem::DriverCapabilitiesMissing(_)
        | Problem::DriverCapabilitiesAll(_)
        | Problem::GpuVariablesMissing(_)
        | Problem::NvidiaDocker1Label(_) => Level::Note,
        // It cannot be built, or it cannot run on the machines of the project.
        Problem::EnvComment(found) if found.is_refused() => Level::Error,
        Problem::BaseTagUnknown(_)
        | Problem::BaseTagDeleted(_)
        | Problem::CudnnNotForCuda(_)
        | Problem::BaseDiffersFromProject(_)
        | Problem::PythonNotOnDistribution(_)
        | Problem::AptPackageUnknown(_)
        | Problem::FrameworkVersionUnknown(_)
        | Problem::FrameworkNotForPython(_)
        | Problem::GlibcTooOld(_)
        | Problem::FrameworkNotForCuda(_)
        | Problem::RequirementsContradict(_)
        | Problem::RequirementDiffersFromFrameworks(_)
        | Problem::RequirementsDoNotResolve(_)
        | Problem::LockForOtherPlatform(_)
        | Problem::LockForOtherPython(_)
        | Problem::LockStale(_)
        | Problem::PlaceholderPackage(_)
        | Problem::DevelMissing(_)
        | Problem::ImageWithoutPython(_)
        | Problem::DriverTooOldForGpu(_)
        | Problem::DriverTooOldForCuda(_)
        | Problem::DriverRefusedByImage(_)
        | Problem::WheelNewerThanDriver(_)
        | Problem::GpuNotInToolkit(_)
        | Problem::GpuNotInWheel(_)
        | Problem::GpuNotInCudnn(_)
        | Problem::FrameworksDoNotFit(_)
        | Problem::ReleaseNotOnIndex(_)
        | Problem::CudaLibrariesMissing(_)
        | Problem::CudnnOfFrameworkDiffers(_)
        | Problem::EngineForOtherGpu(_)
        | Problem::EngineForOtherTensorrt(_)
        | Problem::ProfilerInPublicRegistry(_)
        | Problem::ArgLostAfterFrom(_)
        | Problem::CopyFromUnknownStage(_)
        | Problem::GpuQueryInBuild(_)
        | Problem::DependenciesLeftInBuilder(_)
        | Problem::VenvInterpreterMissing(_)
        | Problem::PythonBelowRootHome(_)
        | Problem::VenvEmptyOnPath(_)
        | Problem::CudaPathOfOtherVersion(_)
        | Problem::HealthcheckToolMissing(_)
        | Problem::DriverInImage(_) => Level::Error,
        // It works, and something is wrong that will cost somebody time or money.
        Problem::EnvComment(_)
        | Problem::LibraryPathOverwritten(_)
        | Problem::StubsOnLibraryPath(_)
        | Problem::VisibleDevicesFixed(_)
        | Problem::RunsAsRoot(_)
        | Problem::IgnoreUnused(_)
        | Problem::CudnnOfBaseDiffers(_)
        | Problem::SourceBuild(_)
        | Problem::ExtraIgnored(_)
        | Problem::DriverNeedsMinorCompatibility(_)
        | Problem::EngineWithoutTensorrt(_)
        | Problem::SeveralCudaStacks(_)
        | Problem::WheelIndexDiffers(_)
        | Problem::CudaEndOfLife(_)
        | Problem::DistributionEndOfLife(_)
        | Problem::PythonEndOfLife(_)
        | Problem::FrameworkNotPinned(_)
        | Problem::CudaTwice(_)
        | Problem::DevelInProd(_)
        | Problem::DevelopmentToolsInProd(_)
        | Problem::ProfilerInProd(_)
        | Problem::ProdBuildsOnDev(_)
        | Problem::ModelWithoutChecksum(_)
        | Problem::TagMutable(_) => Level::Warning,
        // Good to know.
        Problem::BaseNotKnownBeforeBuild(_) | Problem::NothingToRun(_) => Level::Note,
    }
}

/// The level after `[levels]`.
pub(crate) fn overridden(code: &str, level: Level, levels: &BTreeMap<String, Level>) -> Level {
    let by_area = levels.get(crate::finding::area(code));
    levels.get(code).or(by_area).copied().unwrap_or(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_wins_over_its_area() {
        let levels = BTreeMap::from([
            ("gpu".to_owned(), Level::Note),
            ("gpu/driver-too-old".to_owned(), Level::Warning),
        ]);
        let check = |code: &str, expected: Level| {
            assert_eq!(overridden(code, Level::Error, &levels), expected);
        };
        check("gpu/driver-too-old", Level::Warning);
        check("gpu/no-nvidia-device", Level::Note);
        check("config/accept-unused", Level::Error);
    }
}
