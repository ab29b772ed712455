//! This framework has no wheel for this Python.
//!
//! A wheel is built for one minor version of Python. Old releases have none for a newer Python, and new
//! releases drop old ones: TensorFlow 2.12 ends at 3.11, PyTorch 2.15 begins at 3.11. pip ends with
//! `No matching distribution found`, or begins to compile for an hour.
//!
//! See for yourself with `pip download --no-deps --only-binary :all: --python-version 3.13 PACKAGE`.
//!
//! Take a release of the framework that has wheels for the Python, or the Python that it has wheels for.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Facts, Install, installs},
    once::once,
};
use cuda_compat::PythonVersion;
use serde::Serialize;

/// This framework has no wheel for this Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` has no wheel for Python {python}; {}", range(pythons))]
pub struct FrameworkNotForPython {
    /// The requirement.
    pub requirement: String,
    /// The Python.
    pub python: PythonVersion,
    /// The Pythons that it has wheels for; empty where only older ones are known to have them.
    pub pythons: Vec<PythonVersion>,
    /// The newest release with a wheel for the Python that fits the rest of the image.
    pub instead: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl FrameworkNotForPython {
    pub(super) const CODE: &str = "image/framework-not-for-python";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let Some(python) = recipe.python.as_ref().map(|python| python.value.minor_line()) else {
                continue;
            };
            let facts = Facts::of(recipe, &scene.fleet);
            found.extend(installs(recipe).iter().filter_map(|it| of(it, python, &facts)));
        }
        once(found)
    }
}

impl Diagnosis for FrameworkNotForPython {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let instead = self.instead.as_ref().map(|instead| {
            format!(
                "write `{instead}`, the newest with wheels for Python {} that fits this image",
                self.python
            )
        });
        let python = self.pythons.last().map(|newest| format!("take Python {newest}"));
        let older = (self.instead.is_none() && self.pythons.is_empty())
            .then(|| "take an older Python, of the time of that release".to_owned());
        Fix::alternatives(instead.into_iter().chain(python).chain(older))
    }
}

fn of(install: &Install<'_>, python: PythonVersion, facts: &Facts<'_>) -> Option<FrameworkNotForPython> {
    let allowed: Vec<_> = install.allowed_builds().collect();
    let too_old = allowed.is_empty() && install.is_too_old_for_python();
    if (allowed.is_empty() && !too_old) || allowed.iter().any(|row| install.fits_python(row)) {
        return None;
    }
    let mut pythons: Vec<PythonVersion> =
        allowed.iter().flat_map(|row| row.pythons.iter().copied()).collect();
    pythons.sort();
    pythons.dedup();
    Some(FrameworkNotForPython {
        requirement: install.shown(),
        python,
        pythons,
        instead: facts.newest_here(install).map(|pick| install.at(pick.version)),
        place: install.place(),
    })
}

fn range(pythons: &[PythonVersion]) -> String {
    match (pythons.first(), pythons.last()) {
        (Some(first), Some(last)) if first != last => format!("it has them for {first} to {last}"),
        (Some(only), _) => format!("it has them for {only}"),
        (None, _) => "it is older than that Python".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_the_wheels() {
        let check = |python: &str, line: &str, expected: Option<&str>| {
            let text = format!(
                "[cuda]\nversion = '12.6'\npython = '{python}'\nos = 'ubuntu22.04'\n\
                 [image.prod]\nrequirements = ['r.txt']"
            );
            let found =
                example::spec_with(&text, &[("r.txt", line)], FrameworkNotForPython::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{python} {line}");
        };
        check(
            "3.13",
            "tensorflow==2.15.0",
            Some("`tensorflow==2.15.0` has no wheel for Python 3.13; it has them for 3.9 to 3.11"),
        );
        check("3.11", "tensorflow==2.15.0", None);
        check("3.13", "tensorflow", None);
        check(
            "3.9",
            "torch>=2.9",
            Some("`torch>=2.9` has no wheel for Python 3.9; it has them for 3.10 to 3.15"),
        );
        check("3.9", "torch==99", None);
        check(
            "3.12",
            "torch==1.0",
            Some("`torch==1.0` has no wheel for Python 3.12; it is older than that Python"),
        );
        check(
            "3.11",
            "tensorflow[and-cuda]==2.14.1",
            Some("`tensorflow[and-cuda]==2.14.1` has no wheel for Python 3.11; it has them for 3.9 to 3.10"),
        );
    }
}
