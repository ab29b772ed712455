//! One section of an ELF object, read without reading the rest.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

/// The first bytes of every ELF object.
pub(crate) const MAGIC: &[u8] = b"\x7fELF";

/// No section that is wanted here is larger.
const LARGEST: u64 = 1 << 20;

/// The size of a section header in a 64-bit object.
const HEADER: u64 = 64;

pub(crate) fn not_elf() -> io::Error {
    io::Error::other("it is not an ELF object")
}

/// A section of a 64-bit little-endian object, at most 1 MiB of it; `None` where it has none of
/// this name.
///
/// # Errors
/// Where the file cannot be read or is not an ELF object.
pub(crate) fn section(file: &mut File, name: &str) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; 64];
    file.read_exact(&mut header).map_err(|_| not_elf())?;
    if !header.starts_with(MAGIC) {
        return Err(not_elf());
    }
    let field = |offset: usize, width: usize| number(&header, offset, width);
    let (Some(table), Some(HEADER), Some(count), Some(names)) =
        (field(0x28, 8), field(0x3a, 2), field(0x3c, 2), field(0x3e, 2))
    else {
        return Ok(None);
    };
    let sections = at(file, table, HEADER * count)?;
    let section = |index: u64| sections.get(usize::try_from(index * HEADER).ok()?..);
    let place = |header: &[u8]| Some((number(header, 0x18, 8)?, number(header, 0x20, 8)?));
    let Some((offset, length)) = section(names).and_then(place) else { return Ok(None) };
    let names = at(file, offset, length)?;
    let is_wanted = |header: &&[u8]| {
        let start = number(header, 0, 4).and_then(|start| usize::try_from(start).ok());
        let rest = start.and_then(|start| names.get(start..)?.strip_prefix(name.as_bytes()));
        rest.is_some_and(|rest| rest.starts_with(b"\0"))
    };
    let found = (0..count).filter_map(section).find(is_wanted).and_then(place);
    found.map(|(offset, length)| at(file, offset, length)).transpose()
}

fn at(file: &mut File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.take(length.min(LARGEST)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A little-endian number of 2, 4 or 8 bytes.
fn number(bytes: &[u8], offset: usize, width: usize) -> Option<u64> {
    let field = bytes.get(offset..offset.checked_add(width)?)?;
    Some(field.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_sections_of_a_real_object() {
        let mut file = File::open("/proc/self/exe").unwrap();
        let names = section(&mut file, ".shstrtab").unwrap().unwrap();
        assert!(memchr::memmem::find(&names, b"\0.text\0").is_some());
        file.seek(SeekFrom::Start(0)).unwrap();
        assert_eq!(section(&mut file, ".none").unwrap(), None);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut file = tempfile::tempfile().unwrap();
            io::Write::write_all(&mut file, &[MAGIC, &bytes].concat()).unwrap();
            file.seek(SeekFrom::Start(0)).unwrap();
            let _ = section(&mut file, ".text");
        }
    }
}
