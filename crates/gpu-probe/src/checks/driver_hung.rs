//! A call of the driver did not come back.
//!
//! The call was made in a process of its own, which was ended when its time was over. A driver that
//! hangs waits for a GPU that does not answer, or holds a lock that nobody gives back. Other
//! programs that touch the GPU hang in the same way. `ps -eo pid,stat,wchan,comm | grep ' D'` lists
//! the processes that sleep in the kernel; `sudo dmesg | grep -i -e nvrm -e xid` often names the
//! GPU.
//!
//! Where the call is the load of a library, the file in its place may be a pipe or lie on a file
//! system that does not answer: `stat PATH` shows which.
//!
//! End the programs that use the GPU. If the call still hangs, reboot: a process that sleeps in the
//! kernel cannot be ended. Under WSL the driver is Windows' own: shut WSL down, or restart Windows.

use super::{Diagnosis, DriverSeat, Fix, KERNEL_LOG, LoadedFile, Place, file_words};
use crate::{Facts, Need, Probed};
use serde::Serialize;

/// A call did not return.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error("`{stage}`{} did not return within {after_s} s{}", file_words(.file), kill_words(.unkillable))]
pub struct DriverHung {
    /// Who made the call: `NVML`, `CUDA` or the smoke test.
    pub part: String,
    /// The call, or the step.
    pub stage: String,
    /// How long it was given, in seconds.
    pub after_s: f64,
    /// Whether the process could not even be ended.
    pub unkillable: bool,
    /// The file, where the step was to load a library.
    pub file: Option<LoadedFile>,
    /// Where the driver is.
    #[serde(flatten)]
    pub seat: DriverSeat,
}

impl DriverHung {
    pub(super) const CODE: &str = "gpu/driver-hung";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/no-nvidia-device",
        "gpu/gpu-needs-reset",
        "gpu/gpu-lost",
        "gpu/fell-off-the-bus",
        "gpu/device-node-dead",
        "gpu/adapter-init-failed",
        "gpu/xid-hardware",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let parts = [
            hung("NVML", &facts.nvml),
            hung("CUDA", &facts.cuda),
            facts.smoke.as_ref().and_then(|smoke| hung("smoke test", smoke)),
        ];
        // One stuck driver holds up everything that asks it; the first call tells most.
        let first = parts.into_iter().flatten().take(1);
        first
            .map(|found| Self {
                seat: DriverSeat::of(facts),
                file: LoadedFile::of(facts, &found.stage),
                ..found
            })
            .collect()
    }
}

impl Diagnosis for DriverHung {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if let Some(file) = &self.file {
            return file.fixes();
        }
        if self.seat.wsl {
            return vec![
                Fix::by_hand("end the programs that use the GPU, in WSL and in Windows"),
                Fix::by_hand(
                    "if it still hangs, run `wsl --shutdown` in Windows, or restart Windows",
                ),
            ];
        }
        let host = self.seat.container;
        let look = Fix::on_host(host, "see what the driver says", KERNEL_LOG);
        let end = match self.seat.tegra {
            true => Fix::by_hand("end the programs that use the GPU"),
            false => Fix::on_host(
                host,
                "see which programs use the GPU, and end them",
                "sudo fuser -v /dev/nvidia*",
            ),
        };
        vec![look, end, Fix::on_host(host, "if it still hangs, reboot", "sudo reboot")]
    }
}

fn hung<T>(part: &str, probed: &Probed<T>) -> Option<DriverHung> {
    match probed {
        Probed::Hung { stage, after_s, unkillable, .. } => Some(DriverHung {
            part: part.to_owned(),
            stage: stage.clone(),
            after_s: *after_s,
            unkillable: *unkillable,
            file: None,
            seat: DriverSeat::default(),
        }),
        Probed::Answered(_) | Probed::Crashed { .. } | Probed::NotRun(_) => None,
    }
}

fn kill_words(unkillable: &bool) -> &'static str {
    if *unkillable { ", and its process cannot be ended: it sleeps in the kernel" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(DriverHung::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn the_first_that_hangs() {
        fn hang<T>(stage: &str) -> Probed<T> {
            Probed::Hung {
                stage: stage.to_owned(),
                after_s: 10.0,
                unkillable: false,
                partial: None,
            }
        }
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| facts.nvml = hang("nvmlInit_v2"), 1);
        check(example::h200(), |facts| facts.smoke = Some(hang("cuCtxSynchronize")), 1);
        let both = |facts: &mut Facts| {
            facts.nvml = hang("nvmlInit_v2");
            facts.cuda = hang("cuInit");
        };
        check(example::h200(), both, 1);
        let mut facts = example::h200();
        both(&mut facts);
        let found = DriverHung::find(&facts, &Need::default());
        assert_eq!(found[0].to_string(), "`nvmlInit_v2` did not return within 10 s");
        facts.nvml = hang("load of libnvidia-ml.so.1");
        let path = facts.driver_libraries.nvml[0].path.clone();
        let words = |facts: &Facts| DriverHung::find(facts, &Need::default())[0].to_string();
        assert!(words(&facts).contains(&format!("(`{path}`) did not return")));
        let folder = path.rsplit_once('/').unwrap().0.to_owned();
        facts.environment.variables.insert("LD_LIBRARY_PATH".to_owned(), folder + "/");
        assert!(words(&facts).contains("which `LD_LIBRARY_PATH` leads to"));
    }
}
