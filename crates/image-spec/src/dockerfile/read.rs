//! From the lines of a file to instructions, as BuildKit's parser does it.
//!
//! BuildKit joins continued lines first, drops comments and empty lines between them, and takes the
//! lines of here-documents as they are; only then it looks at words. The same is done here, so that a
//! file means the same to both.

mod build;

use super::{DockerfileError, HereDoc, Lines, words::Words};
use super::{Variables, lines::Joined};
use std::{ops::Range, path::Path};

pub(super) use build::build;

/// Longer lines are refused by BuildKit.
const LONGEST_LINE: usize = 64 * 1024 - 1;

/// An instruction as a line, with its here-documents.
#[derive(Debug)]
pub(super) struct Logical<'a> {
    pub(super) line: Joined<'a>,
    /// Where it is written, with its here-documents.
    pub(super) span: Range<usize>,
    pub(super) heredocs: Vec<HereDoc>,
}

/// A text that is being read.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
    pub(super) lines: &'a Lines,
}

impl<'a> Source<'a> {
    pub(super) fn wrong(&self, at: usize, reason: impl Into<String>) -> DockerfileError {
        let (line, column) = self.lines.position(self.text, at);
        DockerfileError { path: self.path.to_owned(), line, column, reason: reason.into() }
    }

    /// The line without its end, and where it begins.
    fn line(&self, number: usize) -> Option<(usize, &'a str)> {
        let range = self.lines.range(self.text, number);
        let is_there = number < self.lines.count() && range.start < self.text.len();
        is_there.then_some((range.start, self.text.get(range)?))
    }

    /// The escape character, by the directives at the top: `# syntax=`, `# escape=` and `# check=`.
    pub(super) fn escape(&self) -> Result<char, DockerfileError> {
        let mut seen: Vec<String> = Vec::new();
        let mut escape = '\\';
        for number in 0.. {
            let Some((start, line)) = self.line(number) else { break };
            let Some((name, value)) = directive(line) else { break };
            if !matches!(name.as_str(), "syntax" | "check" | "escape") {
                // Behind a directive that is none, comments begin.
                break;
            }
            if seen.contains(&name) {
                let reason = format!("the directive `# {name}=` may be written once only");
                return Err(self.wrong(start, reason));
            }
            escape = match (name.as_str(), value) {
                ("escape", "\\") => '\\',
                ("escape", "`") => '`',
                ("escape", _) => {
                    let reason = format!("`# escape={value}` must name `\\` or a backtick");
                    return Err(self.wrong(start, reason));
                }
                _ => escape,
            };
            seen.push(name);
        }
        Ok(escape)
    }

    /// The instructions as lines.
    pub(super) fn logical(&self, escape: char) -> Result<Vec<Logical<'a>>, DockerfileError> {
        let mut found = Vec::with_capacity(self.lines.count() / 2);
        let mut number = 0;
        while let Some((start, raw)) = self.line(number) {
            if raw.len() > LONGEST_LINE {
                return Err(self.wrong(start, "a line is longer than 65535 bytes"));
            }
            number += 1;
            let trimmed = raw.trim_start();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let start = start + (raw.len() - trimmed.len());
            let (piece, mut continues) = continuation(trimmed, escape);
            let mut line = Joined::plain(piece, start);
            let mut end = start + trimmed.len();
            while continues {
                let Some((start, raw)) = self.line(number) else { break };
                if raw.len() > LONGEST_LINE {
                    return Err(self.wrong(start, "a line is longer than 65535 bytes"));
                }
                number += 1;
                let inner = raw.trim_start();
                if inner.is_empty() || inner.starts_with('#') {
                    continue;
                }
                let (piece, more) = continuation(raw, escape);
                line.push(piece, start);
                end = start + raw.len();
                continues = more;
            }
            if line.text.trim().is_empty() {
                continue;
            }
            let heredocs = self.heredocs(&line, escape, &mut number, &mut end)?;
            found.push(Logical { line, span: start..end, heredocs });
        }
        Ok(found)
    }

    /// Reads the here-documents that a line names.
    fn heredocs(
        &self,
        line: &Joined<'a>,
        escape: char,
        number: &mut usize,
        end: &mut usize,
    ) -> Result<Vec<HereDoc>, DockerfileError> {
        if !line.text.contains("<<") || !may_hold_heredocs(line, escape) {
            return Ok(Vec::new());
        }
        let known = Variables::default();
        let words = Words { line, escape: '\\', known: &known };
        let mut found = Vec::new();
        for range in heredoc_words(&words) {
            let Some(mut heredoc) = heredoc(words.raw(range.clone())) else { continue };
            let opened = words.literal(range).span.start;
            let mut text_start = None;
            loop {
                let Some((start, raw)) = self.line(*number) else {
                    let reason = format!(
                        "the here-document `{name}` has no end: a line with only `{name}` is missing",
                        name = heredoc.name
                    );
                    return Err(self.wrong(opened, reason));
                };
                *number += 1;
                text_start.get_or_insert(start);
                let compared = if heredoc.chomp { raw.trim_start_matches('\t') } else { raw };
                if compared == heredoc.name {
                    let text_start = text_start.unwrap_or(start);
                    heredoc.span = text_start..start;
                    *end = start + raw.len();
                    break;
                }
            }
            found.push(HereDoc {
                text: self.text.get(heredoc.span.clone()).unwrap_or_default().to_owned(),
                name: heredoc.name,
                span: heredoc.span,
                expand: heredoc.expand,
            });
        }
        Ok(found)
    }
}

