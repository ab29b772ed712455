//! The text of a file, and the place of every byte of it.

use super::RequirementsError;
use crate::Place;
use std::{cell::Cell, path::Path};

/// The text of a file.
pub(super) struct Text<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    /// Where each line begins.
    starts: Vec<usize>,
    /// The last place that was asked for, as byte and column: the next one is mostly not far behind,
    /// and a lock can be one line of several MiB.
    last: Cell<(usize, u32)>,
}

impl<'a> Text<'a> {
    /// The text in `bytes`.
    pub(super) fn decode(path: &'a Path, bytes: &'a [u8]) -> Result<Self, RequirementsError> {
        let wrong = |line: usize, reason: &str| RequirementsError {
            path: path.to_owned(),
            line: number(line),
            column: 1,
            reason: reason.to_owned(),
        };
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(wrong(1, "it is written in UTF-16; save it as UTF-8"));
        }
        if bytes.contains(&0) {
            return Err(wrong(1, "it is a binary file, or UTF-16 without a mark"));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            wrong(line, "it is not UTF-8; save it as UTF-8")
        })?;
        Ok(Self::new(path, text))
    }

    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { path, text, starts, last: Cell::new((0, 1)) }
    }

    /// The line and the column of a byte, both from 1.
    pub(super) fn position(&self, at: usize) -> (u32, u32) {
        let at = at.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let (from, column) = match self.last.get() {
            (last, column) if (start..=at).contains(&last) => (last, column),
            _ => (start, 1),
        };
        let between = self.text.get(from..at).map_or(0, |text| text.chars().count());
        let column = column.saturating_add(number(between));
        if self.text.is_char_boundary(at) {
            self.last.set((at, column));
        }
        (number(line), column)
    }

    /// The place of a byte.
    pub(super) fn place(&self, at: usize) -> Place {
        let (line, column) = self.position(at);
        Place::File { path: self.path.to_owned(), line, column }
    }

    /// What is wrong at a byte.
    pub(super) fn wrong(&self, at: usize, reason: impl Into<String>) -> RequirementsError {
        let (line, column) = self.position(at);
        RequirementsError { path: self.path.to_owned(), line, column, reason: reason.into() }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_not_text() {
        let check = |bytes: &[u8], expected: Result<&str, &str>| {
            let got = Text::decode(Path::new("a.txt"), bytes);
            let got = got.map(|text| text.text).map_err(|error| error.to_string());
            assert_eq!(got.as_deref().map_err(String::as_str), expected);
        };
        check(b"\xef\xbb\xbftorch\r\n", Ok("torch\r\n"));
        check(b"\xff\xfet\0", Err("a.txt:1:1: it is written in UTF-16; save it as UTF-8"));
        check(b"t\0o\0", Err("a.txt:1:1: it is a binary file, or UTF-16 without a mark"));
        check(b"torch\n\xffb", Err("a.txt:2:1: it is not UTF-8; save it as UTF-8"));
    }

    #[test]
    fn counts_characters() {
        let text = Text::new(Path::new("a.txt"), "ä\nbüc\n");
        assert_eq!(text.position(0), (1, 1));
        assert_eq!(text.position(6), (2, 3));
        assert_eq!(text.position(3), (2, 1));
        assert_eq!(text.position(7), (2, 4));
        assert_eq!(text.position(99), (3, 1));
    }
}
