//! What the reader of the kernel module makes of recorded trees.

use super::*;
use crate::read::tree::Tree;
use proptest::prelude::*;

#[test]
fn reads_the_loaded_version() {
    let check = |text, version: &str, open| {
        let loaded = LoadedModule { version: version.parse().unwrap(), open: Found(open) };
        assert_eq!(parse_proc_version(text), Some(loaded), "{text}");
    };
    check(
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n\
         GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n",
        "535.183.01",
        false,
    );
    check(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  \
         (dvs-builder@U16-I3-B03-03-2)  Thu Jan 23 22:50:36 UTC 2025\nGCC version:  gcc 11.4.0\n",
        "570.86.15",
        true,
    );
    assert_eq!(parse_proc_version("GCC version: 12.2.0"), None);
    assert_eq!(parse_proc_version("NVRM version:"), None);
}

#[test]
fn not_loaded_is_not_the_same_as_not_known() {
    let check = |files: &[(&str, &str)]| loaded(&Tree::new(files).root());
    assert_eq!(check(&[("/proc/modules", "ext4 1 0 - Live 0x0\n")]), Absent);
    assert_eq!(check(&[("/proc/version", "Linux version 6.18")]), Absent);
    assert!(check(&[]).unknown().is_some());
    assert!(check(&[("/proc/modules", "nvidia 1 0 - Live 0x0\n")]).unknown().is_some());
    assert!(check(&[("/proc/driver/nvidia/version", "rubbish")]).unknown().is_some());
    let by_sysfs = check(&[("/sys/module/nvidia/version", "570.86.15\n")]);
    assert_eq!(by_sysfs.found().unwrap().version.to_string(), "570.86.15");
    let root = Tree::new(&[("/proc/modules", "nvidia_uvm 1 0 - Live 0x0\nnvidia 2 1\n")]);
    assert_eq!(is_loaded(&root.root(), "nvidia_uvm"), Found(true));
    assert_eq!(is_loaded(&root.root(), "nouveau"), Found(false));
}

#[test]
fn finds_modules_where_installers_put_them() {
    let tree = Tree::new(&[
        ("/proc/sys/kernel/osrelease", "6.8.0-40-generic\n"),
        ("/usr/lib/modules/6.8.0-40-generic/updates/dkms/nvidia.ko.zst", "broken"),
        ("/usr/lib/modules/6.8.0-40-generic/updates/dkms/nvidia-uvm.ko.zst", "broken"),
        ("/usr/lib/modules/6.8.0-40-generic/kernel/nvidia-570/nvidia.ko", "broken"),
        ("/usr/lib/modules/6.8.0-40-generic/kernel/drivers/video/nvidia.ko", "broken"),
        ("/usr/lib/modules/6.8.0-40-generic/build", "-> /usr/src/linux-headers-6.8.0-40-generic"),
        ("/usr/src/linux-headers-6.8.0-40-generic/Makefile", ""),
        ("/usr/lib/modules/5.4.0/updates/nvidia.ko", "another kernel"),
        ("/lib", "-> usr/lib"),
        ("/var/lib/dkms/nvidia/570.86.15/6.8.0-40-generic/x86_64/module/nvidia.ko.zst", ""),
        ("/var/lib/dkms/nvidia/550.54.15/source", "-> /usr/src/nvidia-550.54.15"),
        ("/var/lib/dkms/nvidia/kernel-6.8.0-40-generic-x86_64", "-> 570.86.15/6.8.0-40-generic"),
        ("/var/lib/dkms/zfs/2.2/source", ""),
    ]);
    let module = read(&tree.root(), &Machine::default());
    let on_disk = module.on_disk.found().unwrap();
    let paths: Vec<&str> = on_disk.iter().map(|module| module.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/lib/modules/6.8.0-40-generic/updates/dkms/nvidia.ko.zst",
            "/lib/modules/6.8.0-40-generic/kernel/drivers/video/nvidia.ko",
            "/lib/modules/6.8.0-40-generic/kernel/nvidia-570/nvidia.ko",
        ]
    );
    assert!(on_disk.iter().all(|module| module.version.unknown().is_some()));
    let known = |version: &str, built| DkmsModule { version: version.to_owned(), built };
    assert_eq!(module.dkms, Found(vec![known("550.54.15", false), known("570.86.15", true)]));
    assert_eq!(module.kernel_headers, Found(true));
}

#[test]
fn a_container_does_not_see_the_modules() {
    let tree = Tree::new(&[("/proc/sys/kernel/osrelease", "6.8.0\n"), ("/proc/modules", "")]);
    let machine = Machine { container: Found("docker".to_owned()), ..Machine::default() };
    let module = read(&tree.root(), &machine);
    assert!(module.on_disk.unknown().is_some());
    assert!(module.dkms.unknown().is_some());
    assert!(module.kernel_headers.unknown().is_some());
    let module = read(&tree.root(), &Machine { container: Absent, ..Machine::default() });
    assert_eq!(module.on_disk, Found(Vec::new()));
    assert_eq!(module.dkms, Absent);
}

#[test]
fn finds_what_forbids() {
    let tree = Tree::new(&[
        ("/etc/modprobe.d/a.conf", "# blacklist nvidia\nblacklist nouveau\n"),
        ("/etc/modprobe.d/b.conf", "  blacklist   nvidia\n"),
        ("/etc/modprobe.d/c.conf.dpkg-old", "blacklist nvidia\n"),
        ("/etc/modprobe.d/d.conf", ""),
        ("/usr/lib/modprobe.d/d.conf", "blacklist nvidia\n"),
        ("/usr/lib/modprobe.d/e.conf", "install nvidia /bin/false\n"),
        ("/lib", "-> usr/lib"),
        ("/proc/cmdline", "quiet module_blacklist=i915,nvidia"),
    ]);
    let expected = ["/proc/cmdline", "/etc/modprobe.d/b.conf", "/usr/lib/modprobe.d/e.conf"];
    assert_eq!(forbidden_by(&tree.root(), false), Found(expected.map(str::to_owned).to_vec()));
    assert_eq!(forbidden_by(&tree.root(), true), Found(vec!["/proc/cmdline".to_owned()]));
    assert!(forbidden_by(&Tree::new(&[]).root(), true).unknown().is_some());
    assert!(forbids("alias nvidia off"));
    assert!(!forbids("install nvidia /sbin/modprobe --ignore-install nvidia"));
    assert!(!forbids("blacklist nvidia_drm"));
    assert!(!command_line_forbids("modprobe.blacklist=nouveau"));
}

#[test]
fn reads_parameters() {
    let tree = Tree::new(&[
        (
            "/proc/driver/nvidia/params",
            "ResmanDebugLevel: 4294967295\nPreserveVideoMemoryAllocations: 1\nRmProfilingAdminOnly: 1\nRegistryDwords: \"\"\n",
        ),
        ("/sys/module/nvidia_uvm/parameters/uvm_disable_hmm", "N\n"),
    ]);
    let expected = ModuleParameters {
        profiling_admin_only: Found(true),
        uvm_disable_hmm: Found(false),
        preserve_video_memory: Found(true),
    };
    assert_eq!(parameters(&tree.root()), expected);
    let absent = parameters(&Tree::new(&[]).root());
    assert!(absent.profiling_admin_only.is_absent());
}

proptest! {
    #[test]
    fn never_panics(text in ".{0,200}") {
        parse_proc_version(&format!("NVRM version:{text}"));
        forbids(&text);
        command_line_forbids(&text);
        parse_parameter(&text, "a");
    }
}
