//! Which CUDA the driver runs, and which it is asked to run.

use super::{active_toolkit, in_wsl};
use crate::{Facts, Need};
use cuda_compat::{CudaVersion, Platform, newest_cuda_for};

/// The newest CUDA that the driver runs: as CUDA says it, else NVML, else by the driver's version.
pub(crate) fn driver_cuda(facts: &Facts) -> Option<CudaVersion> {
    let by_cuda = facts.cuda.answered().and_then(|cuda| cuda.version.found()).copied();
    let by_nvml = || facts.nvml.answered().and_then(|nvml| nvml.cuda_version.found()).copied();
    let by_version = || {
        let driver = facts.driver_version()?;
        newest_cuda_for(driver, driver_platform(facts)).map(CudaVersion::minor_line)
    };
    by_cuda.or_else(by_nvml).or_else(by_version)
}

/// Whether a driver for `driver_cuda` runs machine code of `cuda`, by backward or minor-version
/// compatibility.
pub(crate) fn driver_runs(driver_cuda: CudaVersion, cuda: CudaVersion) -> bool {
    driver_cuda.major >= cuda.major
}

/// Whose driver this machine uses.
pub(crate) fn driver_platform(facts: &Facts) -> Platform {
    if in_wsl(facts) { Platform::Windows } else { Platform::Linux }
}

/// The CUDA versions that must run here, with what wants them; one line is named once.
pub(crate) fn wanted_cudas(facts: &Facts, need: &Need) -> Vec<(String, CudaVersion)> {
    let project = need.cuda.map(|cuda| (format!("the project's CUDA {cuda}"), cuda));
    let version = active_toolkit(facts).and_then(|toolkit| {
        let version = *toolkit.version.found()?;
        Some((format!("programs of the CUDA {version} toolkit in `{}`", toolkit.path), version))
    });
    let news = version.filter(|(_, version)| {
        need.cuda.is_none_or(|cuda| cuda.minor_line() != version.minor_line())
    });
    project.into_iter().chain(news).collect()
}
