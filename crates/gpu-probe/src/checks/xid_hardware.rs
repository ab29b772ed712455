//! The driver reported a fault of the GPU, its memory or its links (an Xid).
//!
//! An Xid is a number in the kernel log under which the driver reports that something went wrong on
//! a GPU. The numbers here are not the kind that a faulty program causes: they speak of memory, of
//! links (PCIe, NVLink), of power, or of the GPU's own firmware. Some ask for a reset or a reboot
//! before the GPU is used again, some for a replacement. A number that is in no list is named as it
//! came.
//!
//! Look at the lines with `sudo dmesg --ctime | grep Xid`. `nvidia-bug-report.sh` collects what the
//! maker will ask for.

use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::{Facts, Need, XidAction, XidActor, XidImpact, evidence, xid};
use serde::Serialize;

/// An Xid that a program does not cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("Xid {code}: {meaning} ({})", evidence::xid_times(*.count, .programs))]
pub struct XidHardware {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// The number in the log.
    pub code: u32,
    /// NVIDIA's name for it, where the code is known.
    pub name: Option<&'static str>,
    /// What it means.
    pub meaning: &'static str,
    /// Whether the GPU is not to be used before it is reset, rebooted or replaced.
    pub gpu_unusable: bool,
    /// How often it stands in the log since boot.
    pub count: u64,
    /// The programs that the lines name, sorted.
    pub programs: Vec<String>,
    /// The text of the last line.
    pub last: String,
}

impl XidHardware {
    pub(super) const CODE: &str = "gpu/xid-hardware";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/fell-off-the-bus",
        "gpu/gpu-lost",
        "gpu/gpu-needs-reset",
        "gpu/adapter-init-failed",
        "gpu/uncorrected-ecc-errors",
        "gpu/row-remap-failed",
        "gpu/row-remap-pending",
        "gpu/page-retirement-pending",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let groups = evidence::xid_groups(facts).into_iter();
        groups.filter_map(Self::of).collect()
    }

    fn of(group: evidence::XidGroup) -> Option<Self> {
        let known = xid(group.code);
        if known.is_some_and(|row| row.actor() != XidActor::Administrator) {
            return None;
        }
        Some(Self {
            gpu: group.gpu,
            code: group.code,
            name: known.map(|row| row.name),
            meaning: known.map_or("a code that is not in our list", |row| row.meaning),
            gpu_unusable: known.is_some_and(|row| row.impact == XidImpact::GpuUnusable),
            count: group.count,
            programs: group.programs,
            last: group.last,
        })
    }
}

impl Diagnosis for XidHardware {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let report = || {
            Fix::by_command(
                "collect what NVIDIA or the maker will ask for, and report it",
                "sudo nvidia-bug-report.sh",
            )
        };
        let Some(row) = xid(self.code) else { return vec![report()] };
        let advice = Fix::by_hand(row.advice);
        let step = match row.action {
            XidAction::ResetGpu => Some(reset(&self.gpu)),
            XidAction::Reboot => Some(Fix::by_command(
                "restart the machine; switch it off fully if the GPU does not come back",
                "sudo systemctl reboot",
            )),
            XidAction::FollowRecoveryAction => Some(Fix::by_command(
                "see what the driver wants done",
                "nvidia-smi --query | grep -i -A3 'recovery action'",
            )),
            XidAction::CheckNvlink => {
                Some(Fix::by_command("look at the links", "nvidia-smi nvlink --status"))
            }
            XidAction::ContactVendor => Some(report()),
            XidAction::CheckHardware
            | XidAction::Ignore
            | XidAction::RestartProgram
            | XidAction::RestartVirtualMachine
            | XidAction::SeeOtherXid
            | XidAction::Unspecified
            | XidAction::UpdateDriver => None,
        };
        [advice].into_iter().chain(step).collect()
    }
}

fn reset(gpu: &Place) -> Fix {
    let id = match gpu {
        Place::Gpu { gpu, .. } => format!(" --id={}", shell_word(gpu)),
        Place::Machine | Place::Path { .. } | Place::Variable { .. } => String::new(),
    };
    Fix::by_command(
        "end every program that uses the GPU and reset it, or reboot",
        format!("sudo nvidia-smi --gpu-reset{id}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::{self, with_xids};

    #[test]
    fn finds_what_a_program_does_not_cause() {
        assert_eq!(XidHardware::find(&example::h200(), &Need::default()), []);
        let check = |code: u32, expected: usize| {
            let found = XidHardware::find(&with_xids(&[code]), &Need::default());
            assert_eq!(found.len(), expected, "{code}");
        };
        check(48, 1);
        check(79, 1);
        check(119, 1);
        check(31, 0);
        check(63, 0);
    }

    #[test]
    fn an_unknown_code_is_reported_by_its_number() {
        let found = XidHardware::find(&with_xids(&[9999]), &Need::default());
        assert!(found[0].to_string().contains("Xid 9999"), "{}", found[0]);
        assert!(!found[0].fixes().is_empty());
    }

    #[test]
    fn counts_one_code_of_one_gpu_once() {
        let found = XidHardware::find(&with_xids(&[48, 48, 79]), &Need::default());
        let counts: Vec<(u32, u64)> =
            found.iter().map(|problem| (problem.code, problem.count)).collect();
        assert_eq!(counts, [(48, 2), (79, 1)]);
    }

    #[test]
    fn a_log_that_could_not_be_read_is_not_judged() {
        let mut facts = example::h200();
        facts.kernel_log = Reading::Unknown("permission denied".to_owned());
        assert_eq!(XidHardware::find(&facts, &Need::default()), []);
    }
}
