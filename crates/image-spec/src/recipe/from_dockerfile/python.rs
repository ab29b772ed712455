//! Which Python the packages of a stage are installed for.

use super::Recipe;
use crate::{
    Dockerfile, Placed, PythonFrom,
    dockerfile::{Conda, Manager, Packages, Pip, PipProgram, ShellCommand, Word},
};
use cuda_compat::{PythonVersion, distribution};

type Found = (Placed<PythonVersion>, Option<PythonFrom>);

/// The Pythons of a stage.
#[derive(Debug, Clone, Default)]
pub(super) struct Pythons {
    /// Those that were installed by version, the last one last.
    installed: Vec<Found>,
    /// The one that `python3` and `pip3` mean since somebody changed it.
    active: Option<Found>,
    /// The distribution's own, once it is installed.
    default: Option<Found>,
    /// The one that something was installed for.
    used: Option<Found>,
    /// Where Python comes from where its version is not known.
    from: Option<PythonFrom>,
    has_deadsnakes: bool,
}

impl Pythons {
    /// The base image brings it.
    pub(super) fn of_base(&mut self, version: Option<Placed<PythonVersion>>, from: PythonFrom) {
        self.active = version.map(|version| (version, Some(from)));
        self.from = Some(from);
    }

    /// An environment variable is set.
    pub(super) fn set(&mut self, name: &str, value: &Placed<String>) {
        if name == "UV_PYTHON"
            && let Some(version) = version_in(&value.value)
        {
            self.activate(Placed::new(version, value.place.clone()), Some(PythonFrom::Uv));
        }
    }

    /// What the distribution's packages bring.
    pub(super) fn packages(&mut self, file: &Dockerfile, found: &Packages<'_>, recipe: &Recipe) {
        for package in &found.packages {
            let place = file.place(package.span.start);
            if package.open {
                continue;
            }
            match package.name {
                "python3" | "python3-pip" | "python3-dev" | "python3-venv" | "python3-full"
                    if found.manager == Manager::Apt =>
                {
                    let row = recipe.os.as_ref().and_then(|os| distribution(&os.value));
                    let default = row.and_then(|row| row.default_python);
                    let from = Some(PythonFrom::Distribution);
                    self.default =
                        self.default.take().or_else(|| Some((Placed::new(default?, place), from)));
                }
                name => {
                    let Some(version) = name.strip_prefix("python").and_then(minor_version) else {
                        continue;
                    };
                    let from = if self.has_deadsnakes {
                        PythonFrom::Deadsnakes
                    } else {
                        PythonFrom::Distribution
                    };
                    self.installed.push((Placed::new(version, place), Some(from)));
                }
            }
        }
    }

    /// What a command does to Python.
    pub(super) fn command(&mut self, file: &Dockerfile, command: &ShellCommand) {
        let place = |word: &Word| file.place(word.span.start);
        let words = command.arguments();
        match command.program() {
            "add-apt-repository" if words.iter().any(|word| word.text.contains("deadsnakes")) => {
                self.has_deadsnakes = true;
            }
            // `update-alternatives --install /usr/bin/python3 python3 /usr/bin/python3.11 1`, and `ln`.
            "update-alternatives" | "ln" => {
                let target =
                    words.iter().find_map(|word| Some((python_of_path(&word.text)?, word)));
                let is_python = words.iter().any(|word| {
                    matches!(
                        word.text.rsplit('/').next(),
                        Some("python" | "python3" | "pip" | "pip3")
                    )
                });
                if let Some((version, word)) = target.filter(|_| is_python) {
                    let from = self.source_of(version);
                    self.activate(Placed::new(version, place(word)), from);
                }
            }
            "uv" => self.uv(file, command),
            _ => {}
        }
        if let Some(found) = Conda::of(command) {
            self.from = Some(PythonFrom::Conda);
            let version = found.version_of("python").and_then(version_in);
            let word = found.packages.iter().find(|word| word.text.starts_with("python="));
            if let (Some(version), Some(word)) = (version, word) {
                self.activate(Placed::new(version, place(word)), Some(PythonFrom::Conda));
            }
        }
        // `python3.11 -m venv` and `python3.11 get-pip.py` make `pip` that Python's.
        let program = command.words.first();
        if let Some((version, word)) =
            program.and_then(|word| Some((python_of_path(&word.text)?, word)))
            && words.iter().any(|word| {
                word.text == "venv"
                    || word.text == "virtualenv"
                    || word.text.ends_with("get-pip.py")
            })
        {
            let from = self.source_of(version);
            self.activate(Placed::new(version, place(word)), from);
        }
        self.pip(file, command);
    }

