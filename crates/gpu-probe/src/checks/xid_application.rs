//! A program did something wrong on the GPU, and the driver ended its work (an Xid).
//!
//! An Xid is a number in the kernel log. The numbers here (13, 31, 43, 45, 69 and the like) come
//! from the program: it read or wrote memory that it does not own, used a wrong instruction, or was
//! ended while it worked. The GPU itself is fine, and other programs go on. Only where many
//! different programs cause them is the hardware to be suspected.
//!
//! Look at the lines with `sudo dmesg --ctime | grep Xid`; most name the process. Run that program
//! under `compute-sanitizer`, which names the kernel and the line of the wrong access.

use super::xid_hardware::times;
use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::{Facts, Need, XidActor, XidEvent, evidence, xid};
use serde::Serialize;

/// An Xid that a program causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("your program: Xid {code}, {meaning} ({})", times(*.count, .programs))]
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
        let groups = xid_groups(facts).into_iter();
        groups.filter_map(Self::of).collect()
    }

    fn of(group: XidGroup) -> Option<Self> {
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

/// The lines of one code of one GPU.
pub(super) struct XidGroup {
    pub(super) gpu: Place,
    pub(super) code: u32,
    pub(super) count: u64,
    pub(super) programs: Vec<String>,
    pub(super) last: String,
}

/// The Xid lines of the kernel log and of the smoke test, by code and GPU, in the order in which they
/// first came.
pub(super) fn xid_groups(facts: &Facts) -> Vec<XidGroup> {
    let mut groups: Vec<XidGroup> = Vec::new();
    for event in xid_events(facts) {
        let gpu = place_of(facts, &event.pci_address);
        let known = groups.iter().position(|group| group.code == event.code && group.gpu == gpu);
        let index = known.unwrap_or(groups.len());
        if known.is_none() {
            let (programs, last) = (Vec::new(), String::new());
            groups.push(XidGroup { gpu, code: event.code, count: 0, programs, last });
        }
        let group = &mut groups[index];
        group.count += 1;
        group.last.clone_from(&event.text);
        group.programs.extend(event.program.found().cloned());
    }
    for group in &mut groups {
        group.programs.sort_unstable();
        group.programs.dedup();
    }
    groups
}

/// A line that came during the smoke test may stand in the log, too: it is counted once.
fn xid_events(facts: &Facts) -> Vec<&XidEvent> {
    let logged = facts.kernel_log.found().map(|log| log.xids.as_slice()).unwrap_or_default();
    let watched =
        evidence::smoke_gpus(facts).iter().filter_map(|gpu| gpu.watch.xids.found()).flatten();
    let mut events: Vec<&XidEvent> = logged.iter().collect();
    for event in watched {
        if !events.contains(&event) {
            events.push(event);
        }
    }
    events
}

fn place_of(facts: &Facts, address: &str) -> Place {
    let by_nvml = evidence::nvml_gpus(facts)
        .iter()
        .find(|gpu| gpu.pci_address.found().is_some_and(|other| other == address));
    let name = by_nvml.and_then(|gpu| gpu.name.found()).cloned();
    Place::Gpu { gpu: address.to_owned(), name }
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

/// The example machine with these Xids in its kernel log.
#[cfg(test)]
pub(super) fn with_xids(codes: &[u32]) -> Facts {
    let mut facts = crate::example::h200();
    let event = |code: &u32| XidEvent {
        code: *code,
        pci_address: crate::example::H200_ADDRESS.to_owned(),
        since_boot_s: crate::Reading::Found(1234),
        pid: crate::Reading::Found(4711),
        program: crate::Reading::Found("train".to_owned()),
        text: "pid=4711, name=train".to_owned(),
    };
    if let crate::Reading::Found(log) = &mut facts.kernel_log {
        log.xids = codes.iter().map(event).collect();
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::super::kernel_failed::with_smoke;
    use super::*;
    use crate::{Reading, example};

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
