//! How long a minor version of Python gets fixes for security.
//!
//! The table is `python_release.toml`; its source is the list of versions in the Python Developer's
//! Guide, where each version's own release schedule (PEP 596, 619, 664, …) stands.

use cuda_compat::PythonVersion;
use jiff::civil::Date;
use serde::Deserialize;
use std::sync::LazyLock;

/// A minor version of Python.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PythonRelease {
    /// The version, without a patch.
    pub(crate) python: PythonVersion,
    /// The last day of fixes for security; of a month that is announced, its last day.
    pub(crate) end_of_life: Date,
    source: String,
    date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    python: Vec<PythonRelease>,
}

#[expect(
    clippy::expect_used,
    reason = "the text is part of the program, and the test below parses it"
)]
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("python_release.toml")).expect("the table is well-formed")
});

/// Every version of the table, oldest first.
pub(crate) fn python_releases() -> &'static [PythonRelease] {
    &TABLE.python
}

/// The row of a version; a patch is not looked at.
pub(crate) fn python_release(python: PythonVersion) -> Option<&'static PythonRelease> {
    python_releases().iter().find(|row| row.python == python.minor_line())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_say_where_they_come_from() {
        assert!(python_releases().is_sorted_by(|one, next| {
            one.python < next.python && one.end_of_life < next.end_of_life
        }));
        for row in python_releases() {
            assert!(row.source.len() > 5 && row.date.len() == 10, "{row:?}");
        }
    }

    #[test]
    fn finds() {
        let check = |python: &str, expected: Option<&str>| {
            let row = python_release(python.parse().unwrap());
            assert_eq!(row.map(|row| row.end_of_life.to_string()).as_deref(), expected);
        };
        check("3.9", Some("2025-10-31"));
        check("3.11.7", Some("2027-10-31"));
        check("3.99", None);
    }
}
