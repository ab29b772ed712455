//! A library of the driver crashed the process that called it.
//!
//! The call was made in a process of its own, so that a crash tells something and ends nothing
//! else. A crash inside the driver comes from libraries of different versions, a damaged file, a
//! library that was put in front of the driver's (`LD_PRELOAD`, `LD_LIBRARY_PATH`), or an error of
//! the driver itself.
//!
//! Look at the variables first (`env | grep LD_`), then install the driver again. If a clean
//! installation of the newest driver crashes too, report it to NVIDIA with
//! `sudo nvidia-bug-report.sh`.

use super::{Diagnosis, DriverSeat, Fix, LoadedFile, Place, file_words};
use crate::{Facts, Need, Probed};
use serde::Serialize;

/// A call ended its process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the driver crashed in `{stage}`{}: {how}", file_words(.file))]
pub struct DriverCrashed {
    /// Who made the call: `NVML`, `CUDA` or the smoke test.
    pub part: String,
    /// The call, or the step.
    pub stage: String,
    /// How the process ended.
    pub how: String,
    /// The last lines that it wrote to standard error.
    pub stderr: String,
    /// The value of `LD_PRELOAD`, where it is set.
    pub preload: Option<String>,
    /// The file, where the step was to load a library.
    pub file: Option<LoadedFile>,
    /// Where the driver is.
    #[serde(flatten)]
    pub seat: DriverSeat,
}

impl DriverCrashed {
    pub(super) const CODE: &str = "gpu/driver-crashed";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/no-nvidia-device",
        "gpu/driver-library-broken",
        "gpu/stub-library-loaded",
        "gpu/several-driver-libraries",
        "gpu/driver-version-mismatch",
        "gpu/gpu-lost",
        "gpu/fell-off-the-bus",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let preload = facts.environment.get("LD_PRELOAD").filter(|value| !value.is_empty());
        let parts = [
            crashed("NVML", &facts.nvml),
            crashed("CUDA", &facts.cuda),
            facts.smoke.as_ref().and_then(|smoke| crashed("smoke test", smoke)),
        ];
        // The smoke test makes CUDA's calls again: the first crash tells most.
        let first = parts.into_iter().flatten().take(1);
        let seat = DriverSeat::of(facts);
        first
            .map(|found| Self {
                preload: preload.map(str::to_owned),
                file: LoadedFile::of(facts, &found.stage),
                seat,
                ..found
            })
            .collect()
    }
}

impl Diagnosis for DriverCrashed {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut fixes = Vec::new();
        if self.preload.is_some() {
            fixes.push(Fix::by_command(
                "leave out what was put in front of the driver",
                "unset LD_PRELOAD",
            ));
        }
        fixes.extend(self.file.iter().flat_map(LoadedFile::fixes));
        if self.seat.wsl {
            fixes.push(Fix::by_hand(
                "remove any Linux driver from WSL, install the newest NVIDIA driver in Windows, then run \
                 `wsl --shutdown` there",
            ));
            return fixes;
        }
        if self.seat.container {
            fixes.push(Fix::by_hand(
                "remove the driver's packages (`libcuda1`, `libnvidia-compute-*`) from the image, and \
                 create the container again",
            ));
        }
        fixes.push(Fix::by_hand("install the driver again, all parts of one version, and reboot"));
        fixes.push(Fix::on_host(
            self.seat.container,
            "if it stays, collect what NVIDIA's support asks for",
            "sudo nvidia-bug-report.sh",
        ));
        fixes
    }
}

fn crashed<T>(part: &str, probed: &Probed<T>) -> Option<DriverCrashed> {
    match probed {
        Probed::Crashed { stage, how, stderr, .. } => Some(DriverCrashed {
            part: part.to_owned(),
            stage: stage.clone(),
            how: how.clone(),
            stderr: stderr.clone(),
            preload: None,
            file: None,
            seat: DriverSeat::default(),
        }),
        Probed::Answered(_) | Probed::Hung { .. } | Probed::NotRun(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(DriverCrashed::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn the_first_that_crashes() {
        fn crash<T>(stage: &str) -> Probed<T> {
            Probed::Crashed {
                stage: stage.to_owned(),
                how: "signal 11 (SIGSEGV)".to_owned(),
                stderr: String::new(),
                partial: None,
            }
        }
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| facts.cuda = crash("cuInit"), 1);
        let both = |facts: &mut Facts| {
            facts.nvml = crash("nvmlInit_v2");
            facts.cuda = crash("cuInit");
        };
        check(example::h200(), both, 1);
    }
}
