//! The lines of a requirements file as pip sees them: joined where one ends with a backslash, without
//! comments.

/// A line, which may stretch over several of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its text.
    pub(super) text: String,
    /// Which byte of the text comes from which byte of the file, for each part that was joined.
    parts: Vec<(usize, usize)>,
}

/// A word of a line, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Where it begins in the line.
    pub(super) at: usize,
}

impl Line {
    /// The byte of the file that a byte of the line comes from.
    pub(super) fn origin(&self, at: usize) -> usize {
        let part = self.parts.iter().rev().find(|(start, _)| *start <= at);
        part.map_or(0, |(start, origin)| origin + (at - start))
    }

    /// The words, apart by white space; quotes hold words together.
    pub(super) fn words(&self) -> Vec<Word> {
        let mut words = Vec::new();
        let mut word: Option<Word> = None;
        let mut quote = None;
        for (at, letter) in self.text.char_indices() {
            match (quote, letter) {
                (Some(open), letter) if open == letter => quote = None,
                (None, '"' | '\'') => {
                    quote = Some(letter);
                    word.get_or_insert_with(|| Word { text: String::new(), at });
                }
                (None, letter) if letter.is_whitespace() => words.extend(word.take()),
                (_, letter) => {
                    word.get_or_insert_with(|| Word { text: String::new(), at }).text.push(letter);
                }
            }
        }
        words.extend(word);
        words
    }
}

/// The lines of a file, without those that are empty.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open: Option<Line> = None;
    for (start, physical) in physical(text) {
        let is_comment = comment(physical) == Some(0);
        let continues = !is_comment && physical.ends_with('\\');
        let kept = if continues { physical.trim_end_matches('\\') } else { physical };
        let line = open.get_or_insert_with(|| Line { text: String::new(), parts: Vec::new() });
        if is_comment && !line.text.is_empty() {
            // A comment within a continued line ends the line, as in pip.
            line.text.push(' ');
        }
        line.parts.push((line.text.len(), start));
        line.text.push_str(kept);
        if !continues {
            lines.extend(open.take());
        }
    }
    lines.extend(open);
    for line in &mut lines {
        if let Some(at) = comment(&line.text) {
            line.text.truncate(at);
        }
        line.text.truncate(line.text.trim_end().len());
    }
    lines.retain(|line| !line.text.trim().is_empty());
    lines
}

/// Where the comment begins: a `#` at the beginning or behind white space.
fn comment(text: &str) -> Option<usize> {
    let start = text.len() - text.trim_start().len();
    if text[start..].starts_with('#') {
        return Some(0);
    }
    let is_start =
        |(at, _): &(usize, &str)| text[..*at].chars().next_back().is_some_and(char::is_whitespace);
    text.match_indices('#').find(is_start).map(|(at, _)| at)
}

/// The lines of the file with the byte where each begins; `\n`, `\r\n` and `\r` end one.
fn physical(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let start = at;
        let ending = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        at = (at + end + ending).min(text.len());
        Some((start, &rest[..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_and_cuts() {
        let check = |text: &str, expected: &[(&str, usize)]| {
            let lines = lines(text);
            let got: Vec<(&str, usize)> = lines
                .iter()
                .map(|line| {
                    let start = line.text.len() - line.text.trim_start().len();
                    (line.text.trim(), line.origin(start))
                })
                .collect();
            assert_eq!(got, expected, "{text:?}");
        };
        check("a\r\n\r\nb\rc", &[("a", 0), ("b", 5), ("c", 7)]);
        check("# a\n  b # c\nd#e\n", &[("b", 6), ("d#e", 12)]);
        check("a \\\n  --hash=x\nb\n", &[("a   --hash=x", 0), ("b", 15)]);
        check("# a \\\nb\n", &[("b", 6)]);
        check("a \\\n# c\nb\n", &[("a", 0), ("b", 8)]);
        check("a\\", &[("a", 0)]);
        check("", &[]);
    }

    #[test]
    fn knows_words() {
        let line = Line { text: "a '-b c' d=\"e f\"".to_owned(), parts: vec![(0, 0)] };
        let words: Vec<(String, usize)> =
            line.words().into_iter().map(|word| (word.text, word.at)).collect();
        assert_eq!(words, [("a".to_owned(), 0), ("-b c".to_owned(), 2), ("d=e f".to_owned(), 9)]);
    }
}
