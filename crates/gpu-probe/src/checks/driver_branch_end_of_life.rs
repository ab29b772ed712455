//! NVIDIA does not look after this driver branch any more.
//!
//! The first number of a driver's version is its branch. Each lives for a time that NVIDIA
//! announces: about a year for a production branch, three for a long-term one. After that it gets
//! no corrections, also not for security, and new toolkits and GPUs do not support it.
//!
//! Look at the version with `cat /proc/driver/nvidia/version`, and at NVIDIA's page of data-centre
//! driver branches. Install a driver of a newer branch that still supports the GPU. Under WSL it is not judged, because Windows numbers its drivers in another way.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use cuda_compat::{DriverVersion, driver_branch, driver_branches};
use serde::Serialize;

/// The branch of the driver has reached its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "driver branch {} gets no corrections any more{}",
    .driver.branch, .ended.as_ref().map(|month| format!(": its support ended in {month}")).unwrap_or_default()
)]
pub struct DriverBranchEndOfLife {
    /// The driver.
    pub driver: DriverVersion,
    /// The month in which support ended, `YYYY-MM`, where NVIDIA says it.
    pub ended: Option<String>,
    /// Branches that are known to live on, oldest first.
    pub alive: Vec<u32>,
    /// Whether this is a container, whose driver is the host's.
    pub container: bool,
}

impl DriverBranchEndOfLife {
    pub(super) const CODE: &str = "gpu/driver-branch-end-of-life";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/driver-too-old", "gpu/driver-too-old-for-cuda"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if facts.host.machine.wsl.found().is_some() {
            return Vec::new();
        }
        let Some(driver) = facts.driver_version() else { return Vec::new() };
        let Some(branch) = driver_branch(driver) else { return Vec::new() };
        let today = date_of(facts.taken_at_unix_s);
        if branch.is_over(&today) != Some(true) {
            return Vec::new();
        }
        let alive = driver_branches().iter().filter(|other| other.is_over(&today) == Some(false));
        vec![Self {
            driver,
            ended: branch.end_of_life.clone(),
            alive: alive.map(|other| other.branch).collect(),
            container: evidence::in_container(facts),
        }]
    }
}

/// The day in UTC, `YYYY-MM-DD`. The year is counted from March, so that the leap day is the last.
fn date_of(unix_s: u64) -> String {
    let days = unix_s / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

impl Diagnosis for DriverBranchEndOfLife {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        let place = evidence::install_place(false, self.container);
        let branches: Vec<String> = self.alive.iter().map(u32::to_string).collect();
        vec![if branches.is_empty() {
            Fix::by_hand(format!("install a driver of a newer branch{place}"))
        } else {
            Fix::by_hand(format!(
                "install a driver of a branch that lives on ({}){place}",
                branches.join(", ")
            ))
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Probed, Reading, example};
    use proptest::prelude::*;

    #[test]
    fn knows_when_a_branch_ends() {
        let check = |driver: &str, unix_s: u64, expected: usize| {
            let mut facts = example::h200();
            facts.taken_at_unix_s = unix_s;
            if let Probed::Answered(nvml) = &mut facts.nvml {
                nvml.driver_version = Reading::Found(driver.parse().unwrap());
            }
            let found = DriverBranchEndOfLife::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{driver}");
        };
        check("535.183.01", 1_780_000_000, 0);
        check("535.183.01", 1_795_000_000, 1);
        check("580.95.05", 1_795_000_000, 0);
        check("999.1.2", 1_795_000_000, 0);
    }

    #[test]
    fn windows_numbers_are_not_judged() {
        let mut facts = example::h200();
        facts.taken_at_unix_s = 4_000_000_000;
        facts.host.machine.wsl = Reading::Found(2);
        assert_eq!(DriverBranchEndOfLife::find(&facts, &Need::default()), []);
    }

    #[test]
    fn reads_the_clock() {
        let check = |unix_s: u64, expected: &str| assert_eq!(date_of(unix_s), expected);
        check(0, "1970-01-01");
        check(951_782_400, "2000-02-29");
        check(1_795_000_000, "2026-11-18");
        check(1_767_225_599, "2025-12-31");
    }

    proptest! {
        #[test]
        fn never_panics(unix_s in any::<u64>()) {
            let _ = date_of(unix_s);
        }
    }
}
