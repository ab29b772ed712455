//! The line and column of a key in the text of a config.

use super::ConfigFile;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

impl ConfigFile {
    /// Where the value of a key is written, as line and column from 1; of the innermost table that is
    /// there, where the key itself is not.
    pub(crate) fn locate(&self, key: &[String]) -> (u32, u32) {
        let Ok(root) = DeTable::parse(&self.text) else { return (1, 1) };
        let whole: Vec<&str> =
            self.table.iter().copied().chain(key.iter().map(String::as_str)).collect();
        let span = span_of(&DeValue::Table(root.into_inner()), &whole).unwrap_or(0..0);
        position(&self.text, span.start)
    }
}

fn span_of(value: &DeValue<'_>, path: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let (own, inner) = match value {
        DeValue::Table(table) => {
            let (key, inner) = table.iter().find(|(key, _)| key.get_ref() == first)?;
            // A table is found at its head, a value at the value.
            let is_table = matches!(inner.get_ref(), DeValue::Table(_));
            (if is_table { key.span() } else { inner.span() }, inner)
        }
        DeValue::Array(items) => {
            let inner = items.get(first.parse::<usize>().ok()?)?;
            (inner.span(), inner)
        }
        _ => return None,
    };
    span_of(inner.get_ref(), rest).or(Some(own))
}

/// The line and the column in characters of a byte, both from 1.
fn position(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    (number(line), number(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_keys() {
        let text = "schema = 1\n[image.dev]\nbase = 'devel'\napt = ['git',\n  'curl']\n";
        let check = |key: &[&str], expected: (u32, u32)| {
            let root = DeTable::parse(text).unwrap();
            let span = span_of(&DeValue::Table(root.into_inner()), key).unwrap_or(0..0);
            assert_eq!(position(text, span.start), expected, "{key:?}");
        };
        check(&["image", "dev", "base"], (3, 8));
        check(&["image", "dev", "apt", "1"], (5, 3));
        check(&["image", "dev", "user"], (2, 8));
        check(&["image", "prod"], (2, 2));
        check(&["cuda"], (1, 1));
    }
}
