//! Reads the tables that are embedded in the crate.
//!
//! A table is a TOML file beside the module that answers from it. Each row says where it comes from
//! (`source`) and when that was read (`date`); a row without them, or with a key that the module
//! does not know, does not parse.

use serde::de::DeserializeOwned;

/// Parses an embedded table.
#[expect(
    clippy::expect_used,
    reason = "the text is part of the program, and the tests of each table parse it"
)]
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect("an embedded table is well-formed")
}

/// Fails the test where a row does not say where it comes from and when that was read.
#[cfg(test)]
pub(crate) fn check_origin<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) {
    for (source, date) in rows {
        assert!(source.trim().len() > 5, "a row without a source: {source:?}, {date:?}");
        let parts: Vec<&str> = date.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [4, 2, 2], "not a date: {date:?} of {source:?}");
        assert!(parts.iter().all(|part| part.parse::<u32>().is_ok()), "not a date: {date:?}");
    }
}
