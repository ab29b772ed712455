//! The machine around the GPU: system, memory, processors, Secure Boot.

use super::{
    disk, elf, machine,
    root::{Root, reading},
    user,
};
use crate::{
    Environment, Host, OperatingSystem,
    Reading::{self, Absent, Found, Unknown},
};

/// Reads the host.
pub(crate) fn read(root: &Root, environment: &Environment) -> Host {
    let machine = machine::read(root);
    Host {
        name: line(root, "/proc/sys/kernel/hostname"),
        os: operating_system(root),
        kernel_release: line(root, "/proc/sys/kernel/osrelease"),
        architecture: architecture(root),
        user: user::read(root),
        secure_boot: secure_boot(root, machine.container.found().is_some()),
        glibc: glibc(root),
        memory_mib: disk::memory_mib(root),
        processors: processors(root),
        disks: disk::disks(root, environment),
        temporary_folder: disk::temporary_folder(root, environment),
        machine,
    }
}

/// The only line of a file in `/proc`.
fn line(root: &Root, path: &str) -> Reading<String> {
    match root.text(path) {
        Absent => Unknown(format!("there is no `{path}`")),
        other => other.map(|text| text.trim().to_owned()),
    }
}

fn architecture(root: &Root) -> String {
    // The file is there since Linux 6.1.
    if let Found(text) = root.text("/proc/sys/kernel/arch") {
        return text.trim().to_owned();
    }
    rustix::system::uname().machine().to_string_lossy().into_owned()
}

fn operating_system(root: &Root) -> Reading<OperatingSystem> {
    match root.text("/etc/os-release") {
        Absent => root.text("/usr/lib/os-release").map(|text| parse_os_release(&text)),
        other => other.map(|text| parse_os_release(&text)),
    }
}

/// Reads `os-release`: shell assignments, with or without quotes.
pub(super) fn parse_os_release(text: &str) -> OperatingSystem {
    let value = |key: &str| {
        let assigned =
            text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='));
        assigned.unwrap_or_default().trim_matches(['"', '\'', ' ']).to_owned()
    };
    let (id, name) = (value("ID"), value("PRETTY_NAME"));
    OperatingSystem {
        name: if name.is_empty() { id.clone() } else { name },
        version: value("VERSION_ID"),
        id,
    }
}

/// The variable that the UEFI specification names so.
const SECURE_BOOT: &str =
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

fn secure_boot(root: &Root, in_container: bool) -> Reading<bool> {
    match root.bytes(SECURE_BOOT) {
        Found(bytes) => match parse_secure_boot(&bytes) {
            Some(on) => Found(on),
            None => Unknown(format!("`{SECURE_BOOT}` does not hold five bytes")),
        },
        Unknown(reason) => Unknown(reason),
        Absent if in_container => {
            Unknown("a container does not see the variables of the firmware".to_owned())
        }
        Absent if !root.exists("/sys/kernel") => Unknown("`/sys` is not mounted".to_owned()),
        Absent if !root.exists("/sys/firmware/efi") => Absent,
        Absent => match root.names("/sys/firmware/efi/efivars") {
            // A firmware from before Secure Boot has other variables and not this one.
            Found(names) if !names.is_empty() => Found(false),
            _ => Unknown("`/sys/firmware/efi/efivars` is not mounted".to_owned()),
        },
    }
}

/// Four bytes of attributes and the value.
pub(super) fn parse_secure_boot(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [_, _, _, _, value] => Some(*value == 1),
        _ => None,
    }
}

/// Where the C library is: with and without multiarch folders.
const LIBC: &[&str] = &[
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
];

fn glibc(root: &Root) -> Reading<String> {
    for path in LIBC {
        let banner = || elf::section(&mut root.open(path)?, ".rodata");
        let version = match reading(banner(), path.as_ref()) {
            Found(constants) => constants.and_then(|bytes| parse_glibc(&bytes)),
            Unknown(reason) => return Unknown(reason),
            Absent => continue,
        };
        return match version {
            Some(version) => Found(version),
            None => Unknown(format!("`{path}` does not say its version")),
        };
    }
    if root
        .names("/lib")
        .found()
        .is_some_and(|names| names.iter().any(|name| name.starts_with("ld-musl-")))
    {
        return Absent;
    }
    Unknown("`libc.so.6` was not found in the usual folders".to_owned())
}

