//! The variables of a Dockerfile, and words in which they are replaced.

use super::Word;
use std::{cell::Cell, collections::HashMap, rc::Rc};

/// What is known of variables at a place of the file.
#[derive(Debug, Clone)]
pub(crate) struct Variables {
    values: HashMap<String, Known>,
    /// How many bytes may still be filled in, over the whole file: a value may hold a variable
    /// twice that holds another one twice, and so on.
    budget: Rc<Cell<usize>>,
    /// Whether what is not declared is certainly not set: above the first stage no image brings any.
    closed: bool,
}

/// A file that fills in more than this is no Dockerfile that somebody wrote.
const BUDGET: usize = 8 * 1024 * 1024;

#[derive(Debug, Clone)]
struct Known {
    /// `None` for an `ARG` without a default, and for what a shell computes.
    value: Option<Replaced>,
    /// `ENV` wins over `ARG`.
    is_env: bool,
}

impl Default for Variables {
    fn default() -> Self {
        Self { values: HashMap::new(), budget: Rc::new(Cell::new(BUDGET)), closed: false }
    }
}

impl Variables {
    pub(crate) fn set_env(&mut self, name: &str, value: Option<&Word>) {
        self.values.insert(name.to_owned(), Known { value: value.map(Replaced::of), is_env: true });
    }

    pub(crate) fn set_arg(&mut self, name: &str, value: Option<&Word>) {
        let is_env = self.values.get(name).is_some_and(|known| known.is_env);
        if !is_env {
            let value = value.map(Replaced::of);
            self.values.insert(name.to_owned(), Known { value, is_env: false });
        }
    }

    /// Declares an `ARG` as it is declared elsewhere.
    pub(crate) fn take_arg(&mut self, name: &str, elsewhere: &Self) {
        let is_env = self.values.get(name).is_some_and(|known| known.is_env);
        if !is_env {
            let value = elsewhere.values.get(name).and_then(|known| known.value.clone());
            self.values.insert(name.to_owned(), Known { value, is_env: false });
        }
    }

    /// The value as far as it is known, where the budget allows it to be filled in.
    fn get(&self, name: &str) -> Option<&Replaced> {
        let value = self.values.get(name)?.value.as_ref()?;
        let left = self.budget.get().checked_sub(value.text.len())?;
        self.budget.set(left);
        Some(value)
    }

    /// Nothing, on the same budget.
    pub(crate) fn emptied(&self) -> Self {
        Self { values: HashMap::new(), budget: Rc::clone(&self.budget), closed: false }
    }

    /// Nothing, where nothing is set but what is declared and what BuildKit itself sets.
    pub(crate) fn above_stages() -> Self {
        Self { closed: true, ..Self::default() }
    }

    /// Whether it is certainly not set, as far as the file says.
    fn is_unset(&self, name: &str) -> bool {
        let by_buildkit = ["TARGET", "BUILD"].iter().any(|start| name.starts_with(start))
            || name.to_ascii_uppercase().ends_with("_PROXY")
            || name == "SOURCE_DATE_EPOCH";
        match self.values.get(name) {
            Some(known) => known.value.is_none(),
            None => self.closed && !by_buildkit,
        }
    }
}

/// A word with its variables replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Replaced {
    pub(super) text: String,
    /// Whether something is left in it whose value is not known.
    pub(super) open: bool,
}

impl Replaced {
    fn of(word: &Word) -> Self {
        Self { text: word.text.clone(), open: word.open }
    }
}

