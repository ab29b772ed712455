//! One Xid line of the kernel log.

use super::stamp::{Stamp, split_stamp};
use crate::{Reading, XidEvent, pci_address::pci_address};

/// Reads one line of the kernel log as an Xid; `None` where it is none.
///
/// The line may carry the prefix of `/dev/kmsg`, of `dmesg` or of `journalctl`. It reads
/// `NVRM: Xid (PCI:0000:18:00): 31, pid=1234, name=python, …` in all its forms (quoted, unknown or
/// no process, an instance of a partitioned GPU, the older one without `PCI:`) and takes
/// `NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.` as Xid 79, which it is.
pub fn parse_xid_line(line: &str) -> Option<XidEvent> {
    let (stamp, message) = split_stamp(line);
    xid_of_message(stamp, message)
}

/// As [`parse_xid_line`], for a message whose prefix is off already.
pub(super) fn xid_of_message(stamp: Stamp, message: &str) -> Option<XidEvent> {
    if let Some(at) = message.find("NVRM: Xid (") {
        return numbered(stamp, &message[at + "NVRM: Xid (".len()..]);
    }
    fallen_off_the_bus(stamp, message)
}

/// Reads from behind the opening bracket: `PCI:0000:18:00): 31, pid=1234, name=python, …`.
fn numbered(stamp: Stamp, text: &str) -> Option<XidEvent> {
    let (device, rest) = text.split_once(')')?;
    // An instance of a partitioned GPU reads `PCI:0000:18:00 GPU-I:05`.
    let device = device.split_whitespace().next()?;
    let pci_address = pci_address(device.strip_prefix("PCI:").unwrap_or(device))?;
    let rest = rest.strip_prefix(':')?.trim_start();
    let digits = rest.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(rest.len());
    let code = rest[..digits].parse().ok()?;
    let rest = rest[digits..].trim_start_matches([',', ' ']);
    let (pid, rest) = field(rest, "pid=");
    let (program, rest) = field(rest, "name=");
    Some(XidEvent {
        code,
        pci_address,
        since_boot_s: stamp.since_boot_s().into(),
        pid: process_id(pid),
        program: known(program).map(str::to_owned),
        text: rest.trim().to_owned(),
    })
}

/// Takes `key` and its value off the front; the value ends at a comma.
fn field<'a>(text: &'a str, key: &str) -> (Option<&'a str>, &'a str) {
    let Some(value) = text.strip_prefix(key) else { return (None, text) };
    let (value, rest) = value.split_once(',').unwrap_or((value, ""));
    (Some(value.trim().trim_matches(['\'', '"'])), rest.trim_start())
}

/// What the driver wrote for the process: nothing, a value, or that it did not know it.
fn known(value: Option<&str>) -> Reading<&str> {
    match value {
        None | Some("") => Reading::Absent,
        Some("<unknown>" | "unknown") => {
            Reading::Unknown("the driver did not know the process".to_owned())
        }
        Some(value) => Reading::Found(value),
    }
}

fn process_id(value: Option<&str>) -> Reading<u32> {
    known(value).and_then(|text| match text.parse() {
        Ok(pid) => Reading::Found(pid),
        Err(_) => Reading::Unknown(format!("`{text}` is not a process id")),
    })
}

