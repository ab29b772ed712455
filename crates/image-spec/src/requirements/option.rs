//! Options in requirements files.

use super::line::Word;

/// An option of a requirements file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// `-r`
    Requirement,
    /// `-c`
    Constraint,
    /// `-e`
    Editable,
    /// `-i`
    Index,
    /// `--extra-index-url`
    ExtraIndex,
    /// `-f`
    FindLinks,
    /// `--hash`
    Hash,
    /// One that changes nothing of what is asked for.
    Other,
}

/// Names, whether a value follows, and what it is.
const OPTIONS: &[(&str, bool, Name)] = &[
    ("--all-releases", true, Name::Other),
    ("--build-option", true, Name::Other),
    ("--config-settings", true, Name::Other),
    ("--constraint", true, Name::Constraint),
    ("--editable", true, Name::Editable),
    ("--extra-index-url", true, Name::ExtraIndex),
    ("--find-links", true, Name::FindLinks),
    ("--global-option", true, Name::Other),
    ("--hash", true, Name::Hash),
    ("--index-url", true, Name::Index),
    ("--install-option", true, Name::Other),
    ("--no-binary", true, Name::Other),
    ("--no-index", false, Name::Other),
    ("--only-binary", true, Name::Other),
    ("--only-final", true, Name::Other),
    ("--pre", false, Name::Other),
    ("--prefer-binary", false, Name::Other),
    ("--process-dependency-links", false, Name::Other),
    ("--pypi-url", true, Name::Index),
    ("--require-hashes", false, Name::Other),
    ("--requirement", true, Name::Requirement),
    ("--trusted-host", true, Name::Other),
    ("--use-feature", true, Name::Other),
    ("-C", true, Name::Other),
    ("-Z", false, Name::Other),
    ("-c", true, Name::Constraint),
    ("-e", true, Name::Editable),
    ("-f", true, Name::FindLinks),
    ("-i", true, Name::Index),
    ("-r", true, Name::Requirement),
];

/// An option with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) name: Name,
    /// Empty where it has none.
    pub(super) value: String,
    /// Where the value begins in the line, or the option where it has none.
    pub(super) at: usize,
}

/// The options in these words; the error says where in the line.
pub(super) fn parse(words: &[Word]) -> Result<Vec<Given>, (usize, String)> {
    let mut given = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (written, joined) = split(&word.text);
        let Some((_, has_value, name)) = OPTIONS.iter().find(|(name, ..)| *name == written) else {
            let what = if word.text.starts_with('-') {
                format!("`{written}` is not an option of a requirements file")
            } else {
                format!("`{}` stands behind an option and is none", word.text)
            };
            return Err((word.at, super::without_credentials(&what)));
        };
        let (value, at) = match (has_value, joined) {
            (false, None) => (String::new(), word.at),
            (false, Some(_)) => return Err((word.at, format!("`{written}` takes no value"))),
            (true, Some((value, skipped))) => (value.to_owned(), word.at + skipped),
            (true, None) => match words.next() {
                Some(next) => (next.text.clone(), next.at),
                None => return Err((word.at, format!("`{written}` needs a value"))),
            },
        };
        given.push(Given { name: *name, value, at });
    }
    Ok(given)
}

/// The name, and the value that is written in the same word with how far behind the beginning it is:
/// `--hash=x`, `-rfile`.
fn split(word: &str) -> (&str, Option<(&str, usize)>) {
    if word.starts_with("--") {
        let Some((name, value)) = word.split_once('=') else { return (word, None) };
        return (name, Some((value, name.len() + 1)));
    }
    let short = word.char_indices().nth(2).map_or(word.len(), |(at, _)| at);
    let (name, value) = word.split_at(short);
    // `-r=file` is written by people who mean `-r file`.
    let stripped = value.strip_prefix('=').unwrap_or(value);
    let skipped = word.len() - stripped.len();
    (name, (!stripped.is_empty()).then_some((stripped, skipped)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_options() {
        type Given<'a> = &'a [(Name, &'a str, usize)];
        let check = |text: &str, expected: Result<Given<'_>, (usize, &str)>| {
            let line = super::super::line::lines(text).remove(0);
            let got = parse(&line.words());
            let got = got.as_ref().map(|given| {
                given.iter().map(|it| (it.name, it.value.as_str(), it.at)).collect::<Vec<_>>()
            });
            let expected = expected.map(<[_]>::to_vec);
            assert_eq!(got.map_err(|(at, what)| (*at, what.as_str())), expected, "{text}");
        };
        check("-r base.txt", Ok(&[(Name::Requirement, "base.txt", 3)]));
        check("-rbase.txt", Ok(&[(Name::Requirement, "base.txt", 2)]));
        check("--index-url=https://x/y=z", Ok(&[(Name::Index, "https://x/y=z", 12)]));
        check("--pre --hash=a", Ok(&[(Name::Other, "", 0), (Name::Hash, "a", 13)]));
        check("-r", Err((0, "`-r` needs a value")));
        check("--pre=1", Err((0, "`--pre` takes no value")));
        check("--quiet", Err((0, "`--quiet` is not an option of a requirements file")));
        check("--pre torch", Err((6, "`torch` stands behind an option and is none")));
    }

    #[test]
    fn options_are_sorted() {
        assert!(OPTIONS.is_sorted_by_key(|(name, ..)| name));
    }
}