/// Removes quotes and escapes and replaces variables, as Docker does with the words of most
/// instructions and a shell does with its own; what is not known stays as it is written.
pub(super) fn replace(raw: &str, escape: char, known: &Variables) -> Replaced {
    let mut out = Replaced { text: String::with_capacity(raw.len()), open: false };
    let mut quote: Option<char> = None;
    let mut rest = raw;
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        match (quote, letter) {
            (Some('\''), '\'') => quote = None,
            (Some('\''), _) => out.text.push(letter),
            (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (_, _) if letter == escape => {
                let next = after.chars().next();
                // Within double quotes only what would mean something else is escaped.
                let kept = quote.is_some()
                    && !matches!(next, Some('"' | '$' | '`') | None)
                    && next != Some(escape);
                if kept {
                    out.text.push(letter);
                }
                if let Some(next) = next {
                    out.text.push(next);
                    rest = after.get(next.len_utf8()..).unwrap_or_default();
                    continue;
                }
            }
            (_, '$') => {
                let length = dollar(rest, known, &mut out, 0);
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            (_, '`') => {
                let length = after.find('`').map_or(rest.len(), |end| end + 2);
                out.text.push_str(rest.get(..length).unwrap_or_default());
                out.open = true;
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            _ => out.text.push(letter),
        }
        rest = after;
    }
    out
}

/// Words in words nest this deep at most.
const DEEPEST: usize = 8;

/// Replaces the variable at the start of `text`; says how long it is.
fn dollar(text: &str, known: &Variables, out: &mut Replaced, depth: usize) -> usize {
    let after = text.get(1..).unwrap_or_default();
    let mut open = |length: usize| {
        out.text.push_str(text.get(..length).unwrap_or_default());
        out.open = true;
        length
    };
    if after.starts_with('(') {
        return open(1 + closing(after, b'(', b')').unwrap_or(after.len()));
    }
    if !after.starts_with('{') {
        let length = name_length(after);
        let Some(name) = after.get(..length).filter(|name| !name.is_empty()) else {
            // `$` alone, or `$?` and its like.
            let special = after.starts_with(['?', '@', '*', '#', '!', '$', '-'])
                || after.starts_with(|digit: char| digit.is_ascii_digit());
            if special {
                return open(2);
            }
            out.text.push('$');
            return 1;
        };
        return match known.get(name) {
            Some(value) => {
                out.text.push_str(&value.text);
                out.open |= value.open;
                1 + length
            }
            None => open(1 + length),
        };
    }
    let Some(length) = closing(after, b'{', b'}') else { return open(text.len()) };
    let inner = after.get(1..length - 1).unwrap_or_default();
    let whole = 1 + length;
    let name = inner.get(..name_length(inner)).unwrap_or_default();
    let modifier = inner.get(name.len()..).unwrap_or_default();
    if name.is_empty() || depth >= DEEPEST {
        return open(whole);
    }
    let mut nested = |word: &str| {
        let mut word = replace_nested(word, known, depth + 1);
        word.text.retain(|letter| letter != '"' && letter != '\'');
        out.open |= word.open;
        word.text
    };
    let value = known.get(name);
    // What is not known might be set, or empty.
    let is_known = value.is_none_or(|value| !value.open);
    let is_set = value.is_some_and(|value| !value.text.is_empty());
    let is_unset = value.is_none() && known.is_unset(name);
    let written = || value.map(|value| value.text.clone());
    let result = if modifier.is_empty()
        || modifier.starts_with([':', '?']) && modifier.contains('?')
    {
        out.open |= value.is_some_and(|value| value.open);
        written()
    } else if !is_known {
        None
    } else if let Some(word) = modifier.strip_prefix(":-") {
        if is_set { written() } else { (is_unset || value.is_some()).then(|| nested(word)) }
    } else if let Some(word) = modifier.strip_prefix('-') {
        written().or_else(|| is_unset.then(|| nested(word)))
    } else if let Some(word) = modifier.strip_prefix(":+").or(modifier.strip_prefix('+')) {
        if is_set { Some(nested(word)) } else { (is_unset || value.is_some()).then(String::new) }
    } else {
        value.and_then(|value| super::pattern::modified(&value.text, modifier))
    };
    match result {
        Some(result) => {
            out.text.push_str(&result);
            whole
        }
        None => {
            out.text.push_str(text.get(..whole).unwrap_or_default());
            out.open = true;
            whole
        }
    }
}

fn replace_nested(word: &str, known: &Variables, depth: usize) -> Replaced {
    let mut out = Replaced::default();
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        out.text.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let length = dollar(rest, known, &mut out, depth);
        rest = rest.get(length..).unwrap_or_default();
    }
    out.text.push_str(rest);
    out
}

fn name_length(text: &str) -> usize {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let starts_with_digit = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
    if starts_with_digit { 0 } else { text.bytes().take_while(is_name).count() }
}

/// How long the stretch is from the bracket at the start of `text` to the one that closes it.
pub(super) fn closing(text: &str, opens: u8, closes: u8) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote: Option<u8> = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match (quote, byte) {
            (Some(b'\''), b'\'') => quote = None,
            (Some(b'\''), _) => {}
            (_, b'\\') => escaped = true,
            (Some(b'"'), b'"') => quote = None,
            (None, b'\'' | b'"') => quote = Some(byte),
            _ if byte == opens => depth += 1,
            _ if byte == closes => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_variables() {
        let mut known = Variables::default();
        let word = |text: &str, open| Word { text: text.to_owned(), span: 0..0, open };
        known.set_arg("CUDA", Some(&word("12.6.3", false)));
        known.set_arg("OPEN", None);
        known.set_env("EMPTY", Some(&word("", false)));
        known.set_env("PATH", Some(&word("/venv/bin:$PATH", true)));
        let check = |raw: &str, expected: &str, open: bool| {
            let got = replace(raw, '\\', &known);
            assert_eq!((got.text.as_str(), got.open), (expected, open), "{raw}");
        };
        check("nvidia/cuda:${CUDA}-base", "nvidia/cuda:12.6.3-base", false);
        check("$CUDA-x", "12.6.3-x", false);
        check("'$CUDA'", "$CUDA", false);
        check("\"$CUDA\" y", "12.6.3 y", false);
        check("\\$CUDA", "$CUDA", false);
        check("$NOWHERE:/x", "$NOWHERE:/x", true);
        check("${OPEN}", "${OPEN}", true);
        check("${OPEN:-a}", "a", false);
        check("${OPEN:+a}", "", false);
        check("${EMPTY:-a}", "a", false);
        check("${EMPTY-a}", "", false);
        check("${EMPTY:+a}b", "b", false);
        check("${CUDA:+cu${CUDA}}", "cu12.6.3", false);
        check("${CUDA//./}", "1263", false);
        check("${CUDA%.*}", "12.6", false);
        check("${CUDA%%.*}", "12", false);
        check("${CUDA#*.}", "6.3", false);
        check("${CUDA:0:4}", "12.6", false);
        check("$(uname -m)/x", "$(uname -m)/x", true);
        check("`uname -m`", "`uname -m`", true);
        check("/x:$PATH", "/x:/venv/bin:$PATH", true);
        check("${PATH:+:$PATH}", "${PATH:+:$PATH}", true);
        check("${", "${", true);
        check("$", "$", false);
        check("cost: 5$", "cost: 5$", false);
        check("\"a\\nb\"", "a\\nb", false);
        check("'é' \\", "é ", false);
    }

    #[test]
    fn above_the_stages_nothing_else_is_set() {
        let known = Variables::above_stages();
        let check = |raw: &str, expected: &str, open: bool| {
            let got = replace(raw, '\\', &known);
            assert_eq!((got.text.as_str(), got.open), (expected, open), "{raw}");
        };
        check("${X:-ubuntu22.04}", "ubuntu22.04", false);
        check("${X-ubuntu22.04}", "ubuntu22.04", false);
        check("a${X:+b}", "a", false);
        check("$X", "$X", true);
        check("${TARGETARCH:-amd64}", "${TARGETARCH:-amd64}", true);
        let inside = replace("${X:-a}", '\\', &known.emptied());
        assert!(inside.open, "a base image may set it");
    }
}
