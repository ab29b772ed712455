//! This Python gets no fixes for security any more.
//!
//! A minor version of Python is looked after for five years. Frameworks drop it about a year before that:
//! there are no wheels of new releases for it.
//!
//! See for yourself at devguide.python.org/versions.
//!
//! Move to a newer Python for which the frameworks have wheels.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    once::once,
    python_release::{python_release, python_releases},
};
use cuda_compat::PythonVersion;
use jiff::civil::Date;
use serde::Serialize;

/// This Python gets no fixes for security any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("Python {python} gets no fixes since {end}")]
pub struct PythonEndOfLife {
    /// The Python.
    pub python: PythonVersion,
    /// The last day of fixes.
    pub end: Date,
    /// The Pythons that get fixes.
    pub alive: Vec<PythonVersion>,
    /// Where it is written.
    pub place: Place,
}

impl PythonEndOfLife {
    pub(super) const CODE: &str = "image/python-end-of-life";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        once(scene.recipes.iter().filter_map(|recipe| {
            let python = recipe.python.as_ref()?;
            let row = python_release(python.value)?;
            let alive = python_releases().iter().filter(|row| row.end_of_life >= scene.today);
            (row.end_of_life < scene.today).then(|| Self {
                python: row.python,
                end: row.end_of_life,
                alive: alive.map(|row| row.python).collect(),
                place: python.place.clone(),
            })
        }))
    }
}

impl Diagnosis for PythonEndOfLife {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let alive: Vec<String> = self.alive.iter().map(ToString::to_string).collect();
        vec![Fix::by_hand(format!(
            "take one of {}, for which the frameworks have wheels",
            alive.join(", ")
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_today() {
        let check = |python: &str, expected: Option<&str>| {
            let text = format!(
                "[cuda]\nversion = '12.6'\npython = '{python}'\nos = 'ubuntu22.04'\n\
                 [image.prod]\n[image.dev]"
            );
            let found = example::spec(&text, PythonEndOfLife::find);
            assert!(found.len() <= 1);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{python}");
        };
        check("3.9", Some("Python 3.9 gets no fixes since 2025-10-31"));
        check("3.10.12", Some("Python 3.10 gets no fixes since 2026-10-31"));
        check("3.11", None);
        check("3.20", None);
    }
}
