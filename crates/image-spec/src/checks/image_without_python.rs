//! Python packages are asked for, and the image has no Python.
//!
//! `nvidia/cuda` images hold no Python. Without a `python` in `[cuda]` nothing says which one to install,
//! and `pip` is not there.
//!
//! See for yourself with `docker run --rm IMAGE which python3`.
//!
//! Write `python` in `[cuda]`, or take a base that has one and say `python_from = "base"`.

use super::{Diagnosis, Fix};
use crate::{Place, PythonFrom, Scene};
use serde::Serialize;

/// Python packages are asked for, and the image has no Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("image `{image}` asks for Python packages, and `[cuda]` names no Python")]
pub struct ImageWithoutPython {
    /// The image.
    pub image: String,
    /// Where it is written.
    pub place: Place,
}

impl ImageWithoutPython {
    pub(super) const CODE: &str = "image/image-without-python";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(spec) = scene.spec else { return Vec::new() };
        let without = scene.recipes.iter().filter(|recipe| {
            let asks = spec.images.get(&recipe.name).is_some_and(|image| {
                !image.pip.is_empty() || !image.requirements.is_empty()
            });
            recipe.python.is_none()
                && recipe.python_from != Some(PythonFrom::Base)
                && (asks || !spec.frameworks.is_empty())
        });
        // What builds on such an image would say the same.
        let roots = without.filter(|recipe| recipe.parent.is_none());
        roots.map(|recipe| Self { image: recipe.name.clone(), place: recipe.place.clone() }).collect()
    }
}

impl Diagnosis for ImageWithoutPython {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand("write a `python` in `[cuda]`, such as `python = \"3.12\"`"),
            Fix::by_hand("or `python_from = \"base\"`, where the base has one"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn looks_for_a_python() {
        let check = |sections: &str, expected: usize| {
            let text = format!("[cuda]\nversion = '12.6'\nos = 'ubuntu22.04'\n{sections}");
            let found = example::spec(&text, ImageWithoutPython::find);
            assert_eq!(found.len(), expected, "{sections}");
        };
        check("[image.prod]\npip = ['numpy']", 1);
        check("[frameworks]\ntorch = '2.8'\n[image.prod]", 1);
        check("python = '3.11'\n[image.prod]\npip = ['numpy']", 0);
        check("[image.prod]\npython_from = 'base'\npip = ['numpy']", 0);
        check("[image.prod]", 0);
    }
}
