//! Where the Python packages of a stage go: into a virtual environment, the system, or elsewhere.

use super::{Dockerfile, Instruction, Kind, Pip, PipProgram, ShellCommand, Word};
use std::ops::Range;

/// The virtual environments of a stage and those that it builds on, and what is installed where.
#[derive(Debug, Clone, Default)]
pub(crate) struct PythonPlaces {
    /// In the order in which they are made.
    pub(crate) venvs: Vec<Venv>,
    /// Every command that installs packages, in its order.
    pub(crate) installs: Vec<Installed>,
    /// The folders of `PATH` that were put before those of the base image.
    pub(crate) path: Vec<String>,
    /// Where `PATH` was set last.
    pub(crate) path_span: Option<Range<usize>>,
    /// The working folder.
    pub(crate) folder: String,
}

/// A virtual environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Venv {
    pub(crate) path: String,
    /// What makes it: `python3.11`, `python3`, `uv`.
    pub(crate) program: String,
    /// The version that uv is asked for.
    pub(crate) version: Option<String>,
    /// Whether it sees the system's packages.
    pub(crate) sees_system: bool,
    /// Where it is written.
    pub(crate) span: Range<usize>,
}

/// A command that installs packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installed {
    pub(crate) to: InstalledTo,
    /// The stage in which it stands.
    pub(crate) stage: usize,
    /// Whether more than tools for a build is installed.
    pub(crate) is_more_than_tools: bool,
    /// Where it is written.
    pub(crate) span: Range<usize>,
}

/// Where packages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InstalledTo {
    /// The folder of a virtual environment.
    Venv(String),
    /// The `site-packages` of the program that was called.
    System,
    /// `~/.local`
    User,
    /// A folder behind `--target` or `--prefix`.
    Folder(String),
    /// That is not known.
    Unknown,
}

impl PythonPlaces {
    /// Those at the end of a stage.
    pub(crate) fn of(file: &Dockerfile, stage: usize) -> Self {
        let mut found = Self::default();
        let mut lineage: Vec<usize> = file.lineage(stage).collect();
        lineage.reverse();
        let mut environment = Vec::new();
        for stage in lineage {
            for instruction in file.of_stage(stage) {
                found.instruction(stage, instruction, &mut environment);
            }
        }
        found
    }

    fn instruction(
        &mut self,
        stage: usize,
        instruction: &Instruction,
        environment: &mut Vec<(String, String)>,
    ) {
        match &instruction.kind {
            Kind::Workdir(folder) => self.folder = join(&self.folder, &folder.text),
            Kind::Env(pairs) => {
                for pair in pairs {
                    let Some(value) = &pair.value else { continue };
                    if pair.name.text == "PATH" {
                        let folders =
                            value.text.split(':').filter(|folder| !folder.contains("$PATH"));
                        self.path =
                            folders.map(|folder| folder.trim_end_matches('/').to_owned()).collect();
                        self.path_span = Some(pair.name.span.clone());
                    }
                    environment.push((pair.name.text.clone(), value.text.clone()));
                }
            }
            Kind::Run(run) => {
                let mut active = None;
                for command in &run.commands {
                    if let Some(venv) = self.made(command) {
                        self.venvs.push(venv);
                    }
                    if matches!(command.program(), "." | "source" | "activate")
                        && let Some(path) = command.arguments().first()
                        && let Some(path) = path.text.strip_suffix("/bin/activate")
                    {
                        active = Some(join(&self.folder, path));
                    }
                    let Some(pip) = Pip::of(command).filter(Pip::installs) else { continue };
                    self.installs.push(Installed {
                        to: self.target(&pip, active.as_deref(), environment),
                        stage,
                        is_more_than_tools: is_more_than_tools(&pip),
                        span: command.span.clone(),
                    });
                }
            }
            _ => {}
        }
    }

