//! CUDA toolkits: which driver each needs, which PTX it writes, which GPUs it builds for.
//!
//! The table is `toolkit.toml`; its sources are NVIDIA's release notes (drivers), the release
//! history of the PTX ISA document, and measurements with the compilers themselves.

use crate::{ComputeCapability, CudaVersion, DriverVersion, PtxVersion, architecture, table};
use serde::Deserialize;
use std::sync::LazyLock;

/// A minor version of the toolkit, such as 12.6.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolkit {
    /// The version, without a patch.
    pub cuda: CudaVersion,
    /// The PTX that it writes.
    pub ptx: PtxVersion,
    /// The oldest compute capability that it builds for.
    pub first_arch: ComputeCapability,
    /// The newest compute capability that it builds for.
    pub last_arch: ComputeCapability,
    /// The newest major version of GCC that its `nvcc` takes as host compiler; `None` where that is
    /// not known.
    pub newest_gcc: Option<u32>,
    /// The driver branch that belongs to it, where NVIDIA names one (from CUDA 13.0 on).
    pub driver_branch: Option<u32>,
    compatible_linux: DriverVersion,
    compatible_windows: DriverVersion,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

/// One release of a toolkit, such as 12.6.3, with the driver that NVIDIA publishes for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    cuda: CudaVersion,
    linux: DriverVersion,
    windows: Option<DriverVersion>,
    source: String,
    date: String,
}

/// A CUDA version that a driver reports and that no toolkit has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct DriverOnly {
    cuda: CudaVersion,
    ptx: PtxVersion,
    source: String,
    date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    line: Vec<Toolkit>,
    driver_only: Vec<DriverOnly>,
    release: Vec<Release>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| table::parse(include_str!("toolkit.toml")));

/// Source and date of each row.
pub(crate) fn origins() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = TABLES.line.iter().map(|row| (row.source.as_str(), row.date.as_str()));
    let others = TABLES.driver_only.iter().map(|row| (row.source.as_str(), row.date.as_str()));
    let releases = TABLES.release.iter().map(|row| (row.source.as_str(), row.date.as_str()));
    lines.chain(others).chain(releases)
}

/// Whose driver it is. A WSL guest runs on the driver of Windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Linux on the machine itself, also for containers on it.
    Linux,
    /// Windows, and WSL on it.
    Windows,
}

/// The drivers from which on programs of a toolkit run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeastDriver {
    /// From here on everything works. Where NVIDIA names only a branch, this is the branch with
    /// `.0`, older than any driver of it; `None` where NVIDIA has published nothing yet.
    pub exact: Option<DriverVersion>,
    /// From here on programs run by minor-version compatibility: with machine code (not PTX, which
    /// an older driver cannot compile) for the GPU, and without the newest features.
    pub minor_compatible: DriverVersion,
}

/// Every toolkit, oldest first.
pub fn toolkits() -> &'static [Toolkit] {
    &TABLES.line
}

/// The toolkit of that version; a patch is not looked at. `None` for one that is not in the table,
/// such as 12.7, which was never released.
///
/// ```
/// use cuda_compat::{CudaVersion, toolkit};
///
/// assert_eq!(toolkit(CudaVersion::new(12, 6)).unwrap().newest_gcc, Some(13));
/// assert!(toolkit(CudaVersion::new(12, 7)).is_none());
/// ```
pub fn toolkit(cuda: CudaVersion) -> Option<&'static Toolkit> {
    toolkits().iter().find(|row| row.cuda == cuda.minor_line())
}

/// The least driver for programs that are built with `cuda`; `None` for a toolkit that is not in
/// the table.
///
/// A version without a patch means the first release of its line; a patch that is not in the table
/// is judged by the release before it, or the first.
///
/// ```
/// use cuda_compat::{CudaVersion, Platform, least_driver};
///
/// let least = least_driver("12.6.3".parse::<CudaVersion>()?, Platform::Linux).unwrap();
/// assert_eq!(least.exact.unwrap().to_string(), "560.35.05");
/// assert_eq!(least.minor_compatible.to_string(), "525.60.13");
/// # Ok::<(), cuda_compat::VersionError>(())
/// ```
pub fn least_driver(cuda: CudaVersion, platform: Platform) -> Option<LeastDriver> {
    let toolkit = toolkit(cuda)?;
    let minor_compatible = match platform {
        Platform::Linux => toolkit.compatible_linux,
        Platform::Windows => toolkit.compatible_windows,
    };
    let of_line = || TABLES.release.iter().filter(|row| row.cuda.minor_line() == toolkit.cuda);
    let up_to_patch = of_line().rfind(|row| cuda.patch.is_some() && row.cuda <= cuda);
    let release = up_to_patch.or_else(|| of_line().next());
    let exact = release.and_then(|row| row.driver(platform));
    let exact = exact.or_else(|| toolkit.driver_branch.map(DriverVersion::of_branch));
    Some(LeastDriver { exact, minor_compatible })
}

