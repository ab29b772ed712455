//! Comments that say which findings are to be passed over.
//!
//! `# altlas ignore=CODE[,CODE][; reason]` stands above an instruction, inside of it, and means that
//! instruction. hadolint's own comments `# hadolint ignore=DL3008` and
//! `# hadolint global ignore=DL3008` mean what hadolint finds.

use super::{Lines, read::Logical};
use std::ops::Range;

/// hadolint's codes for what is found here as well.
const HADOLINT: [(&str, &str); 4] = [
    ("DL3002", "runs-as-root"),
    ("DL3009", "apt-lists-left"),
    ("DL3014", "apt-interactive"),
    ("DL3042", "pip-cache-left"),
];

/// The comments of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ignores {
    pub(crate) list: Vec<Ignore>,
}

/// One code in a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ignore {
    /// Whose code it is: `altlas` or `hadolint`.
    pub(crate) tool: &'static str,
    /// The code as it is written, such as `image/runs-as-root` or `runs-as-root`.
    pub(crate) code: String,
    /// Why, where that is written.
    pub(crate) reason: Option<String>,
    /// The lines that it means, from 1; `None` for the whole file.
    pub(crate) lines: Option<Range<usize>>,
    /// Where the code is written.
    pub(crate) span: Range<usize>,
}

impl Ignore {
    /// Whether it means that code of ours.
    pub(crate) fn names(&self, code: &str) -> bool {
        let Some(bare) = code.strip_prefix("image/") else { return false };
        match self.tool {
            "altlas" => self.code == bare || self.code == code,
            _ => HADOLINT.iter().any(|(theirs, ours)| *theirs == self.code && *ours == bare),
        }
    }

    /// Whether it means that line.
    pub(crate) fn covers(&self, line: u32) -> bool {
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        self.lines.as_ref().is_none_or(|lines| lines.contains(&line))
    }
}

impl Ignores {
    pub(super) fn read(text: &str, lines: &Lines, logical: &[Logical<'_>]) -> Self {
        let mut list = Vec::new();
        let mut next = 0;
        for number in 0..lines.count() {
            let range = lines.range(text, number);
            let raw = text.get(range.clone()).unwrap_or_default();
            let trimmed = raw.trim_start();
            if !trimmed.starts_with('#') || !trimmed.contains("ignore=") {
                continue;
            }
            let start = range.start + (raw.len() - trimmed.len());
            // The instruction around the comment, or the next one below it.
            while logical.get(next).is_some_and(|logical| logical.span.end < start) {
                next += 1;
            }
            let meant = logical.get(next).map(|logical| {
                // A comment inside of a here-document is text.
                let inside = logical.heredocs.iter().any(|heredoc| heredoc.span.contains(&start));
                let last = lines.line(logical.span.end.saturating_sub(1));
                (inside, lines.line(logical.span.start) + 1..last + 2)
            });
            match meant {
                Some((true, _)) => {}
                Some((false, lines)) => comment(trimmed, start, Some(lines), &mut list),
                None => comment(trimmed, start, Some(number + 1..number + 2), &mut list),
            }
        }
        Self { list }
    }
}

/// Reads one comment.
fn comment(text: &str, start: usize, lines: Option<Range<usize>>, list: &mut Vec<Ignore>) {
    let body = text.trim_start_matches('#');
    let Some((before, codes)) = body.split_once("ignore=") else { return };
    let words: Vec<&str> = before.split_whitespace().collect();
    let (tool, lines) = match words.as_slice() {
        ["altlas"] => ("altlas", lines),
        ["altlas", "global"] => ("altlas", None),
        ["hadolint"] => ("hadolint", lines),
        ["hadolint", "global"] => ("hadolint", None),
        _ => return,
    };
    let (codes, reason) = match codes.split_once(';') {
        Some((codes, reason)) => {
            (codes, Some(reason.trim().trim_start_matches("reason=").to_owned()))
        }
        None => (codes, None),
    };
    let mut at = start + (text.len() - body.len()) + before.len() + "ignore=".len();
    // One that names nothing has a check that says so.
    let is_empty = codes.split(',').all(|part| part.trim().is_empty()) && tool == "altlas";
    let parts = codes.split(',').take(if is_empty { 1 } else { usize::MAX });
    for part in parts {
        let code = part.trim();
        let offset = part.len() - part.trim_start().len();
        if !code.is_empty() || is_empty {
            list.push(Ignore {
                tool,
                code: code.to_owned(),
                reason: reason.clone().filter(|reason| !reason.is_empty()),
                lines: lines.clone(),
                span: at + offset..at + offset + code.len(),
            });
        }
        at += part.len() + 1;
    }
}
