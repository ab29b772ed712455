//! Keeps a GPU's thread on the processors that the GPU hangs on.
//!
//! Pinned memory lies where the thread that asks for it runs. A copy that crosses to another
//! processor socket is slower than the link, and would be called a slow link.

use rustix::thread::{CpuSet, sched_setaffinity};
use std::{fs, ops::RangeInclusive, path::Path};

/// Moves this thread near the GPU. Where the kernel does not say what is near, or does not allow
/// it, the thread stays where it is.
pub(super) fn stay(pci_address: &str) {
    let list = Path::new("/sys/bus/pci/devices").join(pci_address).join("local_cpulist");
    let Ok(text) = fs::read_to_string(list) else { return };
    let mut near = CpuSet::new();
    for processor in parse_cpu_list(&text).into_iter().flatten() {
        if processor < CpuSet::MAX_CPU {
            near.set(processor);
        }
    }
    if near.count() > 0 {
        // Fails where none of them is this program's to use.
        let _ = sched_setaffinity(None, &near);
    }
}

/// `0-15,32-47`, as the kernel lists processors.
fn parse_cpu_list(text: &str) -> Vec<RangeInclusive<usize>> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last && last < CpuSet::MAX_CPU).then_some(first..=last)
    };
    text.trim().split(',').filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_lists_of_processors() {
        let check = |text: &str, expected: &[RangeInclusive<usize>]| {
            assert_eq!(parse_cpu_list(text), expected, "{text:?}");
        };
        check("0-15,32-47\n", &[0..=15, 32..=47]);
        check("3\n", &[3..=3]);
        check("0,2,4-5", &[0..=0, 2..=2, 4..=5]);
        check("\n", &[]);
        check("5-1,x,7", &[7..=7]);
        check("0-99999999999999", &[]);
    }

    #[test]
    fn a_gpu_that_is_not_there_changes_nothing() {
        let before = rustix::thread::sched_getaffinity(None).unwrap();
        stay("ffff:ff:1f.7");
        assert_eq!(rustix::thread::sched_getaffinity(None).unwrap(), before);
    }

    proptest! {
        #[test]
        fn never_panics(text in "[0-9,\\-x \n]*") {
            parse_cpu_list(&text);
        }
    }
}
