//! `pylock.toml` (PEP 751).

use super::{
    Lock, LockedPackage, RequirementsError, RequirementsFile, RequirementsKind, named::requirement,
    text::Text, toml_text, uv_lock, without_credentials,
};
use crate::{PipRequirement, Placed};
use serde::Deserialize;
use toml::{Spanned, Value};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    requires_python: Option<Spanned<String>>,
    #[serde(default)]
    environments: Vec<Spanned<String>>,
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: Spanned<String>,
    version: Option<String>,
    marker: Option<Spanned<String>>,
    index: Option<String>,
    sdist: Option<Value>,
    archive: Option<Value>,
    vcs: Option<Value>,
    directory: Option<Value>,
    #[serde(default)]
    wheels: Vec<Wheel>,
}

#[derive(Deserialize)]
struct Wheel {
    name: Option<String>,
    url: Option<String>,
    path: Option<String>,
}

/// Reads a lock.
pub(super) fn read(text: &Text<'_>) -> Result<RequirementsFile, RequirementsError> {
    let lock: File = toml_text::parse(text)?;
    let mut file = RequirementsFile::empty(text.path, RequirementsKind::Pylock);
    let range = lock.requires_python.as_ref();
    file.requires_python = range.map(|it| uv_lock::python(text, it)).transpose()?;
    let mut environments = Vec::new();
    for marker in &lock.environments {
        let tree = uv_lock::tree(text, marker)?;
        environments.push(Placed::new(tree, text.place(marker.span().start)));
    }
    let mut packages = Vec::new();
    for package in &lock.packages {
        let at = package.name.span().start;
        let place = text.place(at);
        let version = package.version.as_ref().map(|version| format!("=={version}"));
        let written = format!("{}{}", package.name.get_ref(), version.unwrap_or_default());
        let mut found = requirement(&written).map_err(|(_, reason)| text.wrong(at, reason))?;
        if let Some(marker) = &package.marker {
            // Markers of PEP 751 may ask for the extras and groups of the lock, which no requirement
            // can say.
            let of_lock = [" in extras", " in dependency_groups"];
            if of_lock.iter().any(|word| marker.get_ref().contains(word)) {
                continue;
            }
            found.marker = uv_lock::tree(text, marker)?;
        }
        let others = [&package.sdist, &package.archive, &package.vcs, &package.directory];
        packages.push(LockedPackage {
            name: found.name.clone(),
            marker: found.marker.clone(),
            version: package.version.as_deref().and_then(|version| version.parse().ok()),
            place: place.clone(),
            wheels: package.wheels.iter().filter_map(Wheel::file).collect(),
            has_source: others.iter().any(|other| other.is_some()),
        });
        let index = package.index.as_deref().map(without_credentials);
        // A folder and a repository have none; of all else the format asks for hashes.
        let hashed = package.vcs.is_none() && package.directory.is_none();
        file.requirements
            .push(Placed::new(PipRequirement { requirement: found, index, hashed }, place));
    }
    file.lock = Some(Lock { environments, packages, ..Lock::default() });
    Ok(file)
}

impl Wheel {
    fn file(&self) -> Option<String> {
        let written = self.name.as_ref().or(self.path.as_ref()).or(self.url.as_ref())?;
        written.rsplit('/').next().map(str::to_owned)
    }
}
