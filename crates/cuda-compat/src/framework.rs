//! Frameworks: which build of which release is for which CUDA, Python and GPUs.
//!
//! The table is `framework.toml`; its sources are the packages' own METADATA and file names on PyPI
//! (`verified`), and the projects' published matrices for the rest. A build is what one `pip install`
//! brings: the same release of torch exists once for each CUDA, on an index of its own.

mod name;

pub use name::{Framework, FrameworkError};

use crate::{
    ComputeCapability, CudaVersion, CudnnVersion, DriverVersion, PythonVersion,
    machine_code_runs_on, table,
};
use pep440_rs::Version;
use serde::Deserialize;
use std::sync::LazyLock;

/// One build of a framework, with all releases that have the same facts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameworkBuild {
    /// The framework.
    pub framework: Framework,
    /// Every release, oldest first; of an index build without the local part (`+cu118`).
    pub versions: Vec<Version>,
    /// What pip installs, with the extra: `torch`, `jax[cuda12]`, `cupy-cuda12x`.
    pub package: String,
    /// Where it is: `cu118` is PyTorch's index of that name, `pypi.nvidia.com` is NVIDIA's; `None` is
    /// PyPI.
    pub index: Option<String>,
    /// The oldest CUDA that the build works with, without a patch.
    pub cuda_first: CudaVersion,
    /// The newest CUDA that the build works with, without a patch.
    pub cuda_last: CudaVersion,
    /// Whether its wheels bring the CUDA libraries; else they have to be on the system.
    pub brings_cuda: bool,
    /// The cuDNN that it brings or needs; `None` where it needs none or that was not seen.
    pub cudnn: Option<CudnnVersion>,
    /// The Pythons that it can be installed on (CPython, Linux x86-64).
    pub pythons: Vec<PythonVersion>,
    /// The oldest C library that its wheels run on; `None` where it has none or that was not seen.
    pub glibc: Option<(u32, u32)>,
    /// The oldest GPU that it ships code for; `None` where that is not known.
    pub first_capability: Option<ComputeCapability>,
    /// The newest GPU that it ships code for; `None` where that is not known.
    pub last_capability: Option<ComputeCapability>,
    /// Every compute capability that it ships machine code for; empty where that is not known.
    #[serde(default)]
    pub capabilities: Vec<ComputeCapability>,
    /// The PTX that it ships, which runs on newer GPUs as well.
    pub ptx: Option<ComputeCapability>,
    /// A driver that it needs beyond what its CUDA needs.
    pub least_driver: Option<DriverVersion>,
    /// Whether the row was read in the package's own METADATA and file names.
    pub verified: bool,
    /// What else one has to know.
    pub note: Option<String>,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    build: Vec<FrameworkBuild>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::parse(include_str!("framework.toml")));

/// Every build, by framework, package, index and first release.
///
/// ```
/// use cuda_compat::{Framework, framework_builds};
///
/// // The last torch that was built for CUDA 11.8.
/// let builds = framework_builds().iter();
/// let cu118 = builds.filter(|row| row.framework == Framework::Torch)
///     .filter(|row| row.index.as_deref() == Some("cu118"));
/// let last = cu118.flat_map(|row| &row.versions).max().unwrap();
/// assert_eq!(last.to_string(), "2.7.1");
/// ```
pub fn framework_builds() -> &'static [FrameworkBuild] {
    &TABLE.build
}

/// The builds of a release of a framework: one for each package, extra and index that has it. A
/// local part (`+cu118`) is not looked at.
///
/// ```
/// use cuda_compat::{Framework, builds_of};
///
/// let builds = builds_of(Framework::Torch, &"2.7.1".parse().unwrap());
/// let cuda: Vec<String> = builds.map(|row| row.cuda_last.to_string()).collect();
/// assert_eq!(cuda, ["12.6", "11.8", "12.6", "12.8"]);
/// ```
pub fn builds_of(
    framework: Framework,
    version: &Version,
) -> impl Iterator<Item = &'static FrameworkBuild> + use<> {
    let public = version.clone().without_local();
    let rows = framework_builds().iter().filter(move |row| row.framework == framework);
    rows.filter(move |row| row.versions.contains(&public))
}

/// The first release of the table with a build that has code for that GPU, and that build; `None`
/// where no build is known to have any.
///
/// ```
/// use cuda_compat::{ComputeCapability, Framework, first_release_for};
///
/// let blackwell = ComputeCapability::new(12, 0);
/// let (version, build) = first_release_for(Framework::Torch, blackwell).unwrap();
/// assert_eq!(version.to_string(), "2.7.0");
/// assert_eq!(build.index.as_deref(), Some("cu128"));
/// ```
pub fn first_release_for(
    framework: Framework,
    cc: ComputeCapability,
) -> Option<(&'static Version, &'static FrameworkBuild)> {
    let rows = framework_builds().iter().filter(|row| row.framework == framework);
    let fitting = rows.filter(|row| row.runs_on(cc) == Some(true));
    let first = fitting.filter_map(|row| Some((row.versions.first()?, row)));
    first.min_by_key(|(version, _)| *version)
}

impl FrameworkBuild {
    /// Whether it works with that CUDA; a patch is not looked at.
    pub fn works_with(&self, cuda: CudaVersion) -> bool {
        (self.cuda_first..=self.cuda_last).contains(&cuda.minor_line())
    }

    /// Whether it has code that runs on that GPU: machine code for the same major and no newer minor,
    /// or PTX of an older one. `None` where it is not known what it ships.
    ///
    /// ```
    /// use cuda_compat::{ComputeCapability, Framework, framework_builds};
    ///
    /// let mut cudf = framework_builds().iter().filter(|row| row.package == "cudf-cu13");
    /// assert_eq!(cudf.next().unwrap().runs_on(ComputeCapability::new(6, 1)), Some(false));
    /// ```
    pub fn runs_on(&self, cc: ComputeCapability) -> Option<bool> {
        if self.first_capability.is_some_and(|first| cc < first) {
            return Some(false);
        }
        if !self.capabilities.is_empty() || self.ptx.is_some() {
            let by_machine_code = self.capabilities.iter().any(|it| machine_code_runs_on(*it, cc));
            return Some(by_machine_code || self.ptx.is_some_and(|ptx| ptx <= cc));
        }
        // Without a list only what lies outside of the two ends is known.
        self.last_capability.filter(|last| cc > *last).map(|_| false)
    }
}

#[cfg(test)]
mod tests;
