//! `poetry.lock`.

use super::{
    Lock, LockedPackage, RequirementsError, RequirementsFile, RequirementsKind, named::requirement,
    text::Text, toml_text, uv_lock, without_credentials,
};
use crate::{PipRequirement, Placed};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    package: Vec<Package>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    python_versions: Option<Spanned<String>>,
    /// Where Poetry before 1.3 wrote the files of all packages.
    #[serde(default)]
    files: BTreeMap<String, Vec<Archive>>,
}

#[derive(Deserialize)]
struct Package {
    name: Spanned<String>,
    version: String,
    #[serde(default)]
    optional: bool,
    /// Poetry before 1.5: `main` or `dev`.
    category: Option<String>,
    /// Poetry since 2.0.
    groups: Option<Vec<String>>,
    /// Poetry since 2.0: one for all groups, or one for each.
    markers: Option<Value>,
    #[serde(default)]
    files: Vec<Archive>,
    #[serde(default)]
    source: Source,
}

#[derive(Deserialize)]
struct Archive {
    file: String,
    hash: Option<String>,
}

#[derive(Default, Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: Option<String>,
    url: Option<String>,
}

/// Reads a lock.
pub(super) fn read(text: &Text<'_>) -> Result<RequirementsFile, RequirementsError> {
    let lock: File = toml_text::parse(text)?;
    let mut file = RequirementsFile::empty(text.path, RequirementsKind::PoetryLock);
    // A union of ranges (`||`) is more than PEP 440 can say, and stays open.
    let range = lock.metadata.python_versions.as_ref();
    file.requires_python = range.and_then(|range| uv_lock::python(text, range).ok());
    let mut packages = Vec::new();
    for package in lock.package.iter().filter(|package| package.is_installed()) {
        let at = package.name.span().start;
        let place = text.place(at);
        let marker = match &package.markers {
            Some(Value::String(marker)) => format!(" ; {marker}"),
            Some(Value::Table(groups)) => {
                let main = groups.get("main").and_then(Value::as_str);
                main.map_or(String::new(), |marker| format!(" ; {marker}"))
            }
            _ => String::new(),
        };
        let written = format!("{}=={}{marker}", package.name.get_ref(), package.version);
        let found = requirement(&written).map_err(|(_, reason)| text.wrong(at, reason))?;
        let older = lock.metadata.files.get(package.name.get_ref());
        let files = package.files.iter().chain(older.into_iter().flatten());
        let files: Vec<&Archive> = files.collect();
        let (wheels, others): (Vec<&Archive>, Vec<&Archive>) =
            files.iter().partition(|file| file.file.ends_with(".whl"));
        let is_archive = package.source.kind.as_deref().is_none_or(|kind| kind == "legacy");
        packages.push(LockedPackage {
            name: found.name.clone(),
            marker: found.marker.clone(),
            version: package.version.parse().ok(),
            place: place.clone(),
            wheels: wheels.into_iter().map(|file| file.file.clone()).collect(),
            has_source: !others.is_empty() || !is_archive,
        });
        let index = package.source.url.as_deref().filter(|_| is_archive).map(without_credentials);
        let hashed = files.iter().any(|file| file.hash.is_some());
        file.requirements
            .push(Placed::new(PipRequirement { requirement: found, index, hashed }, place));
    }
    file.lock = Some(Lock { packages, ..Lock::default() });
    Ok(file)
}

impl Package {
    /// Whether `poetry install --only main` installs it.
    fn is_installed(&self) -> bool {
        let by_group = self.groups.as_ref().map(|groups| groups.iter().any(|name| name == "main"));
        let by_category = self.category.as_ref().map(|category| category == "main");
        !self.optional && by_group.or(by_category).unwrap_or(true)
    }
}
