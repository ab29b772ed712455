//! `Pipfile.lock`.

use super::{
    IndexKind, Lock, LockedPackage, RequirementsError, RequirementsFile, RequirementsKind,
    json_keys, named::requirement, text::Text, without_credentials,
};
use crate::{PipRequirement, Placed};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct File {
    #[serde(rename = "_meta", default)]
    meta: Meta,
    #[serde(default)]
    default: BTreeMap<String, Package>,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(default)]
    requires: Requires,
    #[serde(default)]
    sources: Vec<Source>,
}

#[derive(Default, Deserialize)]
struct Requires {
    python_version: Option<String>,
    python_full_version: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    name: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Package {
    version: Option<String>,
    #[serde(default)]
    extras: Vec<String>,
    markers: Option<String>,
    #[serde(default)]
    hashes: Vec<String>,
    index: Option<String>,
}

/// Reads a lock.
pub(super) fn read(text: &Text<'_>) -> Result<RequirementsFile, RequirementsError> {
    let lock: File = serde_json::from_str(text.text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).max(1);
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        RequirementsError {
            path: text.path.to_owned(),
            line: number(line),
            column: number(column),
            reason: without_credentials(reason),
        }
    })?;
    let mut file = RequirementsFile::empty(text.path, RequirementsKind::PipfileLock);
    let keys: BTreeMap<Vec<String>, usize> = json_keys::find(text.text).into_iter().collect();
    let at = |outer: &str, inner: &str| {
        keys.get([outer.to_owned(), inner.to_owned()].as_slice()).copied().unwrap_or(0)
    };
    let mut packages = Vec::new();
    for (name, package) in &lock.default {
        let at = at("default", name);
        let place = text.place(at);
        let Some(version) = &package.version else {
            let what = format!("{name} from a folder, a repository or a URL");
            file.open.push(Placed::new(without_credentials(&what), place));
            continue;
        };
        let extras = match package.extras.is_empty() {
            true => String::new(),
            false => format!("[{}]", package.extras.join(",")),
        };
        let marker =
            package.markers.as_ref().map_or(String::new(), |marker| format!(" ; {marker}"));
        let written = format!("{name}{extras}{version}{marker}");
        let found = requirement(&written).map_err(|(_, reason)| text.wrong(at, reason))?;
        packages.push(LockedPackage {
            name: found.name.clone(),
            marker: found.marker.clone(),
            version: version.trim_start_matches('=').parse().ok(),
            place: place.clone(),
            wheels: Vec::new(),
            has_source: false,
        });
        let source = lock.meta.sources.iter().find(|source| source.name == package.index);
        let index = source.filter(|_| package.index.is_some()).and_then(|it| it.url.as_deref());
        let index = index.map(without_credentials);
        let hashed = !package.hashes.is_empty();
        file.requirements
            .push(Placed::new(PipRequirement { requirement: found, index, hashed }, place));
    }
    for url in lock.meta.sources.iter().filter_map(|source| source.url.as_deref()) {
        let place = text.place(at("_meta", "sources"));
        file.index(IndexKind::Main, url, place);
    }
    let requires = &lock.meta.requires;
    let python = requires.python_full_version.as_ref().or(requires.python_version.as_ref());
    let python = python.and_then(|version| version.parse().ok());
    let place = text.place(at("_meta", "requires"));
    let python = python.map(|python| Placed::new(python, place));
    file.lock = Some(Lock { python, packages, ..Lock::default() });
    Ok(file)
}
