//! A lock lacks something that the image asks for.
//!
//! The requirements were changed after the lock was made: a package was added, or a version that the
//! lock does not have is asked for. What is installed from the lock is then not what the requirements
//! say, and the new package is missing at run time.
//!
//! Looked at are the lock that `cargo altlas image lock` makes for an image, `requirements-NAME.lock`,
//! and the locks of projects beside their `pyproject.toml`.
//!
//! Make the lock again. In CI, `cargo altlas image lock --check` also finds what only an index knows.

use super::{Diagnosis, Fix};
use crate::{Lock, PipRequirement, Place, Placed, Scene};
use pep508_rs::{Requirement, VersionOrUrl};
use serde::Serialize;
use std::path::PathBuf;

/// A lock lacks something that the image asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{}` {}", path.display(), words(missing))]
pub struct LockStale {
    /// The lock.
    pub path: PathBuf,
    /// The image.
    pub image: String,
    /// The command that makes the lock again.
    pub again: String,
    /// What it lacks.
    pub missing: Vec<Missing>,
    /// Where the first of it is asked for.
    pub place: Place,
}

/// Something that a lock lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// What is asked for.
    pub requirement: String,
    /// The version that the lock has instead.
    pub locked: Option<String>,
}

fn words(missing: &[Missing]) -> String {
    let mut parts: Vec<String> = missing
        .iter()
        .take(3)
        .map(|missing| match &missing.locked {
            Some(version) => format!("has {version} where `{}` is asked for", missing.requirement),
            None => format!("lacks `{}`", missing.requirement),
        })
        .collect();
    if missing.len() > 3 {
        parts.push(format!("lacks {} more", missing.len() - 3));
    }
    parts.join(", ")
}

impl LockStale {
    pub(super) const CODE: &str = "image/lock-stale";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for used in scene.locks() {
            let path = &used.file.path;
            let project = scene.project_of(used.file);
            let asked: Vec<&Placed<PipRequirement>> = match project {
                Some(project) => project.requirements.iter().collect(),
                None if used.is_own => used.recipe.pip.iter().filter(|it| !is_in(path, it)).collect(),
                None => continue,
            };
            // What belongs to another environment is in no lock for this one.
            let python = used.recipe.python.as_ref().map(|python| python.value);
            let asked = asked.into_iter().filter(|it| {
                let marker = &it.value.requirement.marker;
                python.is_none_or(|python| crate::requirements::holds(marker, python))
            });
            let missing: Vec<(Missing, &Place)> = asked
                .filter_map(|asked| {
                    missing(&asked.value.requirement, used.lock).map(|it| (it, &asked.place))
                })
                .collect();
            let Some((_, place)) = missing.first() else { continue };
            if found.iter().any(|earlier| earlier.path == *path) {
                continue;
            }
            let image = used.recipe.name.clone();
            let again = match used.file.path.file_name().and_then(|name| name.to_str()) {
                Some("uv.lock") => "uv lock".to_owned(),
                Some("poetry.lock") => "poetry lock".to_owned(),
                Some("pylock.toml") => "uv export --format pylock.toml -o pylock.toml".to_owned(),
                _ => format!("cargo altlas image lock {image}"),
            };
            let place = Place::clone(place);
            let missing = missing.into_iter().map(|(missing, _)| missing).collect();
            found.push(Self { path: path.clone(), image, again, missing, place });
        }
        found
    }
}

fn is_in(path: &PathBuf, found: &Placed<PipRequirement>) -> bool {
    matches!(&found.place, Place::File { path: other, .. } if other == path)
}

/// What the lock lacks of a requirement; a URL has no version that could differ.
fn missing(asked: &Requirement, lock: &Lock) -> Option<Missing> {
    let mut packages = lock.packages.iter().filter(|package| package.name == asked.name).peekable();
    let named = |locked: Option<String>| Missing {
        requirement: crate::without_credentials(&asked.to_string()),
        locked,
    };
    if packages.peek().is_none() {
        return Some(named(None));
    }
    let Some(VersionOrUrl::VersionSpecifier(range)) = &asked.version_or_url else { return None };
    let mut other = None;
    for package in packages {
        let version = package.version.as_ref()?;
        if range.contains(version) {
            return None;
        }
        other = Some(version.to_string());
    }
    Some(named(other))
}

impl Diagnosis for LockStale {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_command("make the lock again", self.again.clone())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(project: &str, lock: &str, expected: Option<&str>) {
        let files = [("pyproject.toml", project), ("uv.lock", lock)];
        let found = example::with_requirements(&files, "uv.lock", "3.11", LockStale::find);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.first().map(String::as_str), expected, "{project}");
    }

    const LOCK: &str = "version = 1\n[[package]]\nname = 'torch'\nversion = '2.7.1+cu126'\n\
                        source = { registry = 'https://x' }\n";

    #[test]
    fn finds_what_is_missing() {
        let text = "[project]\ndependencies = ['torch>=2.8', 'numpy', \"x ; os_name == 'nt'\"]\n";
        let words = "`uv.lock` has 2.7.1+cu126 where `torch>=2.8` is asked for, lacks `numpy`";
        check(text, LOCK, Some(words));
    }

    #[test]
    fn passes_what_is_locked() {
        check("[project]\ndependencies = ['torch==2.7.1']\n", LOCK, None);
        check("[project]\ndependencies = ['torch @ https://x/torch.whl']\n", LOCK, None);
        check("[project]\nname = 'a'\n", LOCK, None);
    }
}
