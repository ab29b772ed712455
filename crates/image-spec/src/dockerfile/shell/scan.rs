//! From the characters of a script to words, and from words to commands.

mod redirect;

use super::{DEEPEST, Joint, Redirect, ShellCommand, assignment, is_name, unwrap};
use crate::dockerfile::{
    Pair, Variables, Word,
    lines::Joined,
    variables::{closing, replace},
};
use std::{borrow::Cow, ops::Range};

/// A script that is being read.
struct Scan<'a> {
    script: &'a Joined<'a>,
    text: &'a str,
    at: usize,
    /// What is known of variables, with what the script itself sets.
    known: Cow<'a, Variables>,
    depth: usize,
    /// Here-documents whose text begins with the next line.
    pending: Vec<String>,
    /// How deep it is inside of `if`, loops and `case`.
    blocks: usize,
    in_condition: bool,
    /// Inside of `case`: whether a pattern comes next.
    cases: Vec<bool>,
    joined: Joint,
}

/// Appends the commands of a script.
pub(super) fn script(
    script: &Joined<'_>,
    known: &Variables,
    depth: usize,
    found: &mut Vec<ShellCommand>,
) {
    let mut scan = Scan {
        script,
        text: &script.text,
        at: 0,
        known: Cow::Borrowed(known),
        depth,
        pending: Vec::new(),
        blocks: 0,
        in_condition: false,
        cases: Vec::new(),
        joined: Joint::First,
    };
    while scan.at < scan.text.len() {
        let before = scan.at;
        scan.command(found);
        // Each round takes at least a byte.
        scan.at = scan.at.max(before + 1);
        while !scan.text.is_char_boundary(scan.at) && scan.at < scan.text.len() {
            scan.at += 1;
        }
    }
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Passes blanks, continuations and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let next = match rest.as_bytes() {
                [b' ' | b'\t' | b'\r', ..] => 1,
                [b'\\', b'\n', ..] => 2,
                [b'\\', b'\r', b'\n', ..] => 3,
                [b'#', ..] => rest.find('\n').unwrap_or(rest.len()),
                _ => return,
            };
            self.at += next;
        }
    }

    /// One command with what joins it to the next.
    fn command(&mut self, found: &mut Vec<ShellCommand>) {
        let mut words: Vec<Word> = Vec::new();
        let mut assignments: Vec<Pair> = Vec::new();
        let mut redirects: Vec<Redirect> = Vec::new();
        let mut span: Option<Range<usize>> = None;
        let mut joint = None;
        self.blanks();
        if self.cases.last() == Some(&true) {
            self.pattern();
        }
        loop {
            self.blanks();
            let Some(byte) = self.peek() else { break };
            if let Some(next) = self.joint(byte) {
                joint = Some(next);
                break;
            }
            let at_start = words.is_empty() && assignments.is_empty();
            match byte {
                b'(' | b')' => {
                    self.at += 1;
                    if byte == b'(' && at_start {
                        continue;
                    }
                    if byte == b'(' {
                        // `name()` defines a function: what follows is its body.
                        self.blanks();
                        self.eat(")");
                        words.clear();
                        assignments.clear();
                        span = None;
                        continue;
                    }
                    if at_start {
                        continue;
                    }
                    joint = Some(Joint::Then);
                    break;
                }
                b'<' | b'>' => {
                    if let Some(redirect) = self.redirect(String::new(), found) {
                        redirects.push(redirect);
                    }
                    continue;
                }
                _ => {}
            }
            let start = self.at;
            let (word, quoted) = self.word(found);
            if self.at == start {
                self.at += 1;
                continue;
            }
            let raw_end = self.at;
            // `2>file` and `&>file`.
            if word.text.bytes().all(|digit| digit.is_ascii_digit())
                && !quoted
                && matches!(self.peek(), Some(b'<' | b'>'))
            {
                if let Some(redirect) = self.redirect(word.text, found) {
                    redirects.push(redirect);
                }
                continue;
            }
            if at_start && !quoted && self.reserved(&word.text) {
                continue;
            }
            let place = self.script.span(start..raw_end);
            span = Some(span.map_or(place.clone(), |span| span.start..place.end));
            let raw = self.text.get(start..raw_end).unwrap_or_default();
            let name = raw.split_once('=').map(|(name, _)| name.trim_end_matches('+'));
            if words.is_empty() && name.is_some_and(is_name) {
                if self.peek() == Some(b'(') {
                    self.at += closing(self.rest(), b'(', b')').unwrap_or(self.rest().len());
                }
                assignments.extend(assignment(&word));
                continue;
            }
            words.push(word);
        }
        let joined = self.joined;
        self.joined = joint.unwrap_or(Joint::Then);
        let Some(span) = span else {
            // An empty command, as between `then` and a new line, joins nothing.
            if joined == Joint::First || joint.is_none() {
                self.joined = joined;
            }
            return;
        };
        self.remember(&words, &assignments);
        let command = ShellCommand {
            words,
            assignments,
            redirects,
            span,
            joined,
            sudo: false,
            condition: self.in_condition,
            conditional: self.blocks > 0 && !self.in_condition,
            may_fail: false,
        };
        unwrap(command, &self.known, self.depth, found);
    }

    /// What a command sets for those behind it.
    fn remember(&mut self, words: &[Word], assignments: &[Pair]) {
        let exported: Vec<Pair> = match words.first() {
            None => assignments.to_vec(),
            Some(first)
                if matches!(first.text.as_str(), "export" | "local" | "declare" | "readonly") =>
            {
                words.iter().skip(1).filter_map(assignment).collect()
            }
            Some(_) => return,
        };
        for pair in exported {
            // What is set under a condition may be set or not.
            let value = pair.value.as_ref().filter(|_| self.blocks == 0);
            self.known.to_mut().set_env(&pair.name.text, value);
        }
    }

    /// `&&`, `||`, `;`, `|`, `&` or a new line.
    fn joint(&mut self, byte: u8) -> Option<Joint> {
        match byte {
            b'\n' => {
                self.at += 1;
                self.pass_heredocs();
                Some(Joint::Then)
            }
            b';' => {
                self.at += 1;
                if self.eat(";") {
                    self.eat("&");
                    if let Some(pattern) = self.cases.last_mut() {
                        *pattern = true;
                    }
                }
                Some(Joint::Then)
            }
            b'&' if self.rest().starts_with("&>") => None,
            b'&' => {
                self.at += 1;
                Some(if self.eat("&") { Joint::And } else { Joint::Then })
            }
            b'|' => {
                self.at += 1;
                if self.eat("|") {
                    return Some(Joint::Or);
                }
                self.eat("&");
                Some(Joint::Pipe)
            }
            _ => None,
        }
    }

    /// Passes the pattern of a `case`, or its end.
    fn pattern(&mut self) {
        self.blanks();
        while self.peek() == Some(b'\n') {
            self.at += 1;
            self.blanks();
        }
        let rest = self.rest();
        let is_end = rest.strip_prefix("esac").is_some_and(|rest| {
            rest.is_empty() || rest.starts_with([' ', '\t', '\n', ';', '&', '|', ')'])
        });
        if is_end {
            return;
        }
        self.at += rest.find(')').map_or(rest.len(), |end| end + 1);
        if let Some(pattern) = self.cases.last_mut() {
            *pattern = false;
        }
    }

    /// Whether a word at the start of a command belongs to the shell's own grammar.
    fn reserved(&mut self, word: &str) -> bool {
        match word {
            "if" | "while" | "until" => {
                self.blocks += 1;
                self.in_condition = true;
            }
            "elif" => self.in_condition = true,
            "then" | "do" | "else" => self.in_condition = false,
            "fi" | "done" => {
                self.blocks = self.blocks.saturating_sub(1);
                self.in_condition = false;
            }
            "for" | "select" => {
                self.blocks += 1;
                self.pass_words();
            }
            "case" => {
                self.blocks += 1;
                self.cases.push(false);
                let rest = self.rest();
                let end = rest.find(" in").map_or(rest.len(), |end| end + 3);
                self.at += end;
                if let Some(pattern) = self.cases.last_mut() {
                    *pattern = true;
                }
                self.pattern();
            }
            "esac" => {
                self.cases.pop();
                self.blocks = self.blocks.saturating_sub(1);
            }
            "!" | "{" | "}" => {}
            "function" => self.pass_words(),
            _ => return false,
        }
        true
    }

    /// Passes the words of a `for`.
    fn pass_words(&mut self) {
        let rest = self.rest();
        self.at += rest.find([';', '\n', '{']).unwrap_or(rest.len());
    }

    /// A word, and whether quotes are in it. Commands of substitutions in it are appended.
    fn word(&mut self, found: &mut Vec<ShellCommand>) -> (Word, bool) {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut quote: Option<u8> = None;
        let mut quoted = false;
        let mut continued = false;
        while let Some(byte) = bytes.get(self.at).copied() {
            match (quote, byte) {
                (Some(b'\''), b'\'') => quote = None,
                (Some(b'\''), _) => {}
                (_, b'\\') => {
                    quoted = true;
                    continued |= matches!(bytes.get(self.at + 1), Some(b'\n' | b'\r'));
                    self.at += 1;
                    // What is escaped may be longer than a byte.
                    self.at += self.rest().chars().next().map_or(0, char::len_utf8);
                    continue;
                }
                (Some(b'"'), b'"') => quote = None,
                (None, b'\'' | b'"') => {
                    quote = Some(byte);
                    quoted = true;
                }
                (_, b'$') if self.rest().starts_with("$(") => {
                    let rest = self.text.get(self.at + 1..).unwrap_or_default();
                    let length = closing(rest, b'(', b')').unwrap_or(rest.len());
                    if !rest.starts_with("((") {
                        self.inner(self.at + 2..self.at + length, found);
                    }
                    self.at += 1 + length;
                    continue;
                }
                (_, b'$') if self.rest().starts_with("${") => {
                    let rest = self.text.get(self.at + 1..).unwrap_or_default();
                    self.at += 1 + closing(rest, b'{', b'}').unwrap_or(rest.len());
                    continue;
                }
                (_, b'`') => {
                    let rest = self.text.get(self.at + 1..).unwrap_or_default();
                    let length = rest.find('`').unwrap_or(rest.len());
                    self.inner(self.at + 1..self.at + 1 + length, found);
                    self.at += (length + 2).min(rest.len() + 1);
                    continue;
                }
                (None, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'(' | b')' | b'<' | b'>') => {
                    break;
                }
                (None, b'&') => {
                    // `&>file` is a redirect and `2>&1` has been read already.
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.at = self.at.min(self.text.len());
        let raw = self.text.get(start..self.at).unwrap_or_default();
        let raw = if continued {
            Cow::Owned(raw.replace("\\\r\n", "").replace("\\\n", ""))
        } else {
            Cow::Borrowed(raw)
        };
        let replaced = replace(&raw, '\\', &self.known);
        let span = self.script.span(start..self.at);
        (Word { text: replaced.text, span, open: replaced.open }, quoted)
    }

    /// The commands of a substitution.
    fn inner(&mut self, range: Range<usize>, found: &mut Vec<ShellCommand>) {
        if self.depth >= DEEPEST || range.is_empty() {
            return;
        }
        let Some(part) = self.script.part(range) else { return };
        let start = found.len();
        script(&part, &self.known, self.depth + 1, found);
        for command in found.iter_mut().skip(start) {
            command.conditional |= self.blocks > 0;
            if command.joined == Joint::First {
                command.joined = Joint::Substituted;
            }
        }
    }
}