/// `# name = value`.
pub(super) fn directive(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.strip_prefix('#')?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_name && !value.is_empty()).then(|| (name.to_ascii_lowercase(), value))
}

/// The line without the escape at its end, and whether it goes on.
fn continuation(line: &str, escape: char) -> (&str, bool) {
    let trimmed = line.trim_end_matches([' ', '\t']);
    match trimmed.strip_suffix(escape) {
        // An escaped escape continues nothing.
        Some(piece) if !piece.ends_with(escape) => (piece, true),
        _ => (line, false),
    }
}

/// Whether here-documents may stand in this line: in `RUN`, `COPY` and `ADD` that hold no JSON.
fn may_hold_heredocs(line: &Joined<'_>, escape: char) -> bool {
    let known = Variables::default();
    let words = Words { line, escape, known: &known };
    let mut rest = words.trimmed(0..line.text.len());
    let mut name = build::keyword(&words, &mut rest);
    if name == "ONBUILD" {
        name = build::keyword(&words, &mut rest);
    }
    let (_, rest) = words.flags(rest);
    matches!(name.as_str(), "RUN" | "COPY" | "ADD") && !matches!(words.json(rest), Ok(Some(_)))
}

/// The words of a line; `<<` and a word behind it are one, as BuildKit has it.
fn heredoc_words(words: &Words<'_>) -> Vec<Range<usize>> {
    let line: &str = &words.line.text;
    // Where quotes or braces are open at the end, BuildKit sees no here-documents.
    if has_open_end(line) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut all = words.quoted(0..line.len()).into_iter();
    while let Some(word) = all.next() {
        let is_sign =
            words.raw(word.clone()).trim_start_matches(|digit: char| digit.is_ascii_digit())
                == "<<";
        let end = if is_sign { all.next().map_or(word.end, |next| next.end) } else { word.end };
        found.push(word.start..end);
    }
    found
}

fn has_open_end(line: &str) -> bool {
    let mut quote: Option<char> = None;
    let mut letters = line.chars().peekable();
    let mut braces = 0_usize;
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some('\''), '\'') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => {
                letters.next();
            }
            (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (_, '$') if letters.peek() == Some(&'{') => braces += 1,
            (_, '}') => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    quote.is_some() || braces > 0
}

struct Opened {
    name: String,
    chomp: bool,
    expand: bool,
    span: Range<usize>,
}

/// `<<EOF`, `<<-EOF`, `<<"EOF"` and `3<<EOF`.
fn heredoc(word: &str) -> Option<Opened> {
    let rest = word.trim_start_matches(|digit: char| digit.is_ascii_digit()).strip_prefix("<<")?;
    let (chomp, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        // In `<< EOF` the blanks between do not count; in `<<- EOF` they do.
        None => (false, rest.trim_start()),
    };
    let is_quoted = rest.starts_with(['"', '\'']);
    if rest.is_empty() || rest.contains('<') || !is_quoted && rest.contains(char::is_whitespace) {
        return None;
    }
    let name = super::variables::replace(rest, '\\', &Variables::default()).text;
    let expand = name == rest;
    Some(Opened { name, chomp, expand, span: 0..0 })
}
