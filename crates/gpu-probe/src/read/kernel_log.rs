//! What the kernel log says of NVIDIA GPUs since boot.
//!
//! A log that may not be read is not known: nothing here ever says "no Xid" for want of permission.

use super::{device_nodes::errno_name, root::Root};
use crate::{
    KernelLog,
    Reading::{self, Absent, Found, Unknown},
    parse_kernel_log,
};
use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};
use std::io::{Read, Seek, SeekFrom};

const KMSG: &str = "/dev/kmsg";

/// Files into which a log daemon may write what the kernel says.
const FILES: &[&str] =
    &["/var/log/kern.log", "/var/log/dmesg", "/var/log/messages", "/var/log/syslog"];

/// The end of a file is enough, and this much of it.
const LARGEST: u64 = 8 * 1024 * 1024;

/// The kernel's buffer is smaller than this, in bytes.
const LARGEST_KMSG: usize = 64 * 1024 * 1024;

/// Reads the kernel's own log, or the file that a daemon keeps of it.
pub(crate) fn read(root: &Root) -> Reading<KernelLog> {
    let own = kmsg(root);
    if let Found(text) = own {
        return Found(parse_kernel_log(&text, KMSG));
    }
    for path in FILES {
        if let Found(text) = end_of(root, path) {
            return Found(parse_kernel_log(since_last_boot(&text), path));
        }
    }
    match own {
        Unknown(reason) => Unknown(reason),
        Found(_) | Absent => Unknown(format!("there is no `{KMSG}` and no log file")),
    }
}

/// Every record of `/dev/kmsg`: one `read(2)` gives one, and `EAGAIN` says that there are no more.
fn kmsg(root: &Root) -> Reading<String> {
    let refused = |errno: Errno| match errno {
        Errno::NOENT => Absent,
        Errno::PERM | Errno::ACCESS => Unknown(format!(
            "`{KMSG}` gave {}: run as root, or `sudo sysctl kernel.dmesg_restrict=0`",
            errno_name(errno)
        )),
        _ => Unknown(format!("`{KMSG}` gave {}", errno_name(errno))),
    };
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(root.path(KMSG), flags, Mode::empty()) {
        Ok(file) => file,
        Err(errno) => return refused(errno),
    };
    let mut text = Vec::new();
    // The kernel refuses a buffer that is smaller than a record.
    let mut record = [0; 16 * 1024];
    while text.len() < LARGEST_KMSG {
        match rustix::io::read(&file, &mut record) {
            Ok(0) | Err(Errno::AGAIN) => break,
            Ok(length) => text.extend_from_slice(record.get(..length).unwrap_or_default()),
            // Records were overwritten while they were read; the next one is there.
            Err(Errno::PIPE | Errno::INTR) => {}
            Err(errno) => return refused(errno),
        }
    }
    Found(String::from_utf8_lossy(&text).into_owned())
}

fn end_of(root: &Root, path: &str) -> Reading<String> {
    let read = || {
        let mut file = root.open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LARGEST)))?;
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    super::root::reading(read(), path.as_ref())
}

/// The part of a log file that the running kernel wrote: from its first line on.
pub(super) fn since_last_boot(text: &str) -> &str {
    let Some(banner) = text.rfind("Linux version ") else { return text };
    let start = text.get(..banner).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    text.get(start..).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::Tree;
    use proptest::prelude::*;

    #[test]
    fn chooses_the_log() {
        let source = |files: &[(&str, &str)]| read(&Tree::new(files).root()).map(|log| log.source);
        assert_eq!(source(&[("/dev/kmsg", "6,1,0,-;x\n")]), Found("/dev/kmsg".to_owned()));
        assert_eq!(source(&[("/var/log/kern.log", "x")]), Found("/var/log/kern.log".to_owned()));
        assert!(source(&[]).unknown().is_some());
    }

    #[test]
    fn reads_records_whole() {
        let text = "6,339,5140900,-;NVRM: loading\n".repeat(2000);
        let tree = Tree::new(&[("/dev/kmsg", &text)]);
        assert_eq!(kmsg(&tree.root()), Found(text));
    }

    #[test]
    fn keeps_the_last_boot() {
        let text =
            "a kernel: [1.0] Xid 79\nb kernel: [0.0] Linux version 6.8\nb kernel: [9.0] fine\n";
        assert_eq!(
            since_last_boot(text),
            "b kernel: [0.0] Linux version 6.8\nb kernel: [9.0] fine\n"
        );
        assert_eq!(since_last_boot("no banner"), "no banner");
    }

    proptest! {
        #[test]
        fn never_panics(before in ".{0,50}", after in ".{0,50}") {
            since_last_boot(&format!("{before}Linux version {after}"));
        }
    }
}
