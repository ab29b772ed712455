//! The words behind an instruction, by the rules of BuildKit's parser: flags, words with quotes,
//! `name=value`, and JSON arrays.

use super::{Flag, Pair, Variables, Word, lines::Joined, variables::replace};
use std::ops::Range;

/// The text of one instruction that is being read, with what its words mean there.
pub(super) struct Words<'a> {
    pub(super) line: &'a Joined<'a>,
    pub(super) escape: char,
    pub(super) known: &'a Variables,
}

/// What is wrong, and where in the line.
pub(super) type Wrong = (usize, String);

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\u{b}' | '\u{c}' | '\r' | '\n')
}

impl Words<'_> {
    pub(super) fn raw(&self, range: Range<usize>) -> &str {
        self.line.text.get(range).unwrap_or_default()
    }

    /// The range without blanks around it.
    pub(super) fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let raw = self.raw(range.clone());
        let start = range.start + (raw.len() - raw.trim_start().len());
        start..start + raw.trim().len()
    }

    /// A word with its variables replaced.
    pub(super) fn word(&self, range: Range<usize>) -> Word {
        let replaced = replace(self.raw(range.clone()), self.escape, self.known);
        Word { text: replaced.text, span: self.line.span(range), open: replaced.open }
    }

    /// A word as it is written.
    pub(super) fn literal(&self, range: Range<usize>) -> Word {
        let text = self.raw(range.clone()).to_owned();
        Word { text, span: self.line.span(range), open: false }
    }

    /// Stretches between blanks.
    pub(super) fn split(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start = None;
        for (at, letter) in self.raw(range.clone()).char_indices() {
            match (is_blank(letter), start) {
                (false, None) => start = Some(range.start + at),
                (true, Some(from)) => {
                    found.push(from..range.start + at);
                    start = None;
                }
                _ => {}
            }
        }
        found.extend(start.map(|from| from..range.end));
        found
    }

    /// The flags at the start, and what comes behind them.
    pub(super) fn flags(&self, range: Range<usize>) -> (Vec<Flag>, Range<usize>) {
        let mut flags = Vec::new();
        let mut at = range.start;
        loop {
            let rest = self.trimmed(at..range.end);
            if !self.raw(rest.clone()).starts_with("--") {
                return (flags, rest);
            }
            let (end, text) = self.flag_word(rest.clone());
            if text == "--" {
                return (flags, self.trimmed(end..range.end));
            }
            let span = self.line.span(rest.start..end);
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (text.as_str(), None),
            };
            let value = value.map(|value| {
                let replaced = replace(value, self.escape, self.known);
                let middle = (span.start + name.len() + 1).min(span.end);
                Word { text: replaced.text, span: middle..span.end, open: replaced.open }
            });
            flags.push(Flag { name: name.trim_start_matches('-').to_owned(), value, span });
            at = end;
        }
    }

    /// A flag without its quotes, and where it ends.
    fn flag_word(&self, range: Range<usize>) -> (usize, String) {
        let mut word = String::new();
        let mut quote: Option<char> = None;
        let mut letters = self.raw(range.clone()).char_indices();
        while let Some((at, letter)) = letters.next() {
            match (quote, letter) {
                (None, _) if is_blank(letter) => return (range.start + at, word),
                (None, '\'' | '"') => quote = Some(letter),
                (Some(open), _) if open == letter => quote = None,
                (_, '\\') => word.extend(letters.next().map(|(_, next)| next)),
                _ => word.push(letter),
            }
        }
        (range.end, word)
    }

    /// Words in which blanks may be quoted or escaped.
    pub(super) fn quoted(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut start: Option<usize> = None;
        let mut quote: Option<char> = None;
        let mut letters = self.raw(range.clone()).char_indices();
        while let Some((at, letter)) = letters.next() {
            let at = range.start + at;
            if start.is_none() {
                if is_blank(letter) {
                    continue;
                }
                start = Some(at);
            }
            match quote {
                None if is_blank(letter) => {
                    found.extend(start.take().map(|start| start..at));
                }
                None if letter == self.escape => {
                    letters.next();
                }
                None if matches!(letter, '\'' | '"') => quote = Some(letter),
                Some(open) if open == letter => quote = None,
                Some('"') if letter == self.escape => {
                    letters.next();
                }
                _ => {}
            }
        }
        found.extend(start.map(|start| start..range.end));
        found
    }

    /// `name=value …`, or `name value` in the old form.
    ///
    /// A word without `=` is not refused here but returned: it has a check of its own.
    pub(super) fn pairs(&self, range: Range<usize>) -> Result<(Vec<Pair>, Vec<Word>), Wrong> {
        let words = self.quoted(range.clone());
        let mut stray = Vec::new();
        let Some(first) = words.first() else { return Ok((Vec::new(), stray)) };
        if !self.raw(first.clone()).contains('=') {
            let name = self.split(range.clone()).first().cloned().unwrap_or(range.clone());
            let value = self.trimmed(name.end..range.end);
            if value.is_empty() {
                return Err((name.start, "it needs a name and a value".to_owned()));
            }
            let pair = Pair {
                name: self.literal(name),
                written: self.raw(value.clone()).to_owned(),
                value: Some(self.word(value)),
                old_form: true,
            };
            return Ok((vec![pair], stray));
        }
        let mut pairs = Vec::new();
        for word in words {
            match self.raw(word.clone()).split_once('=') {
                Some(("", _)) => {
                    return Err((word.start, "a name is missing before `=`".to_owned()));
                }
                Some((name, _)) => pairs.push(self.pair(word.clone(), name.len())),
                None => stray.push(self.literal(word)),
            }
        }
        Ok((pairs, stray))
    }

    /// `name` and `name=value` of `ARG`.
    pub(super) fn arguments(&self, range: Range<usize>) -> Result<Vec<Pair>, Wrong> {
        let mut pairs = Vec::new();
        for word in self.quoted(range) {
            let raw = self.raw(word.clone());
            match raw.split_once('=') {
                Some(("", _)) => {
                    return Err((word.start, "a name is missing before `=`".to_owned()));
                }
                Some((name, _)) => pairs.push(self.pair(word.clone(), name.len())),
                None => pairs.push(Pair {
                    name: self.word(word),
                    value: None,
                    written: String::new(),
                    old_form: false,
                }),
            }
        }
        Ok(pairs)
    }

    fn pair(&self, word: Range<usize>, name: usize) -> Pair {
        let value = word.start + name + 1..word.end;
        Pair {
            name: self.word(word.start..word.start + name),
            written: self.raw(value.clone()).to_owned(),
            value: Some(self.word(value)),
            old_form: false,
        }
    }

    /// The strings of a JSON array; `None` where it is none, so that a shell reads it.
    pub(super) fn json(&self, range: Range<usize>) -> Result<Option<Vec<Word>>, Wrong> {
        let raw = self.raw(range.clone());
        if !raw.starts_with('[') {
            return Ok(None);
        }
        let Ok(values) = serde_json::from_str::<Vec<serde_json::Value>>(raw) else {
            return Ok(None);
        };
        let texts: Option<Vec<&str>> = values.iter().map(serde_json::Value::as_str).collect();
        let Some(texts) = texts else {
            return Err((range.start, "a JSON array may hold only strings here".to_owned()));
        };
        let spans = strings(raw);
        let words = texts.into_iter().zip(spans).map(|(text, span)| Word {
            text: text.to_owned(),
            span: self.line.span(range.start + span.start..range.start + span.end),
            open: false,
        });
        Ok(Some(words.collect()))
    }
}

/// The insides of the strings of a JSON array of strings.
fn strings(json: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate() {
        match (start, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(from), b'"') => {
                found.push(from..at);
                start = None;
            }
            (None, b'"') => start = Some(at + 1),
            _ => {}
        }
    }
    found
}
