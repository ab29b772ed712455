//! `.dockerignore`: Docker's own patterns, which are not those of Git.
//!
//! Every line is a pattern for the whole path from the root of the context; `*` stops at `/`, `**` does
//! not; a folder takes what is below it along; `!` takes back, and the last line that fits decides.

use std::path::Path;

/// The lines of a `.dockerignore`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    takes_back: bool,
    pattern: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Letter(char),
    /// `?`
    One,
    /// `*`
    Name,
    /// `**` at the end
    Everything,
    /// `**` before something: any folders, or none
    Folders,
    /// `[a-z]`
    Set {
        not: bool,
        ranges: Vec<(char, char)>,
    },
}

/// A line that has no meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{text}` is no pattern: {reason}")]
pub struct IgnoreError {
    /// The line, from 1.
    pub line: usize,
    /// What it says.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Ignore {
    /// Reads the text of a `.dockerignore`.
    ///
    /// # Errors
    /// Where Docker would refuse a line.
    pub fn parse(text: &str) -> Result<Self, IgnoreError> {
        let mut lines = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, written) in text.lines().enumerate() {
            if written.starts_with('#') || written.trim().is_empty() {
                continue;
            }
            let wrong = |reason| IgnoreError { line: index + 1, text: written.to_owned(), reason };
            let (takes_back, rest) = match written.trim().strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, written.trim()),
            };
            if rest.is_empty() {
                return Err(wrong("`!` stands alone"));
            }
            let pattern = tokens(&clean(rest)).map_err(wrong)?;
            lines.push(Line { takes_back, pattern });
        }
        Ok(Self { lines })
    }

    /// Whether something is taken back: then folders that are ignored must be looked into.
    pub(super) fn has_exceptions(&self) -> bool {
        self.lines.iter().any(|line| line.takes_back)
    }

    /// Whether a path of the context is left out.
    pub fn ignores(&self, path: &Path) -> bool {
        let text = path.to_string_lossy();
        let mut ignored = false;
        for line in &self.lines {
            // A line only changes something where it says the opposite.
            if line.takes_back == ignored && matches(&line.pattern, &text) {
                ignored = !line.takes_back;
            }
        }
        ignored
    }
}

/// `./a//b/../c/` becomes `a/c`, as Go's `filepath.Clean` does.
fn clean(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn tokens(pattern: &str) -> Result<Vec<Token>, &'static str> {
    let mut out = Vec::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        out.push(match letter {
            '*' if letters.next_if_eq(&'*').is_some() => {
                while letters.next_if_eq(&'*').is_some() {}
                letters.next_if_eq(&'/');
                if letters.peek().is_none() { Token::Everything } else { Token::Folders }
            }
            '*' => Token::Name,
            '?' => Token::One,
            '\\' => Token::Letter(letters.next().ok_or("nothing follows `\\`")?),
            '[' => set(&mut letters)?,
            letter => Token::Letter(letter),
        });
    }
    Ok(out)
}

fn set(letters: &mut impl Iterator<Item = char>) -> Result<Token, &'static str> {
    const OPEN: &str = "`[` is not closed";
    let mut ranges = Vec::new();
    let mut letter = letters.next().ok_or(OPEN)?;
    let not = letter == '^';
    if not {
        letter = letters.next().ok_or(OPEN)?;
    }
    loop {
        if letter == ']' {
            break if ranges.is_empty() {
                Err("`[]` holds nothing")
            } else {
                Ok(Token::Set { not, ranges })
            };
        }
        let low = if letter == '\\' { letters.next().ok_or(OPEN)? } else { letter };
        letter = letters.next().ok_or(OPEN)?;
        if letter != '-' {
            ranges.push((low, low));
            continue;
        }
        let high = letters.next().ok_or(OPEN)?;
        if high == ']' {
            return Err("a range has no end");
        }
        ranges.push((low, high));
        letter = letters.next().ok_or(OPEN)?;
    }
}

