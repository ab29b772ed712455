//! `NVIDIA_REQUIRE_CUDA`: which drivers an image of `nvidia/cuda` lets itself be started on.
//!
//! The container toolkit reads the variable and refuses to start the container on other drivers,
//! also where CUDA's own minor-version compatibility would let the program run;
//! `NVIDIA_DISABLE_REQUIRE=1` switches it off. The table is `require_cuda.toml`, from the variable in
//! NVIDIA's Dockerfiles.

use crate::{CudaVersion, DriverVersion, Platform, driver_branch, newest_cuda_for, table};
use serde::Deserialize;
use std::sync::LazyLock;

/// What the images of one CUDA release ask of the driver.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequireCuda {
    /// The CUDA release.
    pub cuda: CudaVersion,
    /// The CUDA that the driver has to report, or a newer one.
    pub at_least: CudaVersion,
    /// Older driver branches that are let in all the same.
    pub branches: Vec<u32>,
    /// Those of `branches` that are let in with data-center GPUs only.
    #[serde(default)]
    pub tesla_only: Vec<u32>,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    require: Vec<RequireCuda>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::parse(include_str!("require_cuda.toml")));

/// Every row, by CUDA.
pub fn require_cuda_rows() -> &'static [RequireCuda] {
    &TABLE.require
}

/// What the images of that CUDA ask; `None` where the table does not know.
///
/// A version without a patch means the newest of its line, and a patch that is newer than the table
/// is judged by the newest of its line: NVIDIA has changed the value between lines only.
///
/// ```
/// use cuda_compat::{CudaVersion, require_cuda};
///
/// let asks = require_cuda(CudaVersion::new(11, 8)).unwrap();
/// assert!(asks.accepts("470.256.02".parse()?, false));
/// // Minor-version compatibility would let CUDA 11.8 run on this one.
/// assert!(!asks.accepts("510.47.03".parse()?, false));
/// # Ok::<(), cuda_compat::VersionError>(())
/// ```
pub fn require_cuda(cuda: CudaVersion) -> Option<&'static RequireCuda> {
    let of_line = || {
        let line = cuda.minor_line();
        require_cuda_rows().iter().filter(move |row| row.cuda.minor_line() == line)
    };
    let newest = of_line().next_back()?;
    let exact = of_line().find(|row| row.cuda == cuda);
    exact.or_else(|| (cuda.patch.is_none() || cuda > newest.cuda).then_some(newest))
}

impl RequireCuda {
    /// Whether the container starts on that Linux driver; `tesla` says that the GPU is one for data
    /// centers.
    pub fn accepts(&self, driver: DriverVersion, tesla: bool) -> bool {
        let of_branch = driver_branch(driver).and_then(|row| row.cuda);
        let reported = of_branch.or_else(|| newest_cuda_for(driver, Platform::Linux));
        let is_new = reported.is_some_and(|cuda| cuda.minor_line() >= self.at_least);
        is_new || self.lets_in(driver.branch, tesla)
    }

    fn lets_in(&self, branch: u32, tesla: bool) -> bool {
        self.branches.contains(&branch) && (tesla || !self.tesla_only.contains(&branch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_say_where_they_come_from() {
        assert!(require_cuda_rows().is_sorted_by(|one, next| one.cuda < next.cuda));
        let rows = require_cuda_rows().iter();
        table::check_origin(rows.map(|row| (row.source.as_str(), row.date.as_str())));
        for row in require_cuda_rows() {
            assert_eq!(row.at_least, row.cuda.minor_line());
            assert!(row.branches.is_sorted_by(|one, next| one < next), "{row:?}");
            assert!(row.tesla_only.iter().all(|it| row.branches.contains(it)), "{row:?}");
        }
    }

    #[test]
    fn accepts() {
        let check = |cuda: &str, driver: &str, tesla: bool, expected: bool| {
            let row = require_cuda(cuda.parse().unwrap()).unwrap();
            let got = row.accepts(driver.parse().unwrap(), tesla);
            assert_eq!(got, expected, "{cuda} on {driver}, tesla {tesla}");
        };
        check("11.8.0", "520.61.05", false, true);
        check("11.8.0", "515.105.01", false, false);
        check("11.8.0", "515.105.01", true, false);
        check("11.8.0", "470.256.02", false, true);
        check("11.8.0", "450.80.02", true, false);
        check("11.4.0", "450.80.02", true, true);
        check("11.4.0", "450.80.02", false, false);
        check("12.9.1", "550.54.15", false, true);
        check("12.9.1", "525.60.13", false, false);
        check("12.9", "575.57.08", false, true);
        check("12.9.2", "535.183.01", false, true);
        check("13.0.0", "700.10", false, true);
        check("13.0.0", "390.0", false, false);
    }

    #[test]
    fn says_nothing_of_what_it_does_not_know() {
        let check = |cuda: &str| assert_eq!(require_cuda(cuda.parse().unwrap()), None, "{cuda}");
        check("10.2");
        check("11.0.1");
        check("99.0.0");
    }
}
