//! Recorded logs of each form.

use super::*;
use proptest::prelude::*;

fn check(text: &str, xids: &[(u32, &str, Option<u64>)], messages: &[&str]) {
    let log = parse_kernel_log(text, "test");
    let got: Vec<_> = log
        .xids
        .iter()
        .map(|event| (event.code, event.pci_address.as_str(), event.since_boot_s.found().copied()))
        .collect();
    assert_eq!(got, xids, "{text}");
    assert_eq!(log.driver_messages, messages, "{text}");
    assert_eq!(log.source, "test");
}

#[test]
fn reads_kmsg_records() {
    check(
        "6,1201,5678901,-;nvidia: loading out-of-tree module taints kernel.\n\
         5,1202,6000001,-;nvidia 0000:18:00.0: vgaarb: VGA decodes changed\n SUBSYSTEM=pci\n DEVICE=+pci:0000:18:00.0\n\
         4,1300,4242917000,-;NVRM: Xid (PCI:0000:18:00): 31, pid=1234, name=python, Ch 00000008\n\
         3,1301,4243000000,-;NVRM: The NVIDIA GPU 0000:3b:00.0 (PCI ID: 10de:2204)\\x0aNVRM: installed in this system has\\x0aNVRM: fallen off the bus and is not responding to commands.\n",
        &[(31, "0000:18:00.0", Some(4242)), (79, "0000:3b:00.0", Some(4243))],
        &[
            "NVRM: The NVIDIA GPU 0000:3b:00.0 (PCI ID: 10de:2204) installed in this system has fallen off the bus and is not responding to commands.",
        ],
    );
}

#[test]
fn reads_dmesg() {
    check(
        "[    5.100000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n\
         [    7.200000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x26:0x56:1474)\n\
         [    7.200100] NVRM: GPU 0000:01:00.0: rm_init_adapter failed, device minor number 0\n\
         [  900.000000] NVRM: Xid (PCI:0000:01:00): 79, pid=1177, name=nvidia-smi, GPU has fallen off the bus.\n\
         [  900.000000] NVRM: GPU 0000:01:00.0: GPU has fallen off the bus.\n",
        &[(79, "0000:01:00.0", Some(900))],
        &[
            "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x26:0x56:1474)",
            "NVRM: GPU 0000:01:00.0: rm_init_adapter failed, device minor number 0",
            "NVRM: GPU 0000:01:00.0: GPU has fallen off the bus.",
        ],
    );
}

#[test]
fn joins_the_lines_of_one_message() {
    let joined = "NVRM: API mismatch: the client has the version 535.104.05, but this kernel module \
                  has the version 535.86.05. Please make sure that this kernel module and all NVIDIA \
                  driver components have the same version.";
    check(
        "[   12.345678] NVRM: API mismatch: the client has the version 535.104.05, but\n\
         [   12.345678] NVRM: this kernel module has the version 535.86.05. Please\n\
         [   12.345678] NVRM: make sure that this kernel module and all NVIDIA driver\n\
         [   12.345678] NVRM: components have the same version.\n",
        &[],
        &[joined],
    );
    check(
        "[   12.345678] gpu1 kernel: NVRM: API mismatch: the client has the version 535.104.05, but\n                             NVRM: this kernel module has the version 535.86.05.  Please\n                             NVRM: make sure that this kernel module and all NVIDIA driver\n                             NVRM: components have the same version.\n",
        &[],
        &[&joined.replace(". Please", ".  Please")],
    );
    // An older kernel, by way of `kern.log`.
    check(
        "Apr  7 23:03:57 intrepid kernel: [79531.760530] NVRM: API mismatch: the client has the version 185.19, but\n\
         Apr  7 23:03:57 intrepid kernel: [79531.760531] NVRM: this kernel module has the version 177.82.  Please\n\
         Apr  7 23:03:57 intrepid kernel: [79531.760532] NVRM: make sure that this kernel module and all NVIDIA driver\n\
         Apr  7 23:03:57 intrepid kernel: [79531.760534] NVRM: components have the same version.\n",
        &[],
        &[
            "NVRM: API mismatch: the client has the version 185.19, but this kernel module has the version 177.82.  Please make sure that this kernel module and all NVIDIA driver components have the same version.",
        ],
    );
    // `dmesg` of a newer kernel.
    check(
        "[    5.499014] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  580.105.08  Wed Oct 29 23:15:11 UTC 2025\n[    5.559842] NVRM: The NVIDIA GPU 0000:02:00.0 (PCI ID: 10de:2c58)\n               NVRM: installed in this system requires use of the NVIDIA open kernel modules.\n[    5.559858] NVRM: GPU 0000:02:00.0: RmInitAdapter failed! (0x22:0x56:884)\n[    5.560313] NVRM: GPU 0000:02:00.0: rm_init_adapter failed, device minor number 0\n",
        &[],
        &[
            "NVRM: The NVIDIA GPU 0000:02:00.0 (PCI ID: 10de:2c58) installed in this system requires use of the NVIDIA open kernel modules.",
            "NVRM: GPU 0000:02:00.0: RmInitAdapter failed! (0x22:0x56:884)",
            "NVRM: GPU 0000:02:00.0: rm_init_adapter failed, device minor number 0",
        ],
    );
    check(
        "[    9.1] NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:2b85)\n\
         [    9.1] NVRM: installed in this system requires use of the NVIDIA open kernel modules.\n\
         [    9.1] NVRM: The NVIDIA probe routine failed for 1 device(s).\n\
         [    9.1] NVRM: None of the NVIDIA devices were initialized.\n",
        &[],
        &[
            "NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:2b85) installed in this system requires use of the NVIDIA open kernel modules.",
            "NVRM: The NVIDIA probe routine failed for 1 device(s).",
            "NVRM: None of the NVIDIA devices were initialized.",
        ],
    );
}

