//! A virtual environment is copied without the Python that it was made from.
//!
//! A virtual environment holds packages and a link to the Python that made it, such as
//! `/usr/bin/python3.11`. In an image without that very file, at that very path, every program of the
//! environment ends with `no such file or directory`, and one with another Python ends with
//! `ModuleNotFoundError`.
//!
//! See for yourself with `docker run --rm IMAGE readlink -e /opt/venv/bin/python`: it prints nothing.
//!
//! Install the same Python in the last stage, or copy the folder of Pythons together with the
//! environment; with uv that is `UV_PYTHON_INSTALL_DIR`.

use super::{Diagnosis, Fix};
use crate::{
    Base, Dockerfile, Place, PythonFrom, Recipe, Scene,
    dockerfile::{Copied, Kind, PythonPlaces},
};
use cuda_compat::{PythonVersion, distribution};
use serde::Serialize;

/// A virtual environment is copied without the Python that it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{venv}` is copied without Python {python}, which it was made from")]
pub struct VenvInterpreterMissing {
    /// The environment.
    pub venv: String,
    /// Its Python.
    pub python: PythonVersion,
    /// Where that Python comes from.
    pub python_from: PythonFrom,
    /// Where the environment is copied.
    pub place: Place,
}

impl VenvInterpreterMissing {
    pub(super) const CODE: &str = "image/venv-interpreter-missing";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let mut found = Vec::new();
        for (stage, recipe) in scene.recipes.iter().enumerate() {
            for (builder, copied) in copies(file, stage) {
                let Some(from) = scene.recipes.get(builder) else { continue };
                let (Some(python), Some(python_from)) = (&from.python, from.python_from) else {
                    continue;
                };
                let places = PythonPlaces::of(file, builder);
                let venv = places.venvs.iter().find(|venv| {
                    copied.sources.iter().any(|source| source.text.trim_end_matches('/') == venv.path)
                });
                let Some(venv) = venv.filter(|_| is_bare(recipe)) else { continue };
                let python = python.value.minor_line();
                let all: Vec<&Copied> = file
                    .lineage(stage)
                    .flat_map(|stage| copies(file, stage))
                    .map(|(_, copied)| copied)
                    .collect();
                if has(recipe, &all, from, python, python_from) {
                    continue;
                }
                let Some(at) = copied.from() else { continue };
                found.push(Self {
                    venv: venv.path.clone(),
                    python,
                    python_from,
                    place: file.place(at.span.start),
                });
            }
        }
        found
    }
}

/// What a stage copies from other stages.
fn copies(file: &Dockerfile, stage: usize) -> impl Iterator<Item = (usize, &Copied)> {
    file.of_stage(stage).iter().filter_map(|instruction| match &instruction.kind {
        Kind::Copy(copied) => Some((file.stage_named(&copied.from()?.text)?, copied)),
        _ => None,
    })
}

/// Whether the base is one that is known to hold no Python, or exactly one.
fn is_bare(recipe: &Recipe) -> bool {
    match &recipe.base.value {
        Base::Cuda { tag, .. } => tag.os.starts_with("ubuntu"),
        Base::Other(reference) => matches!(
            reference.path.strip_prefix("library/").unwrap_or(&reference.path),
            "ubuntu" | "debian" | "python"
        ),
        Base::Scratch | Base::Open(_) => false,
    }
}

/// Whether the Python is there, or might be.
fn has(
    recipe: &Recipe,
    copies: &[&Copied],
    builder: &Recipe,
    python: PythonVersion,
    python_from: PythonFrom,
) -> bool {
    let copied = |parts: &[&str]| {
        copies.iter().flat_map(|copied| &copied.sources).any(|source| {
            let path = source.text.trim_end_matches('/');
            parts.iter().any(|part| path == *part || path.contains("python")) || path.is_empty()
        })
    };
    // A program that fetches Python when the image is built may put it anywhere.
    if matches!(recipe.python_from, Some(PythonFrom::Uv | PythonFrom::Conda)) {
        return true;
    }
    let is_python_image = |recipe: &Recipe| match &recipe.base.value {
        Base::Other(reference) => reference.path == "python" || reference.path == "library/python",
        _ => false,
    };
    match python_from {
        PythonFrom::Distribution | PythonFrom::Deadsnakes => {
            let exact = format!("python{python}");
            let default = recipe.os.as_ref().and_then(|os| distribution(&os.value)?.default_python);
            let brings = |name: &str| {
                let rest = name.strip_prefix(exact.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                    || name.starts_with("python3") && !name.starts_with("python3.")
                        && default.is_none_or(|default| default.minor_line() == python)
            };
            recipe.apt.iter().any(|package| brings(&package.value.name)) || copied(&["/usr", "/usr/bin"])
        }
        PythonFrom::Base if is_python_image(builder) => {
            is_python_image(recipe) && recipe.python.as_ref().is_none_or(|own| {
                own.value.minor_line() == python
            }) || copied(&["/usr/local"])
        }
        PythonFrom::Uv => copied(&["/root/.local", "/root/.local/share", "/root", "/opt"]),
        PythonFrom::Conda | PythonFrom::Base => true,
    }
}

impl Diagnosis for VenvInterpreterMissing {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let python = self.python;
        vec![Fix::by_hand(match self.python_from {
            PythonFrom::Uv => {
                "set `ENV UV_PYTHON_INSTALL_DIR=/opt/python` in the builder, and copy `/opt/python` as \
                 well"
                    .to_owned()
            }
            PythonFrom::Base => format!("begin the last stage with `python:{python}-slim` as well"),
            PythonFrom::Distribution | PythonFrom::Deadsnakes | PythonFrom::Conda => {
                format!("install `python{python}` in the last stage as well")
            }
        })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_interpreters() {
        let check = |builder: &str, last: &str, expected: usize| {
            let text = format!("{builder}\n{last}\nCOPY --from=b /opt/venv /opt/venv\n");
            let found = example::dockerfile(&text, VenvInterpreterMissing::find);
            assert_eq!(found.len(), expected, "{text}");
        };
        let cuda = "FROM nvidia/cuda:12.6.3-base-ubuntu22.04";
        let apt = format!("{cuda} AS b\nRUN apt-get install -y python3 python3-venv && python3 -m venv /opt/venv && /opt/venv/bin/pip install x");
        let eleven = format!("{cuda} AS b\nRUN add-apt-repository ppa:deadsnakes/ppa && apt-get install -y python3.11-venv && python3.11 -m venv /opt/venv");
        let uv = format!("{cuda} AS b\nRUN uv venv --python 3.11 /opt/venv");
        check(&apt, cuda, 1);
        check(&eleven, &format!("{cuda}\nRUN apt-get install -y python3"), 1);
        check("FROM python:3.11 AS b\nRUN python -m venv /opt/venv", &format!("{cuda}\nRUN apt-get install -y python3.11"), 1);
        check(&uv, cuda, 1);
        check(&apt, &format!("{cuda}\nRUN apt-get install -y python3-minimal"), 0);
        check(&eleven, &format!("{cuda}\nRUN apt-get install -y python3.11"), 0);
        check("FROM python:3.11 AS b\nRUN python -m venv /opt/venv", "FROM python:3.11-slim", 0);
        check(&uv, &format!("{cuda}\nCOPY --from=b /root/.local/share/uv/python /root/.local/share/uv/python"), 0);
        check(&apt, "FROM team/base:1", 0);
        check(&apt, "FROM b", 0);
    }
}
