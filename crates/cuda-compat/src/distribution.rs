//! Linux distributions of CUDA images: their Python, compiler and end of life.
//!
//! The table is `distribution.toml`; its sources are Debian's own list of releases and their ends,
//! the package archives, and the issues of the deadsnakes PPA. What was not seen is `None`.

use crate::{PythonVersion, table};
use jiff::civil::Date;
use serde::Deserialize;
use std::sync::LazyLock;

/// A release of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// The name as an image tag writes it: `ubuntu`, `debian`, `ubi`, `rockylinux`.
    pub name: String,
    /// The version: `22.04`, `12`, `9`.
    pub version: String,
    /// The name of the release: `jammy`.
    pub codename: Option<String>,
    /// The version of the C library, which decides what wheels can be installed.
    pub glibc: Option<(u32, u32)>,
    /// The major version of the default GCC (`5` on 16.04, `13` on 24.04).
    pub gcc: Option<u32>,
    /// The Python that `python3` is.
    pub default_python: Option<PythonVersion>,
    /// The Pythons of the distribution's own archive (apt or dnf).
    pub apt_pythons: Option<Vec<PythonVersion>>,
    /// The Pythons of the deadsnakes PPA; empty where it has none (any more).
    pub deadsnakes: Option<Vec<PythonVersion>>,
    /// The Pythons that the deadsnakes PPA had before it deleted them.
    pub deadsnakes_before: Option<Vec<PythonVersion>>,
    /// When the deadsnakes PPA deleted its packages.
    pub deadsnakes_deleted: Option<String>,
    /// The last day of free support.
    pub end_of_life: Option<Date>,
    /// The last day of paid or long-term support.
    pub extended_end: Option<Date>,
    /// Whether its Python refuses `pip install` outside a virtual environment (PEP 668).
    pub externally_managed: Option<bool>,
    /// What else one has to know of its Pythons.
    pub note: Option<String>,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    distribution: Vec<Distribution>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::parse(include_str!("distribution.toml")));

/// Every distribution, by name and version.
pub fn distributions() -> &'static [Distribution] {
    &TABLE.distribution
}

/// The distribution of that name and version as an image tag writes them, `ubuntu22.04`; also
/// `ubuntu:22.04`, and the codename. `None` where it is not in the table.
///
/// ```
/// use cuda_compat::distribution;
///
/// let focal = distribution("ubuntu20.04").unwrap();
/// assert_eq!(focal.codename.as_deref(), Some("focal"));
/// assert_eq!(focal.end_of_life.unwrap().to_string(), "2025-05-29");
/// assert_eq!(distribution("focal"), Some(focal));
/// ```
pub fn distribution(os: &str) -> Option<&'static Distribution> {
    let plain = os.replacen(':', "", 1);
    let is_named = |row: &Distribution| {
        row.id() == plain || row.codename.as_deref().is_some_and(|codename| codename == plain)
    };
    distributions().iter().find(|row| is_named(row))
}

impl Distribution {
    /// Name and version in one word: `ubuntu22.04`.
    pub fn id(&self) -> String {
        format!("{}{}", self.name, self.version)
    }

    /// Whether free support is over on that day; `None` where the end is not known.
    ///
    /// ```
    /// use cuda_compat::distribution;
    /// use jiff::civil::date;
    ///
    /// let focal = distribution("ubuntu20.04").unwrap();
    /// assert_eq!(focal.is_over(date(2025, 5, 29)), Some(false));
    /// assert_eq!(focal.is_over(date(2025, 5, 30)), Some(true));
    /// ```
    pub fn is_over(&self, today: Date) -> Option<bool> {
        self.end_of_life.map(|end| today > end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_images;

    #[test]
    fn rows_are_sorted_and_say_where_they_come_from() {
        let number = |row: &Distribution| {
            row.version.split('.').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>()
        };
        assert!(
            distributions().is_sorted_by(|one, next| {
                (&one.name, number(one)) < (&next.name, number(next))
            })
        );
        let rows = distributions().iter();
        table::check_origin(rows.map(|row| (row.source.as_str(), row.date.as_str())));
        for row in distributions() {
            assert!(row.extended_end.is_none_or(|end| Some(end) > row.end_of_life), "{row:?}");
            for pythons in [&row.apt_pythons, &row.deadsnakes, &row.deadsnakes_before] {
                let sorted = pythons.as_ref().is_none_or(|list| list.is_sorted_by(|a, b| a < b));
                assert!(sorted, "{row:?}");
            }
            let (default, all) = (row.default_python, row.apt_pythons.as_ref());
            assert!(default.is_none_or(|it| all.is_none_or(|all| all.contains(&it))), "{row:?}");
            assert!(row.deadsnakes_deleted.is_none() || row.deadsnakes == Some(vec![]), "{row:?}");
        }
    }

    #[test]
    fn knows_the_distribution_of_base_images() {
        // Of these no facts were found that could be cited.
        let unknown = ["amzn", "azl", "cm", "oraclelinux"];
        for row in base_images() {
            let is_unknown = unknown.iter().any(|name| row.os.starts_with(name));
            assert!(is_unknown || distribution(&row.os).is_some(), "{}", row.os);
        }
    }

    #[test]
    fn finds() {
        let check = |os: &str, expected: Option<&str>| {
            assert_eq!(distribution(os).map(Distribution::id).as_deref(), expected, "{os}");
        };
        check("ubuntu22.04", Some("ubuntu22.04"));
        check("ubuntu:22.04", Some("ubuntu22.04"));
        check("jammy", Some("ubuntu22.04"));
        check("debian12", Some("debian12"));
        check("buster", Some("debian10"));
        check("ubuntu14.04", Some("ubuntu14.04"));
        check("ubuntu", None);
        check("", None);
        check("alpine3.20", None);
    }
}
