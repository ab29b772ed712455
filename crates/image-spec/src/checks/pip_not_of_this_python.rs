//! pip is called for a Python that it does not belong to.
//!
//! The distribution has one pip: `python3-pip` gives `pip` and `pip3` for its own Python. A further Python,
//! as `python3.11` on Ubuntu 20.04, comes without one: there is no `pip3.11`, and `pip3` installs for the
//! distribution's Python while the program runs with the other.
//!
//! Nor is there a `python3.11 -m pip` where nothing has installed that Python: the build ends with
//! `python3.11: not found`.
//!
//! See for yourself with `docker run --rm IMAGE pip3 --version`.
//!
//! Make a virtual environment with the Python that you mean (`python3.11 -m venv /opt/venv`, from
//! `python3.11-venv`) and use its pip, or let uv install both.

use super::{Diagnosis, Fix};
use crate::{Place, PythonFrom, Scene};
use crate::dockerfile::PipProgram;
use crate::written::{History, histories, once};
use cuda_compat::PythonVersion;
use serde::Serialize;

/// pip is called for a Python that it does not belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", sentence(.pip, .python, .actual.as_deref()))]
pub struct PipNotOfThisPython {
    /// What is called.
    pub pip: String,
    /// The Python that is meant: `3.11`.
    pub python: String,
    /// The Python that it installs for; `None` where there is no such program.
    pub actual: Option<String>,
    /// Whether the distribution's archive has that Python; where it is not known, it may.
    pub in_archive: bool,
    /// Where it is written.
    pub place: Place,
}

impl PipNotOfThisPython {
    pub(super) const CODE: &str = "image/pip-not-of-this-python";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            if history.has_other_python() || history.has_unknown_packages() {
                continue;
            }
            let archive = history.plain_distribution().and_then(|os| os.apt_pythons.as_ref());
            let has = |python: &str| {
                let python = python.parse::<PythonVersion>().map(PythonVersion::minor_line);
                archive.is_none_or(|all| python.is_ok_and(|python| all.contains(&python)))
            };
            let ppa = history.recipe.python_from == Some(PythonFrom::Deadsnakes);
            for (_, command, pip) in history.pip() {
                let name = match pip.program {
                    PipProgram::Pip(name) => name,
                    PipProgram::Python(name) => {
                        if let Some(python) = missing_python(&history, name) {
                            let (pip, place) = (name.to_owned(), history.file.place(command.span.start));
                            let in_archive = ppa || has(&python);
                            once(&mut found, Self { pip, python, actual: None, in_archive, place });
                        }
                        continue;
                    }
                    PipProgram::Uv => continue,
                };
                if let Some((python, actual)) = belongs_elsewhere(&history, name) {
                    let place = history.file.place(command.span.start);
                    let (pip, in_archive) = (name.to_owned(), ppa || has(&python));
                    once(&mut found, Self { pip, python, actual, in_archive, place });
                }
            }
        }
        found
    }
}

/// The Python that is meant and, where the program exists, the one that it installs for.
fn belongs_elsewhere(history: &History<'_>, pip: &str) -> Option<(String, Option<String>)> {
    let own = history.plain_distribution()?.default_python?;
    let names = history.package_names();
    let has_pip = names.contains(&"python3-pip");
    let version = pip.strip_prefix("pip")?;
    if let Ok(meant) = version.parse::<PythonVersion>() {
        let exists = has_pip && meant == own;
        return (!exists).then(|| (meant.to_string(), None));
    }
    // `pip3` while a Python is installed that is not the distribution's.
    let further = names.iter().find_map(|name| {
        let python: PythonVersion = name.strip_prefix("python")?.parse().ok()?;
        (python != own).then_some(python)
    })?;
    has_pip.then(|| (further.to_string(), Some(own.to_string())))
}

/// The version of a Python that is called by it and that nothing has installed.
fn missing_python(history: &History<'_>, program: &str) -> Option<String> {
    let version = program.strip_prefix("python").filter(|version| version.contains('.'))?;
    let meant: PythonVersion = version.parse().ok()?;
    let own = history.plain_distribution()?.default_python?.minor_line();
    let package = format!("python{version}");
    let is_installed = history.package_names().iter().any(|name| {
        name.strip_prefix(&package).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    (meant.minor_line() != own && !is_installed).then(|| version.to_owned())
}

fn sentence(pip: &str, python: &str, actual: Option<&str>) -> String {
    match actual {
        None if pip.starts_with("python") => {
            format!("there is no `{pip}`: Python {python} is not installed in this image")
        }
        None => format!("there is no `{pip}`: Python {python} of this image comes without pip"),
        Some(actual) => format!("`{pip}` installs for Python {actual}, and the image has Python {python}"),
    }
}

impl Diagnosis for PipNotOfThisPython {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let python = &self.python;
        if !self.in_archive {
            return Fix::alternatives([
                format!(
                    "let uv install it: `UV_PYTHON_INSTALL_DIR=/opt/python uv venv --python {python} \
                     /opt/venv` and `ENV PATH=/opt/venv/bin:$PATH`"
                ),
                "write `python3 -m pip`, if the distribution's Python is meant".to_owned(),
            ]);
        }
        vec![Fix::by_hand(format!(
            "install `python{python}-venv`, write `RUN python{python} -m venv /opt/venv` and \
             `ENV PATH=/opt/venv/bin:$PATH`, and call `pip`"
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, PipNotOfThisPython::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\nRUN apt-get update && apt-get install -y";
        check(&format!("{base} python3.11 python3-pip\nRUN pip3.11 install numpy\n"), 1);
        check(&format!("{base} python3.11 python3-pip\nRUN pip3 install numpy\n"), 1);
        check(&format!("{base} python3 python3-pip\nRUN pip3 install numpy\n"), 0);
        check(&format!("{base} python3 python3-pip\nRUN pip3.10 install numpy\n"), 0);
        check(&format!("{base} python3.11 python3.11-venv\nRUN python3.11 -m venv /v && /v/bin/pip install numpy\n"), 0);
        check(&format!("{base} python3.11 curl\nRUN curl https://bootstrap.pypa.io/get-pip.py | python3.11\nRUN pip3.11 install numpy\n"), 0);
        check(&format!("{base} python3-pip\nRUN python3.12 -m pip install numpy\n"), 1);
        check(&format!("{base} python3-pip\nRUN python3.10 -m pip install numpy\n"), 0);
        check(&format!("{base} python3.11 python3-pip\nRUN python3.11 -m pip install numpy\n"), 0);
        check("FROM python:3.11-slim\nRUN pip3.11 install numpy\n", 0);
    }
}
