//! What a shell does with the value of a variable in `${X%.*}`, `${X//./}` and `${X:0:4}`.

/// Longer values are nothing that somebody cuts.
const LONGEST: usize = 256;

/// The value as the modifier makes it; `None` where that modifier is not known here.
pub(super) fn modified(value: &str, modifier: &str) -> Option<String> {
    // Every way to split it is tried.
    if value.len() > LONGEST || modifier.len() > LONGEST {
        return None;
    }
    if let Some(pattern) = modifier.strip_prefix("%%") {
        return Some(cut(value, pattern, ends(value)));
    }
    if let Some(pattern) = modifier.strip_prefix('%') {
        return Some(cut(value, pattern, ends(value).rev()));
    }
    if let Some(pattern) = modifier.strip_prefix("##") {
        return Some(cut(value, pattern, starts(value).rev()));
    }
    if let Some(pattern) = modifier.strip_prefix('#') {
        return Some(cut(value, pattern, starts(value)));
    }
    if let Some(rest) = modifier.strip_prefix("//") {
        let (pattern, with) = literal(rest)?;
        return Some(value.replace(&pattern, with));
    }
    if let Some(rest) = modifier.strip_prefix('/') {
        let (pattern, with) = literal(rest)?;
        return Some(value.replacen(&pattern, with, 1));
    }
    let (from, length) = match modifier.strip_prefix(':')?.split_once(':') {
        Some((from, length)) => (from, length.parse().ok()?),
        None => (modifier.get(1..)?, usize::MAX),
    };
    let from: usize = from.parse().ok()?;
    Some(value.chars().skip(from).take(length).collect())
}

/// Each way to split a value, with what is kept first: for a pattern at its end.
fn ends(value: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    splits(value)
}

/// The same for a pattern at its start.
fn starts(value: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    splits(value).map(|(before, after)| (after, before))
}

fn splits(value: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    let cuts = value.char_indices().map(|(at, _)| at);
    let cuts: Vec<usize> = cuts.chain(std::iter::once(value.len())).collect();
    cuts.into_iter().map(|at| value.split_at(at))
}

fn cut<'a>(
    value: &str,
    pattern: &str,
    mut ways: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let pattern: Vec<char> = pattern.chars().filter(|letter| *letter != '\\').collect();
    let found = ways.find(|(_, removed)| {
        let removed: Vec<char> = removed.chars().collect();
        matches(&pattern, &removed)
    });
    found.map_or(value, |(kept, _)| kept).to_owned()
}

/// A pattern with `*` and `?`, in time that grows with the product of both lengths.
fn matches(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut inside) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while inside < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, inside));
                at += 1;
            }
            Some(letter) if *letter == '?' || Some(letter) == text.get(inside) => {
                at += 1;
                inside += 1;
            }
            _ => {
                let Some((from, next)) = star else { return false };
                star = Some((from, next + 1));
                at = from + 1;
                inside = next + 1;
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|letter| *letter == '*')
}

fn literal(rest: &str) -> Option<(String, &str)> {
    let (pattern, with) = rest.split_once('/').unwrap_or((rest, ""));
    let pattern: String = pattern.chars().filter(|letter| *letter != '\\').collect();
    let is_plain = !pattern.is_empty() && !pattern.contains(['*', '?', '[']);
    (is_plain && !with.contains('$')).then_some((pattern, with))
}