    /// `uv venv --python 3.11`, `uv python install 3.11`.
    fn uv(&mut self, file: &Dockerfile, command: &ShellCommand) {
        let words = command.arguments();
        let first = words.first().map_or("", |word| word.text.as_str());
        self.from = self.from.or(Some(PythonFrom::Uv));
        let at = words.iter().position(|word| matches!(word.text.as_str(), "--python" | "-p"));
        let joined = words.iter().find(|word| word.text.starts_with("--python="));
        let named = at.and_then(|at| words.get(at + 1)).or(joined);
        let installs = first == "python" && words.get(1).is_some_and(|word| word.text == "install");
        let word = if installs {
            words.iter().skip(2).find(|word| !word.text.starts_with('-'))
        } else {
            named
        };
        if let Some((version, word)) = word.and_then(|word| Some((version_in(&word.text)?, word))) {
            // uv takes a Python that is there already.
            let from = self.source_of(version).or(Some(PythonFrom::Uv));
            self.activate(Placed::new(version, file.place(word.span.start)), from);
        }
    }

    fn pip(&mut self, file: &Dockerfile, command: &ShellCommand) {
        let Some(pip) = Pip::of(command).filter(Pip::installs) else { return };
        let word = command.words.first();
        let place = word.map(|word| file.place(word.span.start));
        let named = match pip.program {
            PipProgram::Uv => pip.python.and_then(version_in),
            PipProgram::Pip(_) | PipProgram::Python(_) => {
                pip.program.version().and_then(minor_version)
            }
        };
        if let (Some(version), Some(place)) = (named, place) {
            let from = self.source_of(version);
            self.used = Some((Placed::new(version, place), from));
            return;
        }
        // `pip install pip` with another Python only prepares.
        let meant = self.active.clone().or_else(|| self.default.clone());
        // `pip` that came with nothing else is that of the Python that was installed by version.
        let alone = || self.installed.last().cloned().filter(|_| self.from.is_none());
        let meant = meant.or_else(alone);
        self.used = meant.or_else(|| self.used.take());
    }

    fn activate(&mut self, version: Placed<PythonVersion>, from: Option<PythonFrom>) {
        self.active = Some((version, from));
    }

    /// Where an installed Python of that version comes from.
    fn source_of(&self, version: PythonVersion) -> Option<PythonFrom> {
        let all = self.installed.iter().chain(&self.active).chain(&self.default);
        all.filter(|(found, _)| found.value == version).find_map(|(_, from)| *from)
    }

    /// Writes into a recipe what is known.
    pub(super) fn tell(&self, recipe: &mut Recipe) {
        let found = self.used.as_ref().or(self.active.as_ref());
        let found = found.or(self.installed.last()).or(self.default.as_ref());
        recipe.python = found.map(|(version, _)| {
            // Where it is installed says more than where it is used.
            let installed = self.installed.iter().find(|(known, _)| known.value == version.value);
            installed.map_or(version, |(known, _)| known).clone()
        });
        recipe.python_from = found.and_then(|(_, from)| *from).or(self.from);
    }
}

/// `3.11` of `3.11` and `3.11-venv`; nothing of `3` and of `3-pip`.
fn minor_version(text: &str) -> Option<PythonVersion> {
    let version: PythonVersion = text.split('-').next()?.parse().ok()?;
    Some(version)
}

/// The Python in `/usr/bin/python3.11`.
fn python_of_path(text: &str) -> Option<PythonVersion> {
    let name = text.rsplit('/').next()?;
    name.strip_prefix("python").or(name.strip_prefix("pip")).and_then(minor_version)
}

/// The version in `3.11`, `python3.11` and `cpython-3.11.9`.
fn version_in(text: &str) -> Option<PythonVersion> {
    let start = text.find(|letter: char| letter.is_ascii_digit())?;
    let rest = text.get(start..)?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches('.').parse().ok()
}
