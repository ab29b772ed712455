//! Driver branches: what kind each is, how long it lives, which CUDA it brings.
//!
//! The table is `driver_branch.toml`; its sources are NVIDIA's documents for data-center drivers
//! and the CUDA release notes. What NVIDIA does not say of a branch is absent.

use crate::{CudaVersion, DriverVersion, table};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// What is known of a driver branch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriverBranch {
    /// The branch: `550` for driver `550.54.15`.
    pub branch: u32,
    /// The newest CUDA that it runs without a forward-compatibility package; the version that the
    /// driver reports.
    pub cuda: Option<CudaVersion>,
    /// What kind of branch it is, for data-center GPUs.
    pub kind: Option<BranchKind>,
    /// The month in which NVIDIA ends its support, `YYYY-MM`.
    pub end_of_life: Option<String>,
    /// Whether NVIDIA lists it as ended without saying when.
    #[serde(default)]
    pub ended: bool,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

/// How long NVIDIA looks after a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BranchKind {
    /// For three years.
    LongTermSupport,
    /// For up to a year.
    Production,
    /// Until the next one.
    NewFeature,
}

impl DriverBranch {
    /// Whether its support is over on the day `today` (`YYYY-MM-DD`); `None` where that is not
    /// known. The month of the end still counts as supported.
    ///
    /// ```
    /// use cuda_compat::driver_branch;
    ///
    /// let branch = driver_branch("535.183.01".parse()?).unwrap();
    /// assert_eq!(branch.is_over("2026-06-30"), Some(false));
    /// assert_eq!(branch.is_over("2026-07-01"), Some(true));
    /// # Ok::<(), cuda_compat::VersionError>(())
    /// ```
    pub fn is_over(&self, today: &str) -> Option<bool> {
        if self.ended {
            return Some(true);
        }
        let end = self.end_of_life.as_deref()?;
        today.get(..7).map(|month| month > end)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    branch: Vec<DriverBranch>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::parse(include_str!("driver_branch.toml")));

/// Every branch, oldest first.
pub fn driver_branches() -> &'static [DriverBranch] {
    &TABLE.branch
}

/// The branch that a Linux driver belongs to; `None` where it is not in the table.
///
/// Windows numbers the drivers of a branch on (branch 570 holds `572.83`), so this finds Linux
/// drivers only.
pub fn driver_branch(driver: DriverVersion) -> Option<&'static DriverBranch> {
    driver_branches().iter().find(|row| row.branch == driver.branch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Platform, newest_cuda_for, toolkits};

    #[test]
    fn rows_are_sorted_and_say_where_they_come_from() {
        assert!(driver_branches().is_sorted_by(|one, next| one.branch < next.branch));
        let rows = driver_branches().iter();
        table::check_origin(rows.map(|row| (row.source.as_str(), row.date.as_str())));
        for row in driver_branches() {
            let month = row.end_of_life.as_deref().is_none_or(|end| {
                end.len() == 7 && end.starts_with("20") && end.as_bytes()[4] == b'-'
            });
            assert!(month, "{row:?}");
            assert!(!(row.ended && row.end_of_life.is_some()), "{row:?}");
        }
    }

    #[test]
    fn agrees_with_the_toolkits() {
        for toolkit in toolkits().iter().filter(|row| row.driver_branch.is_some()) {
            let row =
                driver_branches().iter().find(|row| Some(row.branch) == toolkit.driver_branch);
            assert_eq!(row.unwrap().cuda, Some(toolkit.cuda));
        }
        for row in driver_branches() {
            let Some(cuda) = row.cuda.filter(|cuda| *cuda != CudaVersion::new(12, 7)) else {
                continue;
            };
            let newest: DriverVersion = format!("{}.999", row.branch).parse().unwrap();
            let newest = newest_cuda_for(newest, Platform::Linux).unwrap();
            assert_eq!(newest.minor_line(), cuda, "branch {}", row.branch);
        }
    }

    #[test]
    fn knows_the_branches() {
        use BranchKind::{LongTermSupport, NewFeature, Production};
        let check = |driver: &str, kind: Option<BranchKind>, over: Option<bool>| {
            let row = driver_branch(driver.parse().unwrap()).unwrap();
            assert_eq!((row.kind, row.is_over("2026-11-24")), (kind, over), "{driver}");
        };
        check("450.80.02", Some(LongTermSupport), Some(true));
        check("470.256.02", None, None);
        check("535.54.03", Some(LongTermSupport), Some(true));
        check("550.54.15", None, Some(true));
        check("570.124.06", Some(Production), Some(true));
        check("580.95.05", Some(LongTermSupport), Some(false));
        check("590.48.01", None, None);
        check("610.43.02", Some(NewFeature), Some(true));
        check("620.10", Some(LongTermSupport), Some(false));
        assert_eq!(driver_branch("572.83".parse().unwrap()), None);
    }

    #[test]
    fn a_day_that_is_none_is_not_judged() {
        let row = driver_branch("580.95.05".parse().unwrap()).unwrap();
        assert_eq!(row.is_over(""), None);
    }
}
