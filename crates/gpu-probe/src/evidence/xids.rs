//! The Xid lines of the kernel log and of the smoke test, by code and GPU.

use super::{nvml_gpus, smoke_gpus};
use crate::{Facts, Place, XidEvent};

/// The lines of one code of one GPU.
pub(crate) struct XidGroup {
    /// Which GPU.
    pub(crate) gpu: Place,
    /// The number in the log.
    pub(crate) code: u32,
    /// How often it came.
    pub(crate) count: u64,
    /// The programs that the lines name, sorted.
    pub(crate) programs: Vec<String>,
    /// The text of the last line.
    pub(crate) last: String,
}

/// The Xid lines of the kernel log and of the smoke test, by code and GPU, in the order in which they
/// first came.
pub(crate) fn xid_groups(facts: &Facts) -> Vec<XidGroup> {
    let mut groups: Vec<XidGroup> = Vec::new();
    for event in xid_events(facts) {
        let gpu = place_of_line(facts, &event.pci_address);
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
    let watched = smoke_gpus(facts).iter().filter_map(|gpu| gpu.watch.xids.found()).flatten();
    let mut events: Vec<&XidEvent> = logged.iter().collect();
    for event in watched {
        if !events.contains(&event) {
            events.push(event);
        }
    }
    events
}

fn place_of_line(facts: &Facts, address: &str) -> Place {
    let by_nvml = nvml_gpus(facts)
        .iter()
        .find(|gpu| gpu.pci_address.found().is_some_and(|other| other == address));
    let name = by_nvml.and_then(|gpu| gpu.name.found()).cloned();
    Place::Gpu { gpu: address.to_owned(), name }
}

/// `once`, `3 times`, with the programs.
pub(crate) fn xid_times(count: u64, programs: &[String]) -> String {
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    if programs.is_empty() {
        return format!("{times} since boot");
    }
    let named: Vec<String> = programs.iter().map(|program| format!("`{program}`")).collect();
    format!("{times} since boot, in {}", named.join(", "))
}
