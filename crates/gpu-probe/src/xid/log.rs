//! The kernel log as a whole: its records, the Xids in them and why the driver did not start.

use super::{
    line::xid_of_message,
    stamp::{Stamp, kmsg_stamp, split_stamp},
};
use crate::{KernelLog, XidEvent};
use std::collections::VecDeque;

/// How many Xids are kept; the newest.
const XIDS: usize = 1000;
/// How many messages of the driver are kept; the newest.
const DRIVER_MESSAGES: usize = 50;

/// Reads the text of `/dev/kmsg`, `dmesg` or `journalctl -k`; `source` says which.
///
/// Reports lines of one message as one message, and equal messages of the driver once, where the
/// last of them stands. Of Xids that say twice that the same GPU has fallen off the bus (the driver
/// writes it with and without the number), the first is kept.
pub fn parse_kernel_log(text: &str, source: &str) -> KernelLog {
    let mut xids = VecDeque::new();
    let mut driver_messages: VecDeque<String> = VecDeque::new();
    for record in records(text) {
        if says_why_the_driver_failed(&record.message) {
            // A failure that comes back by the second must not push all others out.
            driver_messages.retain(|earlier| *earlier != record.message);
            keep_newest(&mut driver_messages, DRIVER_MESSAGES, record.message.clone());
        }
        let Some(event) = xid_of_message(record.stamp, &record.message) else { continue };
        if !is_told_already(&xids, &event) {
            keep_newest(&mut xids, XIDS, event);
        }
    }
    KernelLog {
        source: source.to_owned(),
        xids: xids.into(),
        driver_messages: driver_messages.into(),
    }
}

fn keep_newest<T>(kept: &mut VecDeque<T>, most: usize, item: T) {
    if kept.len() == most {
        kept.pop_front();
    }
    kept.push_back(item);
}

fn is_told_already(xids: &VecDeque<XidEvent>, event: &XidEvent) -> bool {
    let same_gpu = |earlier: &&XidEvent| earlier.pci_address == event.pci_address;
    event.code == 79 && xids.iter().rev().find(same_gpu).is_some_and(|last| last.code == 79)
}

/// Parts of the messages that the driver and the kernel write when it cannot start, when it loses a
/// GPU or when its parts do not fit each other.
const FAILURES: &[&str] = &[
    "API mismatch",
    "BAR0 is 0M",
    "BAR1 is 0M",
    "Failed to allocate NvKmsKapiDevice",
    "No NVIDIA GPU found",
    "No NVIDIA devices probed",
    "No NVIDIA graphics adapter",
    "None of the NVIDIA",
    "PCI I/O region assigned to your NVIDIA device is invalid",
    "RmInitAdapter failed",
    "does not have the necessary power cables connected",
    "fallen off the bus",
    "is not supported by",
    "obtained ownership of",
    "probe routine failed",
    "probe routine was not called",
    "request_mem_region failed",
    "requires use of the NVIDIA open kernel modules",
    "rm_init_adapter failed",
    "supported through the NVIDIA",
];

/// The same, of messages that name the module without `NVRM:`.
const MODULE_FAILURES: &[&str] =
    &["Unknown symbol", "disagrees about version of symbol", "failed with error", "version magic"];

fn says_why_the_driver_failed(message: &str) -> bool {
    let has = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    let by_module = message.contains("NVRM:") || message.contains("[nvidia-drm]");
    if by_module && !message.contains("NVRM: Xid (") && has(FAILURES) {
        return true;
    }
    // An unsigned module under secure boot is refused by the kernel before the driver can speak.
    message.starts_with("nvidia") && has(MODULE_FAILURES)
        || message.starts_with("Lockdown: ") && message.contains("unsigned module")
}

struct Record {
    stamp: Stamp,
    message: String,
}

/// Splits the text into records and joins the lines of one record with a space.
fn records(text: &str) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    let mut in_kmsg = false;
    for line in text.lines() {
        if line.trim().is_empty() {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            // `/dev/kmsg` puts fields such as ` SUBSYSTEM=pci` below a record; `journalctl` and
            // `dmesg` indent the further lines of a message.
            if let (false, Some(last)) = (in_kmsg, records.last_mut()) {
                append(&mut last.message, line);
            }
            continue;
        }
        in_kmsg = kmsg_stamp(line).is_some();
        let (stamp, message) = split_stamp(line);
        match records.last_mut().filter(|last| continues(last, stamp, message)) {
            Some(last) => append(&mut last.message, message),
            None => records.push(Record { stamp, message: unescaped(message) }),
        }
    }
    records
}

/// Starts of messages that go on in a further line, which may begin with a capital.
const OPENERS: &[&str] = &["NVRM: The NVIDIA ", "NVRM: This PCI I/O region "];

/// Whether the line goes on with the message before it. Older kernels stamp each line of a message
/// anew, some microseconds later; newer ones give all the same time.
fn continues(last: &Record, stamp: Stamp, message: &str) -> bool {
    let times = last.stamp.since_boot_us.zip(stamp.since_boot_us);
    let near = times.is_some_and(|(one, next)| one.abs_diff(next) < 1000);
    let before = last.message.as_str();
    let by_module = before.starts_with("NVRM: ") && !before.contains("NVRM: Xid (");
    let Some(text) = message.strip_prefix("NVRM:").filter(|_| near && by_module) else {
        return false;
    };
    let small = text.trim_start().starts_with(|first: char| first.is_lowercase());
    let opened = OPENERS.iter().any(|opener| before.starts_with(opener)) && !before.ends_with(')');
    !before.ends_with(['.', '!']) && (small || opened)
}

fn append(message: &mut String, line: &str) {
    let line = line.trim();
    message.push(' ');
    message.push_str(&unescaped(line.strip_prefix("NVRM: ").unwrap_or(line)));
}

/// `/dev/kmsg` writes the line ends inside a message as `\x0a`.
fn unescaped(message: &str) -> String {
    message
        .trim_end_matches("\\x0a")
        .replace("\\x0aNVRM: ", " ")
        .replace("\\x0a", " ")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests;