/// The version in the banner that glibc prints when it is run as a program:
/// `GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.`
pub(super) fn parse_glibc(bytes: &[u8]) -> Option<String> {
    const BANNER: &[u8] = b" release version ";
    let start = memchr::memmem::find(bytes, BANNER)? + BANNER.len();
    let version = bytes.get(start..)?.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.'));
    let version: String = version.take(16).map(|byte| char::from(*byte)).collect();
    let version = version.trim_end_matches('.');
    version.contains('.').then(|| version.to_owned())
}

fn processors(root: &Root) -> Reading<u32> {
    let status = root.text("/proc/self/status");
    if let Some(count) = status.found().and_then(|text| parse_allowed_processors(text)) {
        return Found(count);
    }
    match root.text("/proc/cpuinfo") {
        Found(text) => {
            let count = text.lines().filter(|line| line.starts_with("processor")).count();
            u32::try_from(count).ok().filter(|count| *count > 0).into()
        }
        Absent => Unknown(root.without("/proc/cpuinfo")),
        Unknown(reason) => Unknown(reason),
    }
}

/// Counts `Cpus_allowed_list: 0-3,8` of `/proc/self/status`.
pub(super) fn parse_allowed_processors(text: &str) -> Option<u32> {
    let list = text.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    list.trim().split(',').try_fold(0_u32, |sum, range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        sum.checked_add(last.checked_sub(first)?.checked_add(1)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::Tree;
    use proptest::prelude::*;

    #[test]
    fn reads_os_release() {
        let check = |text, id: &str, version: &str, name: &str| {
            let expected =
                OperatingSystem { id: id.into(), version: version.into(), name: name.into() };
            assert_eq!(parse_os_release(text), expected);
        };
        check(
            "PRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nID=ubuntu\nID_LIKE=debian\n",
            "ubuntu",
            "22.04",
            "Ubuntu 22.04.5 LTS",
        );
        check("NAME='Arch Linux'\nPRETTY_NAME='Arch Linux'\nID=arch\n", "arch", "", "Arch Linux");
        check("ID=void", "void", "", "void");
        check("", "", "", "");
    }

    #[test]
    fn reads_secure_boot() {
        let check = |files: &[(&str, &str)], container: bool, expected: Option<Reading<bool>>| {
            let got = secure_boot(&Tree::new(files).root(), container);
            match expected {
                Some(expected) => assert_eq!(got, expected, "{files:?}"),
                None => assert!(got.unknown().is_some(), "{files:?} {got:?}"),
            }
        };
        let kernel = ("/sys/kernel/x", "");
        check(&[kernel, (SECURE_BOOT, "\x06\0\0\0\x01")], false, Some(Found(true)));
        check(&[kernel, (SECURE_BOOT, "\x06\0\0\0\0")], false, Some(Found(false)));
        check(&[kernel, (SECURE_BOOT, "\x06")], false, None);
        check(&[kernel], false, Some(Absent));
        check(&[kernel], true, None);
        check(&[], false, None);
        check(&[kernel, ("/sys/firmware/efi/fw_platform_size", "64")], false, None);
        check(&[kernel, ("/sys/firmware/efi/efivars/Boot0000-x", "")], false, Some(Found(false)));
    }

    #[test]
    fn reads_glibc() {
        let banner = b"\0\0GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version \
                       2.36.\nCopyright";
        assert_eq!(parse_glibc(banner), Some("2.36".to_owned()));
        let old = b"GNU C Library (GNU libc) development release version 2.39.9000.\n";
        assert_eq!(parse_glibc(old), Some("2.39.9000".to_owned()));
        assert_eq!(parse_glibc(b"no banner"), None);
        let musl = Tree::new(&[("/lib/ld-musl-x86_64.so.1", "")]);
        assert_eq!(glibc(&musl.root()), Absent);
    }

    #[test]
    fn counts_processors() {
        for (list, expected) in [
            ("0-1", Some(2)),
            ("0-3,8,10-11", Some(7)),
            ("0", Some(1)),
            ("3-1", None),
            ("", None),
            ("0-4294967295", None),
        ] {
            let text = format!("Name:\tx\nCpus_allowed_list:\t{list}\n");
            assert_eq!(parse_allowed_processors(&text), expected, "{list}");
        }
    }

    #[test]
    fn a_tree_without_anything_is_not_known() {
        let host = read(&Tree::new(&[]).root(), &Environment::default());
        assert!(host.name.unknown().is_some());
        assert!(host.memory_mib.unknown().is_some());
        assert!(host.secure_boot.unknown().is_some());
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,200}", bytes: Vec<u8>) {
            parse_os_release(&text);
            parse_allowed_processors(&format!("Cpus_allowed_list:{text}"));
            parse_secure_boot(&bytes);
            parse_glibc(&[b" release version ".as_slice(), &bytes].concat());
        }
    }
}
