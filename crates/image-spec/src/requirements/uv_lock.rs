//! `uv.lock`: everything that a project and its members need, on every platform at once.

use super::{
    Lock, LockedPackage, RequirementsError, RequirementsFile, RequirementsKind, lock::on_linux,
    named::requirement, text::Text, toml_text, without_credentials,
};
use crate::{PipRequirement, Placed};
use pep440_rs::VersionSpecifiers;
use pep508_rs::MarkerTree;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    requires_python: Option<Spanned<String>>,
    #[serde(default)]
    supported_markers: Vec<Spanned<String>>,
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: Spanned<String>,
    version: Option<String>,
    #[serde(default)]
    source: Source,
    #[serde(default)]
    resolution_markers: Vec<String>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Dependency>>,
    sdist: Option<Archive>,
    #[serde(default)]
    wheels: Vec<Archive>,
}

#[derive(Default, Deserialize)]
struct Source {
    registry: Option<String>,
    editable: Option<String>,
    #[serde(rename = "virtual")]
    virtual_: Option<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    #[serde(default)]
    extra: Vec<String>,
    marker: Option<String>,
}

impl Dependency {
    /// Whether it is needed in an image; a marker that cannot be read may be true.
    fn is_for(&self, linux: &MarkerTree) -> bool {
        let marker = self.marker.as_ref().map(|marker| requirement(&format!("any ; {marker}")));
        !matches!(marker, Some(Ok(any)) if any.marker.is_disjoint(linux))
    }
}

#[derive(Deserialize)]
struct Archive {
    url: Option<String>,
    path: Option<String>,
    filename: Option<String>,
    hash: Option<String>,
}

/// Reads a lock.
pub(super) fn read(text: &Text<'_>) -> Result<RequirementsFile, RequirementsError> {
    let lock: File = toml_text::parse(text)?;
    let mut file = RequirementsFile::empty(text.path, RequirementsKind::UvLock);
    file.requires_python = lock.requires_python.as_ref().map(|it| python(text, it)).transpose()?;
    let mut environments = Vec::new();
    for marker in &lock.supported_markers {
        environments.push(Placed::new(tree(text, marker)?, text.place(marker.span().start)));
    }
    let linux = on_linux();
    let needed = needed(&lock.package, &linux);
    let mut packages = Vec::new();
    for package in &lock.package {
        if package.is_member() || !needed.contains(package.name.get_ref().as_str()) {
            continue;
        }
        let at = package.name.span().start;
        let place = text.place(at);
        let mut found = package.requirement().map_err(|(_, reason)| text.wrong(at, reason))?;
        if found.requirement.marker.is_disjoint(&linux) {
            continue;
        }
        found.index = package.source.registry.as_deref().map(without_credentials);
        let version = package.version.as_deref().and_then(|version| version.parse().ok());
        packages.push(LockedPackage {
            name: found.requirement.name.clone(),
            marker: found.requirement.marker.clone(),
            version,
            place: place.clone(),
            wheels: package.wheels.iter().filter_map(Archive::name).collect(),
            has_source: package.sdist.is_some() || package.wheels.is_empty(),
        });
        file.requirements.push(Placed::new(found, place));
    }
    file.lock = Some(Lock { environments, packages, ..Lock::default() });
    Ok(file)
}

/// A range of Pythons at its place.
pub(super) fn python(
    text: &Text<'_>,
    written: &Spanned<String>,
) -> Result<Placed<VersionSpecifiers>, RequirementsError> {
    let at = written.span().start;
    let range = super::poetry::specifiers(written.get_ref()).ok_or_else(|| {
        let written = without_credentials(written.get_ref());
        text.wrong(at, format!("`{written}` is not a range of Pythons"))
    })?;
    Ok(Placed::new(range, text.place(at)))
}

/// A marker at its place.
pub(super) fn tree(
    text: &Text<'_>,
    written: &Spanned<String>,
) -> Result<MarkerTree, RequirementsError> {
    let whole = format!("any ; {}", written.get_ref());
    let found = requirement(&whole);
    found.map(|found| found.marker).map_err(|(_, reason)| text.wrong(written.span().start, reason))
}

/// The names of all that the members need to run on Linux: what they need only to be developed is left
/// out.
fn needed<'p>(packages: &'p [Package], linux: &MarkerTree) -> BTreeSet<&'p str> {
    let mut by_name: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in packages {
        by_name.entry(package.name.get_ref()).or_default().push(package);
    }
    let members = packages.iter().filter(|package| package.is_member());
    let mut open: Vec<(&str, Option<&str>)> =
        members.map(|package| (package.name.get_ref().as_str(), None)).collect();
    if open.is_empty() {
        // Not the lock of a project: all of it is needed.
        return by_name.into_keys().collect();
    }
    let mut seen: BTreeSet<(&str, Option<&str>)> = open.iter().copied().collect();
    while let Some((name, extra)) = open.pop() {
        for package in by_name.get(name).into_iter().flatten() {
            let needs = match extra {
                None => Some(&package.dependencies),
                Some(extra) => package.optional_dependencies.get(extra),
            };
            for needed in needs.into_iter().flatten().filter(|needed| needed.is_for(linux)) {
                let extras = needed.extra.iter().map(|extra| Some(extra.as_str()));
                for next in extras.chain([None]).map(|extra| (needed.name.as_str(), extra)) {
                    if seen.insert(next) {
                        open.push(next);
                    }
                }
            }
        }
    }
    seen.into_iter().map(|(name, _)| name).collect()
}

impl Package {
    /// Whether it is the project itself or another member of its workspace.
    fn is_member(&self) -> bool {
        self.source.editable.is_some() || self.source.virtual_.is_some()
    }

    fn requirement(&self) -> Result<PipRequirement, (usize, String)> {
        let version = self.version.as_ref().map(|version| format!("=={version}"));
        let markers: Vec<String> =
            self.resolution_markers.iter().map(|marker| format!("({marker})")).collect();
        let marker = match markers.is_empty() {
            true => String::new(),
            false => format!(" ; {}", markers.join(" or ")),
        };
        let name = self.name.get_ref();
        let hashed = self.sdist.iter().chain(&self.wheels).any(|file| file.hash.is_some());
        let requirement = requirement(&format!("{name}{}{marker}", version.unwrap_or_default()))?;
        Ok(PipRequirement { requirement, index: None, hashed })
    }
}

impl Archive {
    /// The name of the file.
    fn name(&self) -> Option<String> {
        let written = self.filename.as_ref().or(self.path.as_ref()).or(self.url.as_ref())?;
        written.rsplit('/').next().map(str::to_owned)
    }
}