/// Reads the lines of a GPU that is gone, which name no code:
/// `GPU 0000:18:00.0: GPU has fallen off the bus.` and
/// `The NVIDIA GPU 0000:18:00.0 (PCI ID: …) … has fallen off the bus and is not responding …`.
fn fallen_off_the_bus(stamp: Stamp, message: &str) -> Option<XidEvent> {
    if !message.contains("NVRM:") || !message.contains("fallen off the bus") {
        return None;
    }
    let address = message.split_whitespace().find_map(pci_address)?;
    Some(XidEvent {
        code: 79,
        pci_address: address,
        since_boot_s: stamp.since_boot_s().into(),
        pid: Reading::Absent,
        program: Reading::Absent,
        text: "GPU has fallen off the bus.".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Code, GPU, seconds since boot, process id, program, text.
    type Row<'a> = (u32, &'a str, Option<u64>, Option<u32>, Option<&'a str>, &'a str);

    fn check(line: &str, expected: Option<Row<'_>>) {
        let event = parse_xid_line(line);
        let got = event.as_ref().map(|event| {
            let (time, pid) = (event.since_boot_s.found(), event.pid.found());
            let program = event.program.found().map(String::as_str);
            let (gpu, text) = (event.pci_address.as_str(), event.text.as_str());
            (event.code, gpu, time.copied(), pid.copied(), program, text)
        });
        assert_eq!(got, expected, "{line}");
    }

    #[test]
    fn reads_the_numbered_forms() {
        check(
            "[ 4242.917] NVRM: Xid (PCI:0000:18:00): 31, pid=1234, name=python, Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_0 faulted @ 0x7f8c_40000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ",
            Some((
                31,
                "0000:18:00.0",
                Some(4242),
                Some(1234),
                Some("python"),
                "Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_0 faulted @ 0x7f8c_40000000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ",
            )),
        );
        check(
            "NVRM: Xid (PCI:0000:3B:00): 13, pid='<unknown>', name=<unknown>, Graphics SM Warp Exception on (GPC 0, TPC 1, SM 0): Out Of Range Address",
            Some((
                13,
                "0000:3b:00.0",
                None,
                None,
                None,
                "Graphics SM Warp Exception on (GPC 0, TPC 1, SM 0): Out Of Range Address",
            )),
        );
        check(
            "NVRM: Xid (PCI:0000:05:00): 79, pid='1177', name=nvidia-smi, GPU has fallen off the bus.",
            Some((
                79,
                "0000:05:00.0",
                None,
                Some(1177),
                Some("nvidia-smi"),
                "GPU has fallen off the bus.",
            )),
        );
        check(
            "NVRM: Xid (PCI:0018:01:00): 149, NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x004505c6 0x00000000)",
            Some((
                149,
                "0018:01:00.0",
                None,
                None,
                None,
                "NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x004505c6 0x00000000)",
            )),
        );
        check(
            "NVRM: Xid (PCI:0000:01:00 GPU-I:05): 94, pid=7194, name=a.out, Contained: CE User Channel (0x9). RST: No, D-RST: No",
            Some((
                94,
                "0000:01:00.0",
                None,
                Some(7194),
                Some("a.out"),
                "Contained: CE User Channel (0x9). RST: No, D-RST: No",
            )),
        );
        check(
            "NVRM: Xid (0000:03:00): 32, Channel ID 00000001 intr 00040000",
            Some((32, "0000:03:00.0", None, None, None, "Channel ID 00000001 intr 00040000")),
        );
        check(
            "NVRM: Xid (PCI:00000001:00:00.0): 45",
            Some((45, "0001:00:00.0", None, None, None, "")),
        );
        check(
            "NVRM: Xid (PCI:0000:19:00): 154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)",
            Some((
                154,
                "0000:19:00.0",
                None,
                None,
                None,
                "GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)",
            )),
        );
    }

    #[test]
    fn reads_a_gpu_that_is_gone() {
        check(
            "[99.5] NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.",
            Some((79, "0000:18:00.0", Some(99), None, None, "GPU has fallen off the bus.")),
        );
        check(
            "NVRM: The NVIDIA GPU 0000:18:00.0 (PCI ID: 10de:2204) installed in this system has fallen off the bus and is not responding to commands.",
            Some((79, "0000:18:00.0", None, None, None, "GPU has fallen off the bus.")),
        );
    }

    #[test]
    fn leaves_other_lines_alone() {
        check("", None);
        check("NVRM: Xid (", None);
        check("NVRM: Xid (PCI:0000:18:00): many", None);
        check("NVRM: Xid (PCI:nonsense): 31", None);
        check("NVRM: Xid (PCI:0000:18:00): 99999999999, x", None);
        check("nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 12028, Non-fatal, Link 32", None);
        check("NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.54.15", None);
        check("usb 1-1: fallen off the bus", None);
    }

    #[test]
    fn says_why_a_process_is_not_named() {
        let event = parse_xid_line("NVRM: Xid (PCI:0000:18:00): 31, pid=<unknown>, x").unwrap();
        assert!(event.pid.unknown().is_some());
        assert!(event.program.is_absent());
    }

    proptest! {
        #[test]
        fn never_panics(line in "\\PC*") {
            let _ = parse_xid_line(&line);
        }

        #[test]
        fn never_panics_behind_the_bracket(rest in "\\PC*") {
            let _ = parse_xid_line(&format!("NVRM: Xid (PCI:{rest}"));
            let _ = parse_xid_line(&format!("NVRM: Xid (PCI:0000:18:00): {rest}"));
        }
    }
}