/// Whether a pattern fits a path or a folder above it. All ways through the pattern are followed at
/// once, so that no pattern takes long.
fn matches(pattern: &[Token], path: &str) -> bool {
    let mut at = vec![false; pattern.len() + 1];
    // Whether the way is inside a `**` that has not come to a `/` yet.
    let mut inside = vec![false; pattern.len() + 1];
    if let Some(first) = at.first_mut() {
        *first = true;
    }
    skip(pattern, &mut at);
    for letter in path.chars() {
        if letter == '/' && at.last() == Some(&true) {
            return true;
        }
        let mut next = vec![false; at.len()];
        let mut next_inside = vec![false; at.len()];
        for (index, token) in pattern.iter().enumerate() {
            let here = at.get(index) == Some(&true);
            let within = inside.get(index) == Some(&true);
            if !here && !within {
                continue;
            }
            let (stays, goes) = match token {
                Token::Letter(wanted) => (false, *wanted == letter),
                Token::One => (false, letter != '/'),
                Token::Name => (letter != '/', false),
                Token::Everything => (true, false),
                Token::Folders => (false, letter == '/'),
                Token::Set { not, ranges } => {
                    let found = ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter));
                    (false, found != *not)
                }
            };
            set_at(&mut next, index, stays);
            set_at(&mut next, index + 1, goes);
            set_at(&mut next_inside, index, *token == Token::Folders);
        }
        at = next;
        inside = next_inside;
        skip(pattern, &mut at);
    }
    at.last() == Some(&true)
}

fn set_at(ways: &mut [bool], index: usize, on: bool) {
    if on && let Some(way) = ways.get_mut(index) {
        *way = true;
    }
}

/// `*` and `**` may stand for nothing.
fn skip(pattern: &[Token], at: &mut [bool]) {
    for (index, token) in pattern.iter().enumerate() {
        let empty = matches!(token, Token::Name | Token::Everything | Token::Folders);
        let here = at.get(index) == Some(&true);
        set_at(at, index + 1, empty && here);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_as_docker_does() {
        let check = |text: &str, path: &str, expected: bool| {
            let ignore = Ignore::parse(text).unwrap();
            assert_eq!(ignore.ignores(Path::new(path)), expected, "{text:?} {path}");
        };
        check("", "a", false);
        check("a", "a", true);
        check("a", "a/b", true);
        check("a", "b/a", false);
        check("/a/", "a", true);
        check("./a/../b", "b/c", true);
        check("*.pyc", "a.pyc", true);
        check("*.pyc", "a/b.pyc", false);
        check("**/*.pyc", "b.pyc", true);
        check("**/*.pyc", "a/b/c.pyc", true);
        check("*/*.pyc", "a/b.pyc", true);
        check("a/**", "a/b/c", true);
        check("a/**", "b", false);
        check("**", "a/b", true);
        check("**foo", "a/foo", true);
        check("**foo", "afoo", false);
        check("a?c", "abc", true);
        check("a?c", "a/c", false);
        check("[a-c]x", "bx", true);
        check("[^a-c]x", "bx", false);
        check("\\*", "*", true);
        check("\\*", "a", false);
        check("*\n!keep.txt", "keep.txt", false);
        check("*\n!keep", "keep/inner", false);
        check("a\n!a/b\na/b/c", "a/b/c", true);
        check("a\n!a/b\na/b/c", "a/b/d", false);
        check("!a\na", "a", true);
        check("# a\n", "# a", false);
        check("\u{feff}a", "a", true);
        check("  a  ", "a", true);
    }

    #[test]
    fn refuses_what_has_no_meaning() {
        let check = |text: &str, line: usize| {
            assert_eq!(Ignore::parse(text).unwrap_err().line, line, "{text}");
        };
        check("a\n!", 2);
        check("[a", 1);
        check("[]", 1);
        check("[a-]", 1);
        check("a\\", 1);
    }

    #[test]
    fn no_pattern_takes_long() {
        let pattern = format!("{}b", "**/*a".repeat(40));
        let ignore = Ignore::parse(&pattern).unwrap();
        assert!(!ignore.ignores(Path::new(&"a/".repeat(500))));
    }
}
