//! The Python of the active environment is not the one of the project.
//!
//! `[cuda] python` in `altlas.toml` says which Python the project runs on. Wheels with binaries are
//! built for one minor version of Python each, so another one gets other builds, or none.
//!
//! Confirm with `python --version` in the environment. Make the environment anew with the right
//! Python.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need};
use cuda_compat::PythonVersion;
use serde::Serialize;

/// An active environment has another Python than `[cuda] python`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the environment has Python {found}, and the project is on Python {needed}")]
pub struct PythonVersionDiffers {
    /// The `site-packages` folder.
    pub site_packages: String,
    /// Its Python.
    pub found: PythonVersion,
    /// The Python of `[cuda] python`.
    pub needed: PythonVersion,
    /// How the environment was found: `VIRTUAL_ENV`, `CONDA_PREFIX`, `.venv`.
    pub found_by: String,
}

/// Environments that somebody chose; the system's Python is nobody's choice.
const CHOSEN: [&str; 3] = ["VIRTUAL_ENV", "CONDA_PREFIX", ".venv"];

impl PythonVersionDiffers {
    pub(super) const CODE: &str = "gpu/python-version-differs";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let Some(needed) = need.python else { return Vec::new() };
        let chosen = facts.python.iter().filter(|other| CHOSEN.contains(&other.found_by.as_str()));
        let differs = chosen.filter_map(|environment| {
            let found = *environment.python.found()?;
            let other_patch =
                needed.patch.is_some_and(|patch| found.patch.is_some_and(|own| own != patch));
            (found.minor_line() != needed.minor_line() || other_patch).then(|| Self {
                site_packages: environment.site_packages.clone(),
                found,
                needed,
                found_by: environment.found_by.clone(),
            })
        });
        differs.collect()
    }
}

impl Diagnosis for PythonVersionDiffers {
    fn place(&self) -> Place {
        Place::Path { path: self.site_packages.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![if self.found_by == "CONDA_PREFIX" {
            Fix::by_command(
                "make a new environment with the project's Python and install into it",
                format!("conda create --name project python={}", self.needed),
            )
        } else {
            Fix::by_command(
                "make the environment anew with the project's Python (`--clear` empties it), and install \
                 into it",
                format!("python{} -m venv --clear .venv", self.needed.minor_line()),
            )
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::with_packages;

    #[test]
    fn compares_with_the_config() {
        let check = |needed: Option<&str>, found_by: &str, expected: usize| {
            let mut facts = with_packages(&[]);
            facts.python[0].found_by = found_by.to_owned();
            let python = needed.map(|text| text.parse().unwrap());
            let need = Need { python, ..Need::default() };
            let found = PythonVersionDiffers::find(&facts, &need);
            assert_eq!(found.len(), expected, "{needed:?} {found_by}");
        };
        check(None, "VIRTUAL_ENV", 0);
        check(Some("3.11"), "VIRTUAL_ENV", 0);
        check(Some("3.11.7"), "VIRTUAL_ENV", 0);
        check(Some("3.12"), "VIRTUAL_ENV", 1);
        check(Some("3.12"), "system", 0);
    }

    #[test]
    fn an_unknown_python_is_not_judged() {
        let mut facts = with_packages(&[]);
        facts.python[0].python = Reading::Unknown("no `pyvenv.cfg`".to_owned());
        let need = Need { python: Some("3.12".parse().unwrap()), ..Need::default() };
        assert_eq!(PythonVersionDiffers::find(&facts, &need), []);
    }
}