#[test]
fn joins_lines_that_begin_with_a_capital() {
    // `dmesg -T` indents them.
    check(
        "[Mon May 25 05:20:57 2026] NVRM: The NVIDIA GPU 0000:04:00.0 (PCI ID: 10de:20b0)\n                           NVRM: installed in this system is not supported by the\n                           NVRM: NVIDIA 535.309.01 driver release.\n[Mon May 25 05:20:57 2026] nvidia 0000:04:00.0: probe with driver nvidia failed with error -1\n",
        &[],
        &[
            "NVRM: The NVIDIA GPU 0000:04:00.0 (PCI ID: 10de:20b0) installed in this system is not supported by the NVIDIA 535.309.01 driver release.",
            "nvidia 0000:04:00.0: probe with driver nvidia failed with error -1",
        ],
    );
    // An older kernel stamps them.
    check(
        "[  194.072261] NVRM: This PCI I/O region assigned to your NVIDIA device is invalid:\n\
         [  194.072263] NVRM: BAR1 is 0M @ 0x0 (PCI:0000:02:00.0)\n\
         [  194.072267] NVRM: The system BIOS may have misconfigured your GPU.\n\
         [  194.072275] nvidia: probe of 0000:02:00.0 failed with error -1\n\
         [  194.072305] NVRM: The NVIDIA probe routine failed for 1 device(s).\n\
         [  194.072309] NVRM: None of the NVIDIA graphics adapters were initialized!\n",
        &[],
        &[
            "NVRM: This PCI I/O region assigned to your NVIDIA device is invalid: BAR1 is 0M @ 0x0 (PCI:0000:02:00.0)",
            "nvidia: probe of 0000:02:00.0 failed with error -1",
            "NVRM: The NVIDIA probe routine failed for 1 device(s).",
            "NVRM: None of the NVIDIA graphics adapters were initialized!",
        ],
    );
    check(
        "[   1.1] NVRM: The NVIDIA probe routine was not called for 1 device(s).\n\
         [   1.1] NVRM: This can occur when another driver was loaded and \n\
         [   1.1] NVRM: obtained ownership of the NVIDIA device(s).\n\
         [   1.2] NVRM: GPU 0000:13:00.0: GPU does not have the necessary power cables connected.\n",
        &[],
        &[
            "NVRM: The NVIDIA probe routine was not called for 1 device(s).",
            "NVRM: This can occur when another driver was loaded and obtained ownership of the NVIDIA device(s).",
            "NVRM: GPU 0000:13:00.0: GPU does not have the necessary power cables connected.",
        ],
    );
}

#[test]
fn says_an_equal_message_once() {
    let (one, other) = ("NVRM: No NVIDIA GPU found.", "NVRM: No NVIDIA devices probed.");
    check(&format!("[1.0] {one}\n[2.0] {other}\n[3.0] {one}\n"), &[], &[other, one]);
}

