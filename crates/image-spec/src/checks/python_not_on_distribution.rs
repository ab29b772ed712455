//! This release of the distribution has no such Python.
//!
//! A release of Ubuntu or Debian has one or two versions of Python for its whole life: 20.04 has 3.8 and
//! 3.9, 22.04 has 3.10, 24.04 has 3.12. The PPA `deadsnakes` has others, for supported LTS releases only,
//! and deletes its packages when a release comes to its end: those for 20.04 went on 2025-10-01. The build
//! ends with `Unable to locate package`.
//!
//! See for yourself with `docker run --rm ubuntu:20.04 sh -c 'apt-get update && apt-cache policy python3.11'`.
//!
//! Let uv install the Python: its builds run on every distribution with glibc 2.17 or newer. Or take the
//! release that has it.

use super::{Diagnosis, Fix};
use crate::{Place, PythonFrom, Recipe, Scene, once::once};
use cuda_compat::{Distribution, PythonVersion, distribution, distributions};
use serde::Serialize;

/// This release of the distribution has no such Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{os} has no Python {python}{ppa}{has}",
    ppa = if *deadsnakes { " in the PPA `deadsnakes`" } else { "" },
    has = list(has))]
pub struct PythonNotOnDistribution {
    /// The Python.
    pub python: PythonVersion,
    /// The distribution.
    pub os: String,
    /// Whether it was to come from the PPA `deadsnakes`.
    pub deadsnakes: bool,
    /// What there is instead, on this release.
    pub has: Vec<PythonVersion>,
    /// Releases of the same distribution that have it.
    pub others: Vec<String>,
    /// When the PPA deleted it.
    pub deleted: Option<String>,
    /// Whether it is written in the config.
    pub in_config: bool,
    /// Where it is written.
    pub place: Place,
}

impl PythonNotOnDistribution {
    pub(super) const CODE: &str = "image/python-not-on-distribution";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let found = scene.recipes.iter().filter_map(|recipe| {
            let python = recipe.python.as_ref()?;
            let row = distribution(&recipe.os.as_ref()?.value)?;
            let asked = python.value.minor_line();
            let deadsnakes = match recipe.python_from? {
                PythonFrom::Distribution => false,
                PythonFrom::Deadsnakes => true,
                PythonFrom::Uv | PythonFrom::Conda | PythonFrom::Base => return None,
            };
            let mut has = row.apt_pythons.clone()?;
            if deadsnakes {
                has.extend(row.deadsnakes.clone()?);
            }
            (!has.contains(&asked)).then(|| Self {
                python: asked,
                os: row.id(),
                deadsnakes,
                others: others(row, asked),
                deleted: row.deadsnakes_deleted.clone().filter(|_| {
                    row.deadsnakes_before.as_ref().is_some_and(|before| before.contains(&asked))
                }),
                has,
                in_config: scene.spec.is_some(),
                place: package_of(recipe, asked)
                    .filter(|_| scene.spec.is_none())
                    .unwrap_or_else(|| python.place.clone()),
            })
        });
        once(found)
    }
}

impl Diagnosis for PythonNotOnDistribution {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let uv = match self.in_config {
            true => "write `python_from = \"uv\"` for the image, or leave it out".to_owned(),
            false => format!(
                "let uv install it, on any release: `UV_PYTHON_INSTALL_DIR=/opt/python uv python install \
                 {}`, then `uv venv`",
                self.python
            ),
        };
        let mut fixes = vec![Fix::by_hand(uv)];
        if !self.others.is_empty() {
            let others: Vec<String> = self.others.iter().map(|os| format!("`{os}`")).collect();
            let text = format!("or take a release that has it: {}", others.join(", "));
            fixes.push(Fix::by_hand(text));
        }
        if let Some(deleted) = &self.deleted {
            let text = format!("the PPA `deadsnakes` is no way out: it deleted this Python on {deleted}");
            fixes.push(Fix::by_hand(text));
        }
        fixes
    }
}

/// Where the package of that Python is asked for.
fn package_of(recipe: &Recipe, python: PythonVersion) -> Option<Place> {
    let name = format!("python{python}");
    let package = recipe.apt.iter().find(|package| package.value.name == name);
    package.map(|package| package.place.clone())
}

fn others(row: &Distribution, python: PythonVersion) -> Vec<String> {
    let same = distributions().iter().filter(|other| other.name == row.name);
    same.filter(|other| other.apt_pythons.as_ref().is_some_and(|has| has.contains(&python)))
        .map(Distribution::id)
        .collect()
}

fn list(has: &[PythonVersion]) -> String {
    let names: Vec<String> = has.iter().map(ToString::to_string).collect();
    if names.is_empty() { String::new() } else { format!("; it has {}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_what_a_release_has() {
        let check = |python: &str, os: &str, from: &str, expected: Option<&str>| {
            let text = format!(
                "[cuda]\nversion = '11.8'\npython = '{python}'\nos = '{os}'\n\
                 [image.prod]\npython_from = '{from}'"
            );
            let found = example::spec(&text, PythonNotOnDistribution::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{python} {os} {from}");
            assert!(found.len() <= 1);
        };
        check(
            "3.11",
            "ubuntu20.04",
            "distribution",
            Some("ubuntu20.04 has no Python 3.11; it has 3.8, 3.9"),
        );
        check("3.9", "ubuntu20.04", "distribution", None);
        check("3.11", "ubuntu20.04", "uv", None);
        check("3.11", "ubuntu20.04", "auto", None);
        check("3.12", "ubuntu24.04", "distribution", None);
        check("3.14", "ubuntu26.04", "distribution", None);
    }

    #[test]
    fn stands_at_the_package() {
        let text = "FROM ubuntu:20.04\nRUN apt-get install -y curl python3.11\n\
                    RUN python3.11 -m pip install numpy\n";
        let found = example::dockerfile(text, PythonNotOnDistribution::find);
        assert_eq!(found.len(), 1);
        let Place::File { line, column, .. } = found[0].place else { panic!() };
        assert_eq!((line, column), (2, 29));
    }
}
