//! Where the dynamic loader looks: its cache and its configuration.

use super::root::Root;
use crate::Reading::Found;

/// The folders in which the loader looks last. Distributions with multiarch folders reach those
/// through the cache, and a container without a cache through the loader's own list.
pub(crate) const DEFAULT_FOLDERS: &[&str] = &[
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
];

/// The header and one entry of the cache in its present format (glibc 2.2 and later).
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER: usize = 48;
const ENTRY: usize = 24;

/// The header and one entry of the older format, which may stand before the present one.
const OLD_MAGIC: &[u8] = b"ld.so-1.7.0";
const OLD_HEADER: usize = 16;
const OLD_ENTRY: usize = 12;

/// What `flags` of an entry say: an ELF library for glibc, and the processor.
const X86_64: u32 = 0x0303;
const AARCH64: u32 = 0x0a03;

/// Library names and paths of the cache, in its order, for 64-bit processors.
pub(crate) fn parse_cache(bytes: &[u8]) -> Vec<(String, String)> {
    let Some(cache) = present_format(bytes) else { return Vec::new() };
    let count = number(cache, 20).unwrap_or(0) as usize;
    let text = |offset: u32| {
        let rest = cache.get(offset as usize..)?;
        let end = memchr::memchr(0, rest)?;
        Some(String::from_utf8_lossy(rest.get(..end)?).into_owned())
    };
    let entries = cache.get(HEADER..).unwrap_or_default().chunks_exact(ENTRY).take(count);
    let library = |entry: &[u8]| {
        let flags = number(entry, 0)?;
        if flags != X86_64 && flags != AARCH64 {
            return None;
        }
        Some((text(number(entry, 4)?)?, text(number(entry, 8)?)?))
    };
    entries.filter_map(library).collect()
}

fn present_format(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.starts_with(MAGIC) {
        return Some(bytes);
    }
    let count = bytes.starts_with(OLD_MAGIC).then(|| number(bytes, 12))?? as usize;
    let old = count.checked_mul(OLD_ENTRY)?.checked_add(OLD_HEADER)?;
    // The present format begins at the next multiple of eight.
    let rest = bytes.get(old.checked_next_multiple_of(8)?..)?;
    rest.starts_with(MAGIC).then_some(rest)
}

fn number(bytes: &[u8], offset: usize) -> Option<u32> {
    let field = bytes.get(offset..)?.first_chunk::<4>()?;
    Some(u32::from_ne_bytes(*field))
}

/// The folders that `/etc/ld.so.conf` names, with the files that it includes.
pub(crate) fn configured_folders(root: &Root) -> Vec<String> {
    let mut folders = Vec::new();
    read_configuration(root, "/etc/ld.so.conf", 4, &mut folders);
    folders
}

fn read_configuration(root: &Root, path: &str, depth: u32, folders: &mut Vec<String>) {
    let Found(text) = root.text(path) else { return };
    for line in parse_configuration(&text) {
        match line {
            Line::Folder(folder) => folders.push(folder.to_owned()),
            Line::Include(_) if depth == 0 => {}
            Line::Include(pattern) => {
                for path in matches(root, pattern) {
                    read_configuration(root, &path, depth - 1, folders);
                }
            }
        }
    }
}

/// One line of `ld.so.conf`.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'a> {
    Folder(&'a str),
    Include(&'a str),
}

pub(super) fn parse_configuration(text: &str) -> Vec<Line<'_>> {
    let line = |line| {
        let line = without_comment(line).trim();
        if let Some(pattern) = line.strip_prefix("include") {
            return pattern.starts_with([' ', '\t']).then(|| Line::Include(pattern.trim()));
        }
        line.starts_with('/').then_some(Line::Folder(line))
    };
    text.lines().filter_map(line).collect()
}

fn without_comment(line: &str) -> &str {
    line.split_once('#').map_or(line, |(text, _)| text)
}