impl Release {
    fn driver(&self, platform: Platform) -> Option<DriverVersion> {
        match platform {
            Platform::Linux => Some(self.linux),
            Platform::Windows => self.windows,
        }
    }
}

/// The least driver that knows GPUs of that compute capability: the first of the branch that came with
/// the first toolkit for it. An older driver does not find the GPU at all, whatever the CUDA of a program.
///
/// `None` where that toolkit is older than the table, for a Jetson (whose drivers are its system's), and
/// for a compute capability that is not in the table.
///
/// ```
/// use cuda_compat::{ComputeCapability, Platform, least_driver_for_gpu};
///
/// let least = |major, minor| {
///     let least = least_driver_for_gpu(ComputeCapability::new(major, minor), Platform::Linux);
///     least.map(|driver| driver.branch)
/// };
/// assert_eq!(least(12, 0), Some(570));
/// assert_eq!(least(8, 9), Some(520));
/// assert_eq!(least(7, 0), None);
/// ```
pub fn least_driver_for_gpu(
    capability: ComputeCapability,
    platform: Platform,
) -> Option<DriverVersion> {
    let row = architecture(capability).filter(|row| !row.integrated)?;
    let exact = least_driver(row.since, platform)?.exact?;
    Some(DriverVersion::of_branch(exact.branch))
}

/// The newest toolkit whose programs run on that driver with everything that they can do; `None`
/// where the driver is older than the table.
///
/// ```
/// use cuda_compat::{DriverVersion, Platform, newest_cuda_for};
///
/// let driver: DriverVersion = "550.54.15".parse()?;
/// assert_eq!(newest_cuda_for(driver, Platform::Linux).unwrap().to_string(), "12.4.1");
/// # Ok::<(), cuda_compat::VersionError>(())
/// ```
pub fn newest_cuda_for(driver: DriverVersion, platform: Platform) -> Option<CudaVersion> {
    let by_release =
        TABLES.release.iter().filter_map(|row| Some((row.cuda, row.driver(platform)?)));
    let by_branch = toolkits().iter().filter_map(|row| {
        Some((row.cuda, DriverVersion::of_branch(row.driver_branch?))).filter(|(cuda, _)| {
            // Where the releases of the line have their own drivers, the branch says less.
            by_release_of(*cuda, platform).next().is_none()
        })
    });
    by_release.chain(by_branch).filter(|(_, least)| *least <= driver).map(|(cuda, _)| cuda).max()
}

fn by_release_of(line: CudaVersion, platform: Platform) -> impl Iterator<Item = DriverVersion> {
    let of_line = TABLES.release.iter().filter(move |row| row.cuda.minor_line() == line);
    of_line.filter_map(move |row| row.driver(platform))
}

/// The PTX that a toolkit writes; `None` for one that is not in the table.
pub fn ptx_for(cuda: CudaVersion) -> Option<PtxVersion> {
    toolkit(cuda).map(|row| row.ptx)
}

/// The newest PTX that a driver compiles, by the CUDA version that the driver reports.
///
/// `None` for a driver before CUDA 11.0. For a driver that is newer than the table it is the newest
/// PTX of the table: the driver compiles at least that.
///
/// ```
/// use cuda_compat::{CudaVersion, newest_ptx_for_driver_cuda};
///
/// // The drivers of branch 565 report CUDA 12.7, of which there is no toolkit.
/// let ptx = newest_ptx_for_driver_cuda(CudaVersion::new(12, 7)).unwrap();
/// assert_eq!(ptx.to_string(), "8.6");
/// ```
pub fn newest_ptx_for_driver_cuda(cuda: CudaVersion) -> Option<PtxVersion> {
    let of_toolkits = toolkits().iter().map(|row| (row.cuda, row.ptx));
    let of_drivers = TABLES.driver_only.iter().map(|row| (row.cuda, row.ptx));
    let known = of_toolkits.chain(of_drivers).filter(|(row, _)| *row <= cuda.minor_line());
    known.max().map(|(_, ptx)| ptx)
}

#[cfg(test)]
mod tests;
