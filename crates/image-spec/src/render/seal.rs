//! The seal of a rendered file: a checksum behind the marker, by which an edit of it is seen.

use super::MARKER;
use sha2::{Digest, Sha256};

/// How many bytes from the beginning of a file hold the marker, where it has one.
const MARKED: usize = 400;

/// How many digits of the checksum are written: it is to see an edit, and guards against nobody.
const DIGITS: usize = 12;

/// What stands between the marker and the checksum.
const BETWEEN: &str = ", sum ";

/// What is known of a file that lies where a rendered one belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// It is as [`render`](super::render) wrote it.
    Whole,
    /// It was rendered and edited since, or has lost its checksum.
    Broken,
    /// Somebody else wrote it.
    None,
}

/// Whether a file is one that [`render`](super::render) wrote, and still as it was. Line ends do not
/// matter: git may change them.
pub fn seal(bytes: &[u8]) -> Seal {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let Some(at) = text.find(MARKER).filter(|at| *at < MARKED) else { return Seal::None };
    let (before, after) = text.split_at(at + MARKER.len());
    let written = after.strip_prefix(BETWEEN).and_then(|rest| rest.split_at_checked(DIGITS));
    match written {
        Some((digits, rest)) if digits == sum(before, rest) => Seal::Whole,
        _ => Seal::Broken,
    }
}

/// The text with its checksum behind the marker.
pub(crate) fn sealed(text: &str) -> String {
    let Some(at) = text.find(MARKER) else { return text.to_owned() };
    let (before, after) = text.split_at(at + MARKER.len());
    format!("{before}{BETWEEN}{}{after}", sum(before, after))
}

fn sum(before: &str, after: &str) -> String {
    let whole = Sha256::new().chain_update(before).chain_update(after).finalize();
    let mut digits: String = whole.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_breaks_it() {
        let text = sealed(&format!("# {MARKER}; change the config.\nFROM a\n"));
        assert_eq!(seal(text.as_bytes()), Seal::Whole, "{text}");
        assert_eq!(seal(text.replace('\n', "\r\n").as_bytes()), Seal::Whole);
        assert_eq!(seal(text.replace("FROM a", "FROM b").as_bytes()), Seal::Broken);
        assert_eq!(seal(format!("# by me\n{text}").as_bytes()), Seal::Broken);
        assert_eq!(seal(format!("# {MARKER}\nFROM a\n").as_bytes()), Seal::Broken);
        assert_eq!(seal(format!("# {MARKER}, sum ü").as_bytes()), Seal::Broken);
        assert_eq!(seal(b"FROM debian\n"), Seal::None);
        assert_eq!(seal(&[0xff; 1000]), Seal::None);
    }
}
