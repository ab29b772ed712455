//! From a byte of a text to its line and column, and from physical lines to the line that Docker sees.

use std::{borrow::Cow, ops::Range};

/// Where the lines of a text begin.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { starts: std::iter::once(0).chain(after.map(|(at, _)| at + 1)).collect() }
    }

    /// The line of a byte, from 0.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The line and the column in characters, from 1.
    pub(super) fn position(&self, text: &str, at: usize) -> (usize, usize) {
        let line = self.line(at);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = text.get(start..at).unwrap_or_default();
        (line + 1, before.chars().count() + 1)
    }

    /// The bytes of a line without its end.
    pub(super) fn range(&self, text: &str, line: usize) -> Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let whole = text.get(start..end).unwrap_or_default();
        start..start + whole.trim_end_matches(['\r', '\n']).len()
    }

    pub(super) fn count(&self) -> usize {
        self.starts.len()
    }
}

/// A text that was joined from pieces of the file, such as an instruction without its continuations.
#[derive(Debug, Clone)]
pub(crate) struct Joined<'a> {
    /// The text.
    pub(crate) text: Cow<'a, str>,
    map: Map,
}

#[derive(Debug, Clone)]
enum Map {
    /// Where each piece begins: in the joined text and in the file.
    Pieces(Vec<(usize, usize)>),
    /// All of it comes from one word of the file, in which offsets do not match.
    Word(Range<usize>),
}

impl<'a> Joined<'a> {
    /// A stretch of the file as it is.
    pub(crate) fn plain(text: &'a str, start: usize) -> Self {
        Self { text: Cow::Borrowed(text), map: Map::Pieces(vec![(0, start)]) }
    }

    /// The value of a word, such as the script behind `sh -c`.
    pub(crate) fn word(text: &'a str, span: Range<usize>) -> Self {
        Self { text: Cow::Borrowed(text), map: Map::Word(span) }
    }

    /// Appends a stretch of the file.
    pub(super) fn push(&mut self, piece: &'a str, start: usize) {
        if let Map::Pieces(pieces) = &mut self.map {
            pieces.push((self.text.len(), start));
        }
        if self.text.is_empty() {
            self.text = Cow::Borrowed(piece);
        } else {
            self.text.to_mut().push_str(piece);
        }
    }

    fn at(&self, offset: usize) -> usize {
        match &self.map {
            Map::Word(span) => span.start,
            Map::Pieces(pieces) => {
                let index = pieces.partition_point(|(joined, _)| *joined <= offset);
                let piece = index.checked_sub(1).and_then(|index| pieces.get(index));
                piece.map_or(offset, |(joined, start)| start + (offset - joined))
            }
        }
    }

    /// A stretch of this text.
    pub(crate) fn part(&self, range: Range<usize>) -> Option<Joined<'_>> {
        let text = Cow::Borrowed(self.text.get(range.clone())?);
        let map = match &self.map {
            Map::Word(span) => Map::Word(span.clone()),
            Map::Pieces(pieces) => {
                let first = (0, self.at(range.start));
                // Pieces are sorted: a line of thousands is not looked through for each word.
                let from = pieces.partition_point(|(joined, _)| *joined <= range.start);
                let behind = pieces.get(from..).unwrap_or_default().iter();
                let inner = behind.take_while(|(joined, _)| *joined < range.end);
                let moved = inner.map(|(joined, start)| (joined - range.start, *start));
                Map::Pieces(std::iter::once(first).chain(moved).collect())
            }
        };
        Some(Joined { text, map })
    }

    /// Where a stretch of this text is in the file.
    pub(crate) fn span(&self, range: Range<usize>) -> Range<usize> {
        if let Map::Word(span) = &self.map {
            return span.clone();
        }
        let start = self.at(range.start);
        match range.end.checked_sub(1) {
            Some(last) if last >= range.start => start..self.at(last) + 1,
            _ => start..start,
        }
    }
}
