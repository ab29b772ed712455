//! Which files a process has mapped, from `/proc/self/maps`.

/// One line of `/proc/PID/maps` that names a file.
struct Mapping<'a> {
    start: usize,
    end: usize,
    path: &'a str,
}

/// The file whose mapping holds an address.
pub(crate) fn mapped_path(maps: &str, address: usize) -> Option<String> {
    let mut mappings = maps.lines().filter_map(parse_mapping);
    let held = mappings.find(|mapping| mapping.start <= address && address < mapping.end)?;
    Some(held.path.to_owned())
}

/// The mapped files whose name begins with `stem` (`libcuda.so`), in the order of their addresses.
pub(crate) fn mapped_copies(maps: &str, stem: &str) -> Vec<String> {
    let mut copies = Vec::new();
    for mapping in maps.lines().filter_map(parse_mapping) {
        let name = mapping.path.rsplit('/').next().unwrap_or_default();
        if name.starts_with(stem) && !copies.iter().any(|copy| copy == mapping.path) {
            copies.push(mapping.path.to_owned());
        }
    }
    copies
}

/// `START-END PERMISSIONS OFFSET DEVICE INODE PATH`; the path may hold blanks, and a file that was
/// replaced since has ` (deleted)` behind it, which stays: it is what happened.
fn parse_mapping(line: &str) -> Option<Mapping<'_>> {
    let (addresses, mut rest) = line.split_once(' ')?;
    for _ in 0..4 {
        rest = rest.trim_start().split_once(' ')?.1;
    }
    let path = rest.trim_start();
    let (start, end) = addresses.split_once('-')?;
    let start = usize::from_str_radix(start, 16).ok()?;
    let end = usize::from_str_radix(end, 16).ok()?;
    path.starts_with('/').then_some(Mapping { start, end, path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAPS: &str = "\
55d0c8a00000-55d0c8a25000 r--p 00000000 103:02 2883680                   /usr/bin/altlas
7f1200000000-7f1200200000 rw-p 00000000 00:00 0
7f1234000000-7f1234100000 r--p 00000000 103:02 1573101                   /usr/lib/x86_64-linux-gnu/libcuda.so.570.86.15
7f1234100000-7f1234400000 r-xp 00100000 103:02 1573101                   /usr/lib/x86_64-linux-gnu/libcuda.so.570.86.15
7f1235000000-7f1235100000 r-xp 00000000 103:02 1573102                   /opt/my cuda/lib/libcuda.so.1 (deleted)
7f1236000000-7f1236100000 r-xp 00000000 103:02 1573103                   /usr/lib/x86_64-linux-gnu/libcudart.so.12
7ffd5a000000-7ffd5a021000 rw-p 00000000 00:00 0                          [stack]
";

    #[test]
    fn finds_copies() {
        assert_eq!(
            mapped_copies(MAPS, "libcuda.so"),
            [
                "/usr/lib/x86_64-linux-gnu/libcuda.so.570.86.15",
                "/opt/my cuda/lib/libcuda.so.1 (deleted)"
            ]
        );
        assert_eq!(mapped_copies(MAPS, "libnvidia-ml.so"), Vec::<String>::new());
    }

    #[test]
    fn finds_the_file_of_an_address() {
        let check = |address: usize, expected: Option<&str>| {
            assert_eq!(mapped_path(MAPS, address).as_deref(), expected, "{address:x}");
        };
        check(0x7f12_3410_0000, Some("/usr/lib/x86_64-linux-gnu/libcuda.so.570.86.15"));
        check(0x7f12_3440_0000, None);
        check(0x7f12_0000_0000, None);
        check(0x7ffd_5a00_0001, None);
    }

    proptest! {
        #[test]
        fn never_panics(maps in "[0-9a-f /\\-\n]*") {
            mapped_copies(&maps, "lib");
            mapped_path(&maps, 1);
        }
    }
}
