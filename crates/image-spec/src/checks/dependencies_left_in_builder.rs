//! The Python packages stay in a stage that is not shipped.
//!
//! Each stage has files of its own. What `pip install` put into a builder is in the last stage only
//! where that stage builds on the builder, or copies the folder in which the packages are. Copying
//! only the program gives an image that is small, builds, and ends with `ModuleNotFoundError`.
//!
//! See for yourself with `docker run --rm IMAGE python3 -m pip list`.
//!
//! Install into a virtual environment, such as `/opt/venv`, and copy that:
//! `COPY --from=builder /opt/venv /opt/venv`.

use super::{Diagnosis, Fix};
use crate::{
    Dockerfile, Place, Recipe, Scene,
    dockerfile::{Copied, InstalledTo, Kind, PythonPlaces},
};
use serde::Serialize;

/// The Python packages stay in a stage that is not shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the Python packages of the stage `{builder}` are not in the image: only other files of it are copied")]
pub struct DependenciesLeftInBuilder {
    /// The stage that has the packages: its name or number.
    pub builder: String,
    /// The folder that holds them.
    pub folder: String,
    /// Where they are installed.
    pub installed: Place,
    /// Where something else is copied from that stage.
    pub place: Place,
}

impl DependenciesLeftInBuilder {
    pub(super) const CODE: &str = "image/dependencies-left-in-builder";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let mut found = Vec::new();
        for (stage, recipe) in scene.recipes.iter().enumerate() {
            if recipe.is_shipped() && runs_python(recipe) && !installs_itself(file, stage) {
                found.extend(left_in(file, scene, stage));
            }
        }
        found
    }
}

/// Whether the program that the image runs is Python's.
fn runs_python(recipe: &Recipe) -> bool {
    const PROGRAMS: [&str; 10] = [
        "accelerate", "celery", "deepspeed", "flask", "gradio", "gunicorn", "jupyter", "streamlit",
        "torchrun", "uvicorn",
    ];
    let first = recipe.entrypoint.as_ref().or(recipe.cmd.as_ref());
    let Some(program) = first.and_then(|words| words.value.first()) else { return false };
    let name = program.rsplit('/').next().unwrap_or_default();
    // A program of a virtual environment by its path is one that was copied or is missed elsewhere.
    name.starts_with("python") || PROGRAMS.contains(&name)
}

/// Whether packages come into a stage in any way that is not a copy from another one.
fn installs_itself(file: &Dockerfile, stage: usize) -> bool {
    file.lineage(stage).any(|stage| {
        file.of_stage(stage).iter().any(|instruction| match &instruction.kind {
            Kind::Run(run) => {
                let tools = ["conda", "mamba", "micromamba", "poetry", "pdm", "pipenv", "pixi"];
                run.pip().any(|(_, pip)| pip.installs())
                    || run.commands.iter().any(|command| {
                        command.is(&tools) || command.program().ends_with(".sh")
                    })
            }
            _ => false,
        })
    })
}

fn left_in(file: &Dockerfile, scene: &Scene<'_>, stage: usize) -> Option<DependenciesLeftInBuilder> {
    let copies: Vec<(usize, &Copied)> = file
        .lineage(stage)
        .flat_map(|stage| file.of_stage(stage))
        .filter_map(|instruction| match &instruction.kind {
            Kind::Copy(copied) => Some((file.stage_named(&copied.from()?.text)?, copied)),
            _ => None,
        })
        .collect();
    let mut left = None;
    for (builder, copied) in &copies {
        let places = PythonPlaces::of(file, *builder);
        let installs = places.installs.iter().filter(|install| install.is_more_than_tools);
        for install in installs {
            let folders = folders(&install.to)?;
            let is_copied = copies.iter().any(|(from, copied)| {
                from == builder && copied.sources.iter().any(|source| {
                    covers(&source.text, &folders, &places.folder)
                })
            });
            // One way to hand packages over is enough.
            if is_copied {
                return None;
            }
            left = left.or_else(|| {
                Some(DependenciesLeftInBuilder {
                    builder: scene.recipes.get(*builder)?.name.clone(),
                    folder: folders.first()?.clone(),
                    installed: file.place(install.span.start),
                    place: file.place(copied.from()?.span.start),
                })
            });
        }
    }
    left
}

/// The folders that may hold what was installed; `None` where that is not known.
fn folders(to: &InstalledTo) -> Option<Vec<String>> {
    let owned = |folders: &[&str]| folders.iter().map(|folder| (*folder).to_owned()).collect();
    match to {
        InstalledTo::Venv(path) | InstalledTo::Folder(path) => {
            (!path.contains('$')).then(|| owned(&[path]))
        }
        InstalledTo::System => Some(owned(&["/usr/local/lib", "/usr/lib/python3", "/opt/conda"])),
        InstalledTo::User => Some(owned(&["/root/.local", "/home"])),
        InstalledTo::Unknown => None,
    }
}

/// Whether a copied path holds one of the folders, or lies in one.
fn covers(source: &str, folders: &[String], work: &str) -> bool {
    let inside = |outer: &str, inner: &str| {
        let outer = outer.trim_end_matches('/');
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let source = source.trim_end_matches('/');
    let source = if source.starts_with('/') { source.to_owned() } else { format!("/{source}") };
    let words = ["site-packages", "dist-packages", "venv", "wheel", "conda", "$"];
    words.iter().any(|word| source.contains(word))
        || folders.iter().any(|folder| inside(&source, folder) || inside(folder, &source))
        || folders.iter().any(|folder| inside(work, folder)) && inside(&source, work)
}

impl Diagnosis for DependenciesLeftInBuilder {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let builder = &self.builder;
        vec![Fix::by_hand(format!(
            "install into a virtual environment in `{builder}` and copy it: `COPY --from={builder} \
             /opt/venv /opt/venv`"
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_what_is_left() {
        let check = |builder: &str, last: &str, expected: usize| {
            let text = format!("FROM python:3.11 AS b\nWORKDIR /app\n{builder}\nFROM python:3.11-slim\n{last}\n");
            let found = example::dockerfile(&text, DependenciesLeftInBuilder::find);
            assert_eq!(found.len(), expected, "{text}");
        };
        let app = "COPY --from=b /app /app\nCMD [\"python3\", \"/app/main.py\"]";
        check("RUN pip install torch", app, 1);
        check("RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install torch", app, 1);
        check("RUN pip install --user torch", app, 1);
        check("RUN pip install --prefix=/install torch", "COPY --from=b /app /app\nENTRYPOINT [\"uvicorn\", \"m:a\"]", 1);
        check("RUN pip install --prefix=/install torch", "COPY --from=b /install /usr/local\nCMD python3 a.py", 0);
        check("RUN uv sync --frozen", app, 0);
        check("RUN python3 -m venv /app/.venv && /app/.venv/bin/pip install torch", app, 0);
        check("RUN pip install torch", "COPY --from=b /usr/local /usr/local\nCMD python3 a.py", 0);
        check("RUN pip install torch", "COPY --from=b /usr/local/lib/python3.11/site-packages /x\nCMD python3 a.py", 0);
        check("RUN pip install torch", &format!("RUN pip install numpy\n{app}"), 0);
        check("RUN pip install cmake ninja && cmake .", app, 0);
        check("RUN pip wheel -w /wheels torch", app, 0);
        check("RUN pip install conan2 torch", "COPY --from=b /app/server /server\nCMD [\"/server\"]", 0);
    }
}
