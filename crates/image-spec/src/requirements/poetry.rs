//! Poetry's own tables in `pyproject.toml`, from before it read PEP 621, and its way to write
//! versions: `^1.2` and `~1.2`.

use super::{
    IndexKind, RequirementsError, RequirementsFile,
    named::{self, requirement},
    text::Text,
    without_credentials,
};
use crate::{PipRequirement, Placed};
use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

type Table = BTreeMap<Spanned<String>, Value>;

/// `[tool.poetry]`
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Poetry {
    #[serde(default)]
    dependencies: Table,
    #[serde(default)]
    dev_dependencies: Table,
    #[serde(default)]
    group: BTreeMap<String, Group>,
    #[serde(default)]
    source: Vec<Source>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    dependencies: Table,
}

#[derive(Deserialize)]
struct Source {
    name: Option<String>,
    url: Option<Spanned<String>>,
}

impl Poetry {
    /// Adds what the tables say.
    pub(super) fn read(
        self,
        text: &Text<'_>,
        file: &mut RequirementsFile,
    ) -> Result<(), RequirementsError> {
        for (name, value) in &self.dependencies {
            let at = name.span().start;
            if name.get_ref() == "python" {
                let range = value.as_str().map(|written| range(written, text, at)).transpose()?;
                file.requires_python = range.map(|range| Placed::new(range, text.place(at)));
                continue;
            }
            let is_optional = value.get("optional").and_then(Value::as_bool) == Some(true);
            let found = self.one(name, value, text, file)?;
            if is_optional {
                file.optional.entry("optional".to_owned()).or_default().extend(found);
            } else {
                file.requirements.extend(found);
            }
        }
        let older = ("dev".to_owned(), &self.dev_dependencies);
        let groups = self.group.iter().map(|(name, group)| (name.clone(), &group.dependencies));
        for (group, table) in groups.chain([older]) {
            for (name, value) in table {
                let found = self.one(name, value, text, file)?;
                file.optional.entry(group.clone()).or_default().extend(found);
            }
        }
        for url in self.source.iter().filter_map(|source| source.url.as_ref()) {
            let place = text.place(url.span().start);
            file.index(IndexKind::Extra, url.get_ref(), place);
        }
        Ok(())
    }

    /// What one line asks for; of a list, the first: Poetry chooses among them by markers.
    fn one(
        &self,
        name: &Spanned<String>,
        value: &Value,
        text: &Text<'_>,
        file: &mut RequirementsFile,
    ) -> Result<Option<Placed<PipRequirement>>, RequirementsError> {
        let at = name.span().start;
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        let field = |field: &str| value.get(field).and_then(Value::as_str);
        let Some(version) = value.as_str().or_else(|| field("version")) else {
            let what = format!("{} from a folder, a repository or a URL", name.get_ref());
            file.open.push(Placed::new(without_credentials(&what), text.place(at)));
            return Ok(None);
        };
        let range = range(version, text, at)?;
        let extras = value.get("extras").and_then(Value::as_array);
        let extras: Vec<&str> = extras.into_iter().flatten().filter_map(Value::as_str).collect();
        let extras =
            if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
        let marker = field("markers").map_or(String::new(), |marker| format!(" ; {marker}"));
        let written = format!("{}{extras} {range}{marker}", name.get_ref());
        let found = requirement(&written).map_err(|(_, reason)| text.wrong(at, reason))?;
        let index = field("source").and_then(|name| {
            let mut sources = self.source.iter();
            let source = sources.find(|source| source.name.as_deref() == Some(name))?;
            source.url.as_ref().map(|url| without_credentials(url.get_ref()))
        });
        let found = PipRequirement { index, ..named::plain(found) };
        Ok(Some(Placed::new(found, text.place(at))))
    }
}

fn range(
    written: &str,
    text: &Text<'_>,
    at: usize,
) -> Result<VersionSpecifiers, RequirementsError> {
    specifiers(written).ok_or_else(|| {
        let written = without_credentials(written);
        text.wrong(at, format!("`{written}` is a range of versions that PEP 440 cannot say"))
    })
}

/// Poetry's range as specifiers of PEP 440; `None` where they cannot say it, as with `||`.
pub(super) fn specifiers(written: &str) -> Option<VersionSpecifiers> {
    let mut parts = Vec::new();
    for part in written.split(',').map(str::trim).filter(|part| !matches!(*part, "" | "*")) {
        parts.push(specifier(part)?);
    }
    parts.join(",").parse().ok()
}

fn specifier(part: &str) -> Option<String> {
    if let Some(version) = part.strip_prefix('^') {
        // The leftmost number that is not zero stays as it is.
        let version: Version = version.trim().parse().ok()?;
        let release = version.release().to_vec();
        let kept = release.iter().position(|number| *number > 0).unwrap_or(release.len() - 1);
        return Some(format!(">={version},<{}", next(&release, kept)?));
    }
    if let Some(version) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        let version: Version = version.trim().parse().ok()?;
        let release = version.release().to_vec();
        return Some(format!(">={version},<{}", next(&release, 1.min(release.len() - 1))?));
    }
    let is_bare = part.starts_with(|letter: char| letter.is_ascii_digit());
    Some(if is_bare { format!("=={part}") } else { part.to_owned() })
}

/// The release with one more at that place, and nothing behind it.
fn next(release: &[u64], at: usize) -> Option<String> {
    let mut numbers: Vec<u64> = release.iter().copied().take(at + 1).collect();
    let last = numbers.last_mut()?;
    *last = last.checked_add(1)?;
    Some(numbers.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_ranges_as_pep_440_does() {
        let check = |written: &str, expected: Option<&str>| {
            let got = specifiers(written).map(|range| range.to_string());
            assert_eq!(got.as_deref(), expected, "{written}");
        };
        check("^1.2.3", Some(">=1.2.3, <2"));
        check("^0.2.3", Some(">=0.2.3, <0.3"));
        check("^0.0", Some(">=0.0, <0.1"));
        check("~1.2", Some(">=1.2, <1.3"));
        check("~1", Some(">=1, <2"));
        check("~=1.2", Some("~=1.2"));
        check("1.2.*", Some("==1.2.*"));
        check(">=3.9,<3.12", Some(">=3.9, <3.12"));
        check("*", Some(""));
        check("^2 || ^3", None);
    }
}