    /// The virtual environment that a command makes.
    fn made(&self, command: &ShellCommand) -> Option<Venv> {
        let words = command.arguments();
        let program = command.program();
        let rest = if program == "virtualenv" {
            words
        } else if program == "uv" && words.first()?.text == "venv" {
            words.get(1..)?
        } else if program.starts_with("python") {
            let at = words.windows(2).position(|pair| {
                matches!(pair, [option, module]
                    if option.text == "-m" && matches!(module.text.as_str(), "venv" | "virtualenv"))
            })?;
            words.get(at + 2..)?
        } else {
            return None;
        };
        let mut version = None;
        let mut path: Option<&Word> = None;
        let mut sees_system = false;
        let mut rest = rest.iter();
        while let Some(word) = rest.next() {
            match word.text.as_str() {
                "-p" | "--python" => version = rest.next().map(|word| word.text.clone()),
                "--prompt" => {
                    rest.next();
                }
                "--system-site-packages" => sees_system = true,
                text if text.starts_with("--python=") => {
                    version = text.strip_prefix("--python=").map(str::to_owned);
                }
                text if text.starts_with('-') => {}
                _ => path = path.or(Some(word)),
            }
        }
        let named = path.map_or(".venv", |word| &word.text);
        Some(Venv {
            path: join(&self.folder, named),
            program: program.to_owned(),
            version,
            sees_system,
            span: path.map_or(command.span.clone(), |word| word.span.clone()),
        })
    }

    fn target(
        &self,
        pip: &Pip<'_>,
        active: Option<&str>,
        environment: &[(String, String)],
    ) -> InstalledTo {
        let set = |name: &str| {
            let last = environment.iter().rev().find(|(known, _)| known == name);
            last.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
        };
        if let Some(folder) = pip.folder {
            return InstalledTo::Folder(join(&self.folder, folder));
        }
        if pip.has(&["--user"]) {
            return InstalledTo::User;
        }
        let in_venv = |path: &str| InstalledTo::Venv(join(&self.folder, path));
        match pip.program {
            PipProgram::Uv if matches!(pip.action, "sync" | "add") && !pip.is_uv_pip => {
                in_venv(set("UV_PROJECT_ENVIRONMENT").unwrap_or(".venv"))
            }
            PipProgram::Uv if pip.has(&["--system"]) || set("UV_SYSTEM_PYTHON").is_some() => {
                InstalledTo::System
            }
            PipProgram::Uv => match active.or(set("VIRTUAL_ENV")) {
                Some(path) => in_venv(path),
                None => match pip.python.filter(|python| python.starts_with('/')) {
                    Some(python) => {
                        InstalledTo::Venv(python.split("/bin/").next().unwrap_or(python).to_owned())
                    }
                    None => InstalledTo::Unknown,
                },
            },
            PipProgram::Pip(path) | PipProgram::Python(path) => match path.rsplit_once("/bin/") {
                Some(("/usr" | "/usr/local" | "", _)) => InstalledTo::System,
                Some((prefix, _)) => in_venv(prefix),
                None if active.is_some() => in_venv(active.unwrap_or_default()),
                None => {
                    let on_path = self.path.first().and_then(|folder| folder.strip_suffix("/bin"));
                    let is_venv = |path: &&str| self.venvs.iter().any(|venv| venv.path == *path);
                    on_path
                        .filter(is_venv)
                        .map_or(InstalledTo::System, |path| InstalledTo::Venv(path.to_owned()))
                }
            },
        }
    }

    /// The virtual environment whose programs come first.
    pub(crate) fn first_on_path(&self) -> Option<&Venv> {
        let first = self.path.first()?.strip_suffix("/bin")?;
        self.venvs.iter().rev().find(|venv| venv.path == first)
    }
}

/// What is installed to build something else with, or to install with.
const TOOLS: [&str; 16] = [
    "auditwheel",
    "build",
    "cmake",
    "conan",
    "cython",
    "hatchling",
    "meson",
    "ninja",
    "packaging",
    "pip",
    "pipenv",
    "poetry",
    "pybind11",
    "setuptools",
    "uv",
    "wheel",
];

fn is_more_than_tools(pip: &Pip<'_>) -> bool {
    let is_tool = |word: &Word| {
        let end = word.text.find(['=', '<', '>', '!', '~', '[']).unwrap_or(word.text.len());
        TOOLS.contains(&word.text.get(..end).unwrap_or_default())
    };
    let names_only = pip.files.is_empty() && pip.editable.is_empty() && pip.action == "install";
    !(names_only && pip.requirements.iter().copied().all(is_tool))
}

fn join(folder: &str, path: &str) -> String {
    let path = path.trim_end_matches('/');
    if path.starts_with(['/', '$', '~']) {
        return path.to_owned();
    }
    let path = path.trim_start_matches("./");
    format!("{}/{path}", folder.trim_end_matches('/'))
}