/// The files that an `include` means: in practice `ld.so.conf.d/*.conf`, relative to `/etc`.
fn matches(root: &Root, pattern: &str) -> Vec<String> {
    let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let folder = if folder.starts_with('/') { folder.to_owned() } else { format!("/etc/{folder}") };
    let (start, end) = name.split_once('*').unwrap_or((name, ""));
    let fits = |other: &&String| match name.contains('*') {
        true => {
            other.len() >= start.len() + end.len()
                && other.starts_with(start)
                && other.ends_with(end)
        }
        false => *other == name,
    };
    let names = root.names(&folder);
    let names = names.found().into_iter().flatten().filter(fits);
    names.map(|name| format!("{}/{name}", folder.trim_end_matches('/'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::Tree;
    use proptest::prelude::*;

    /// A cache of these entries: flags, name, path.
    fn cache(entries: &[(u32, &str, &str)]) -> Vec<u8> {
        let mut head = MAGIC.to_vec();
        let number = |length: usize| u32::try_from(length).unwrap().to_ne_bytes();
        head.extend(number(entries.len()));
        head.resize(HEADER, 0);
        let mut strings = Vec::new();
        let base = HEADER + entries.len() * ENTRY;
        for (flags, name, path) in entries {
            head.extend(flags.to_ne_bytes());
            for text in [name, path] {
                head.extend(number(base + strings.len()));
                strings.extend(text.as_bytes());
                strings.push(0);
            }
            head.extend([0; 12]);
        }
        [head, strings].concat()
    }

    #[test]
    fn reads_a_cache() {
        let new = cache(&[
            (X86_64, "libcuda.so.1", "/lib/x86_64-linux-gnu/libcuda.so.1"),
            (0x0003, "libcuda.so.1", "/lib/i386-linux-gnu/libcuda.so.1"),
            (AARCH64, "libc.so.6", "/lib/libc.so.6"),
        ]);
        let pair = |name: &str, path: &str| (name.to_owned(), path.to_owned());
        let expected = [
            pair("libcuda.so.1", "/lib/x86_64-linux-gnu/libcuda.so.1"),
            pair("libc.so.6", "/lib/libc.so.6"),
        ];
        assert_eq!(parse_cache(&new), expected);
        let mut both = OLD_MAGIC.to_vec();
        both.push(0);
        both.extend(1_u32.to_ne_bytes());
        both.resize(OLD_HEADER + OLD_ENTRY, 0);
        both.resize(both.len().next_multiple_of(8), 0);
        both.extend(&new);
        assert_eq!(parse_cache(&both), expected);
        assert_eq!(parse_cache(b"not a cache"), []);
        assert_eq!(parse_cache(&new[..60]), []);
    }

    #[test]
    fn reads_the_configuration() {
        let tree = Tree::new(&[
            ("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n/opt/last # with a reason\n"),
            ("/etc/ld.so.conf.d/b.conf", "/usr/local/cuda/targets/x86_64-linux/lib\n"),
            ("/etc/ld.so.conf.d/a.conf", "# nothing\n/usr/local/lib\ninclude ../ld.so.conf\n"),
            ("/etc/ld.so.conf.d/c.conf.old", "/never\n"),
        ]);
        let folders = configured_folders(&tree.root());
        assert_eq!(folders.first().unwrap(), "/usr/local/lib");
        assert_eq!(folders.last().unwrap(), "/opt/last");
        assert!(folders.contains(&"/usr/local/cuda/targets/x86_64-linux/lib".to_owned()));
        assert!(!folders.contains(&"/never".to_owned()));
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,100}", bytes: Vec<u8>, count: u32) {
            parse_configuration(&text);
            parse_cache(&bytes);
            parse_cache(&[MAGIC, &count.to_ne_bytes(), &[0; 24], &bytes].concat());
            parse_cache(&[OLD_MAGIC, &[0], &count.to_ne_bytes(), &bytes].concat());
        }
    }
}
