//! A virtual environment without packages comes first on `PATH`.
//!
//! The packages were installed for the system's Python, and then `PATH` was set to a virtual
//! environment in which nothing was installed. `python` is now that of the empty environment: the
//! image builds, and its program ends with `ModuleNotFoundError`.
//!
//! See for yourself with `docker run --rm IMAGE python -m pip list`.
//!
//! Make the environment and set `PATH` before the packages are installed, or leave it out.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    dockerfile::{InstalledTo, PythonPlaces},
};
use serde::Serialize;

/// A virtual environment without packages comes first on `PATH`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{venv}` comes first on `PATH`, and nothing is installed in it")]
pub struct VenvEmptyOnPath {
    /// The environment.
    pub venv: String,
    /// Where packages were installed instead.
    pub installed: Place,
    /// Where `PATH` is set.
    pub place: Place,
}

impl VenvEmptyOnPath {
    pub(super) const CODE: &str = "image/venv-empty-on-path";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let mut found: Vec<Self> = Vec::new();
        for (stage, recipe) in scene.recipes.iter().enumerate() {
            if !recipe.is_shipped() {
                continue;
            }
            let places = PythonPlaces::of(file, stage);
            let (Some(venv), Some(path)) = (places.first_on_path(), &places.path_span) else {
                continue;
            };
            // Where it is not known where something goes, it may go into the environment.
            let may_fill = |to: &InstalledTo| match to {
                InstalledTo::Venv(path) => *path == venv.path,
                InstalledTo::Folder(folder) => folder.starts_with(&venv.path),
                InstalledTo::Unknown => true,
                InstalledTo::System | InstalledTo::User => false,
            };
            let is_filled = places.installs.iter().any(|install| may_fill(&install.to));
            let elsewhere = places.installs.iter().find(|install| install.is_more_than_tools);
            let Some(elsewhere) = elsewhere.filter(|_| !is_filled && !venv.sees_system) else {
                continue;
            };
            // What another stage hands over, or a script, may fill it as well.
            if is_filled_otherwise(scene, stage, &venv.path) {
                continue;
            }
            let place = file.place(path.start);
            if found.iter().all(|found| found.place != place) {
                found.push(Self {
                    venv: venv.path.clone(),
                    installed: file.place(elsewhere.span.start),
                    place,
                });
            }
        }
        found
    }
}

/// Whether something is copied into the environment, or another tool fills it.
fn is_filled_otherwise(scene: &Scene<'_>, stage: usize, venv: &str) -> bool {
    use crate::dockerfile::Kind;
    let Some(file) = scene.dockerfile else { return false };
    let of = |kind: &Kind| match kind {
        Kind::Copy(copied) => copied.target.text.starts_with(venv),
        Kind::Run(run) => run.commands.iter().any(|command| {
            command.is(&["poetry", "pdm", "pipenv", "pixi", "rye", "hatch"])
                || command.program().ends_with(".sh")
        }),
        _ => false,
    };
    file.lineage(stage).any(|stage| {
        file.of_stage(stage).iter().any(|instruction| of(&instruction.kind))
    })
}

impl Diagnosis for VenvEmptyOnPath {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let venv = &self.venv;
        vec![Fix::by_hand(format!(
            "make `{venv}` and set `PATH` above the first `pip install`, or call `{venv}/bin/pip`"
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_empty_environments() {
        let check = |lines: &str, expected: usize| {
            let text = format!("FROM nvidia/cuda:12.6.3-base-ubuntu22.04\n{lines}\n");
            let found = example::dockerfile(&text, VenvEmptyOnPath::find);
            assert_eq!(found.len(), expected, "{text}");
        };
        let path = "ENV PATH=/opt/venv/bin:$PATH";
        check(&format!("RUN pip3 install torch && python3 -m venv /opt/venv\n{path}"), 1);
        check(&format!("RUN python3 -m venv /opt/venv\nRUN pip install torch\n{path}"), 1);
        check("ENV VENV=/opt/venv\nRUN pip install -r r.txt\nRUN python3.11 -m venv $VENV\nENV PATH=\"$VENV/bin:$PATH\"", 1);
        check(&format!("RUN python3 -m venv /opt/venv\n{path}\nRUN pip install torch"), 0);
        check(&format!("RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install x\n{path}"), 0);
        check(&format!("RUN python3 -m venv /opt/venv && . /opt/venv/bin/activate && pip install x\n{path}"), 0);
        check(&format!("RUN pip install x && python3 -m venv --system-site-packages /opt/venv\n{path}"), 0);
        check(&format!("RUN pip install uv && uv venv /opt/venv\n{path}\nRUN uv pip install x"), 0);
        check(&format!("RUN pip install --upgrade pip && python3 -m venv /opt/venv\n{path}\nCOPY . ."), 0);
        check("RUN pip3 install torch", 0);
    }
}