#[test]
fn reads_the_journal() {
    check(
        "[ 1234.567890] gpu1 kernel: NVRM: Xid (PCI:0000:18:00): 119, pid=1, name=x, Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 76\n",
        &[(119, "0000:18:00.0", Some(1234))],
        &[],
    );
    check(
        "Nov 24 12:00:00 gpu1 kernel: NVRM: Xid (PCI:0000:18:00): 48, pid=1, name=x, DBE\n\
         Nov 24 12:00:01 gpu1 kernel: nvidia: version magic '6.8.0-31 SMP' should be '6.8.0-35 SMP'\n",
        &[(48, "0000:18:00.0", None)],
        &["nvidia: version magic '6.8.0-31 SMP' should be '6.8.0-35 SMP'"],
    );
}

#[test]
fn reads_kern_log() {
    check(
        "Nov 24 12:00:00 gpu1 kernel: [ 4242.917000] NVRM: Xid (PCI:0000:18:00): 62, pid=9, name=x, 0000(0000)\n\
         Nov 24 12:00:01 gpu1 kernel: [ 4243.100000] [drm:nv_drm_load [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000100] Failed to allocate NvKmsKapiDevice\n",
        &[(62, "0000:18:00.0", Some(4242))],
        &[
            "[drm:nv_drm_load [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000100] Failed to allocate NvKmsKapiDevice",
        ],
    );
    let bare = "[drm:nv_drm_load [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000100] Failed to allocate NvKmsKapiDevice";
    check(bare, &[], &[bare]);
}

#[test]
fn reads_what_the_kernel_says_of_the_module() {
    check(
        "[    3.0] nvidia: probe of 0000:01:00.0 failed with error -1\n\
         [    3.1] nvidia 0000:01:00.0: probe with driver nvidia failed with error -1\n\
         [    3.2] nvidia: Unknown symbol drm_gem_object_free (err -2)\n\
         [    3.3] nvidia: module verification failed: signature and/or required key missing - tainting kernel\n\
         [    3.4] Lockdown: modprobe: unsigned module loading is restricted; see man kernel_lockdown.7\n\
         [    3.5] usb 1-1: device descriptor read/64, failed with error -71\n\
         kern  :err   : [    3.6] NVRM: No NVIDIA GPU found.\n\
         [Tue Nov 24 12:00:00 2026] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x31:0x40:2640)\n",
        &[],
        &[
            "nvidia: probe of 0000:01:00.0 failed with error -1",
            "nvidia 0000:01:00.0: probe with driver nvidia failed with error -1",
            "nvidia: Unknown symbol drm_gem_object_free (err -2)",
            "Lockdown: modprobe: unsigned module loading is restricted; see man kernel_lockdown.7",
            "NVRM: No NVIDIA GPU found.",
            "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x31:0x40:2640)",
        ],
    );
}

#[test]
fn keeps_the_newest() {
    let text: String = (0..1200)
        .map(|second| {
            format!(
                "[{second}.0] NVRM: Xid (PCI:0000:18:00): 31, x\n\
                 [{second}.5] NVRM: GPU 0000:18:00.0: RmInitAdapter failed! ({second})\n"
            )
        })
        .collect();
    let log = parse_kernel_log(&text, "dmesg");
    assert_eq!((log.xids.len(), log.driver_messages.len()), (1000, 50));
    assert_eq!(log.xids[0].since_boot_s.found(), Some(&200));
    assert_eq!(log.xids[999].since_boot_s.found(), Some(&1199));
    assert!(log.driver_messages[49].ends_with("(1199)"));
}

proptest! {
    #[test]
    fn never_panics(text in "(\\PC|\n| |\t)*") {
        let _ = parse_kernel_log(&text, "test");
    }

    #[test]
    fn never_panics_on_pieces(parts in proptest::collection::vec(
        proptest::sample::select(vec![
            "6,1,2,-;", "[", "]", "12.5", "NVRM: ", "Xid (", "PCI:", "0000:18:00", "): ", "31", ", ",
            "pid=", "'", "name=", "\n", " ", "\\x0a", " kernel: ", "fallen off the bus", "é", "18:00",
        ]), 0..40)
    ) {
        let _ = parse_kernel_log(&parts.concat(), "test");
    }
}
