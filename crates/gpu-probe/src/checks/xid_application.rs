//! A program did something wrong on the GPU, and the driver ended its work (an Xid).
//!
//! An Xid is a number in the kernel log. The numbers here (13, 31, 43, 45, 69 and the like) come
//! from the program: it read or wrote memory that it does not own, used a wrong instruction, or was
//! ended while it worked. The GPU itself is fine, and other programs go on. Only where many
//! different programs cause them is the hardware to be suspected.
//!
//! Look at the lines with `sudo dmesg --ctime | grep Xid`; most name the process. Run that program
//! under `compute-sanitizer`, which names the kernel and the line of the wrong access.

use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::{Facts, Need, XidActor, evidence, xid};
use serde::Serialize;

/// An Xid that a program causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("your program: Xid {code}, {meaning} ({})", evidence::xid_times(*.count, .programs))]
pub struct XidApplication {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// The number in the log.
    pub code: u32,
    /// NVIDIA's name for it.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do, in the table's words.
    #[serde(skip)]
    pub advice: &'static str,
    /// Whether a fault in the program is the usual cause.
    pub likely_application_bug: bool,
    /// How often it stands in the log since boot.
    pub count: u64,
    /// The programs that the lines name, sorted.
    pub programs: Vec<String>,
    /// The text of the last line.
    pub last: String,
}

impl XidApplication {
    pub(super) const CODE: &str = "gpu/xid-application";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/fell-off-the-bus",
        "gpu/gpu-lost",
        "gpu/gpu-needs-reset",
        "gpu/uncorrected-ecc-errors",
        "gpu/row-remap-failed",
        "gpu/row-remap-pending",
        "gpu/xid-hardware",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let groups = evidence::xid_groups(facts).into_iter();
        groups.filter_map(Self::of).collect()
    }

    fn of(group: evidence::XidGroup) -> Option<Self> {
        let row = xid(group.code).filter(|row| row.actor() == XidActor::Developer)?;
        Some(Self {
            gpu: group.gpu,
            code: group.code,
            name: row.name,
            meaning: row.meaning,
            advice: row.advice,
            likely_application_bug: row.likely_application_bug,
            count: group.count,
            programs: group.programs,
            last: group.last,
        })
    }
}

impl Diagnosis for XidApplication {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let program = match self.programs.as_slice() {
            [program] => shell_word(program),
            _ => "PROGRAM".to_owned(),
        };
        let advice = Fix::by_hand(self.advice);
        let sanitize = Fix::by_command(
            "run the program under `compute-sanitizer`, which names the kernel and the line",
            format!("compute-sanitizer {program}"),
        );
        match (self.likely_application_bug, self.advice.split_once("`compute-sanitizer`; ")) {
            (false, _) => vec![advice],
            // The advice says the same, and more.
            (true, Some((_, more))) => vec![sanitize, Fix::by_hand(more)],
            (true, None) => vec![sanitize, advice],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::{self, with_smoke, with_xids};

    #[test]
    fn finds_what_a_program_causes() {
        assert_eq!(XidApplication::find(&example::h200(), &Need::default()), []);
        let check = |code: u32, expected: usize| {
            let found = XidApplication::find(&with_xids(&[code]), &Need::default());
            assert_eq!(found.len(), expected, "{code}");
        };
        for code in [13, 31, 43, 45, 69] {
            check(code, 1);
        }
        check(48, 0);
        check(63, 0);
        check(9999, 0);
    }

    #[test]
    fn names_program_and_count() {
        let found = XidApplication::find(&with_xids(&[31, 31]), &Need::default());
        assert_eq!((found.len(), found[0].count), (1, 2));
        assert_eq!(found[0].programs, ["train"]);
        assert_eq!(found[0].fixes()[0].command.as_deref(), Some("compute-sanitizer train"));
    }

    #[test]
    fn one_line_is_counted_once() {
        let mut facts = with_xids(&[31]);
        let event = facts.kernel_log.found().unwrap().xids[0].clone();
        facts.smoke = with_smoke(|gpu| gpu.watch.xids = Reading::Found(vec![event])).smoke;
        assert_eq!(XidApplication::find(&facts, &Need::default())[0].count, 1);
    }

    #[test]
    fn a_log_that_could_not_be_read_is_not_judged() {
        let mut facts = example::h200();
        facts.kernel_log = Reading::Unknown("permission denied".to_owned());
        assert_eq!(XidApplication::find(&facts, &Need::default()), []);
    }
}
