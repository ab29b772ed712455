//! `python` is called, and the image has only `python3`.
//!
//! The packages of Ubuntu and Debian bring the command `python3`; `python` comes with the package
//! `python-is-python3`, and in virtual environments. The container, or the build, ends with `python: not found`.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'command -v python'`.
//!
//! Write `python3`, or use a virtual environment.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::{Kind, Manager, Word};
use crate::written::{History, shipped};
use serde::Serialize;

/// `python` is called, and the image has only `python3`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("there is no command `python` in the image, only `python3`")]
pub struct PythonCommandMissing {
    /// Where it is written.
    pub place: Place,
}

impl PythonCommandMissing {
    pub(super) const CODE: &str = "image/python-command-missing";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(history) = shipped(scene) else { return Vec::new() };
        if !has_only_python3(&history) {
            return Vec::new();
        }
        let called = history.instructions.iter().flat_map(|instruction| match &instruction.kind {
            Kind::Cmd(words) | Kind::Entrypoint(words) => words.words.iter().take(1).collect(),
            Kind::Healthcheck(Some(words), _) => words.words.iter().take(1).collect(),
            Kind::Run(run) => run.commands.iter().filter_map(|it| it.words.first()).collect(),
            _ => Vec::<&Word>::new(),
        });
        let python = called.filter(|word| word.text == "python");
        python.map(|word| Self { place: history.place(word) }).collect()
    }
}

fn has_only_python3(history: &History<'_>) -> bool {
    let names = history.package_names();
    let links = history.commands().any(|(_, command)| {
        command.is(&["ln", "update-alternatives"])
            && command.argument_texts().any(|text| text.ends_with("/python") || text == "python")
    });
    history.plain_distribution().is_some()
        && history.uses_apt()
        && history.packages().all(|(_, installed)| installed.manager == Manager::Apt)
        && names.iter().any(|name| name.starts_with("python3"))
        && !names.iter().any(|name| matches!(*name, "python-is-python3" | "python" | "python2"))
        && !links
        && !history.has_other_python()
        && !history.has_unknown_packages()
}

impl Diagnosis for PythonCommandMissing {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("write `python3`")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, PythonCommandMissing::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\nRUN apt-get update && apt-get install -y python3";
        check(&format!("{base}\nCMD [\"python\", \"a.py\"]\n"), 1);
        check(&format!("{base}\nRUN python -c 'pass'\nCMD python a.py\n"), 2);
        check(&format!("{base}\nCMD [\"python3\", \"a.py\"]\n"), 0);
        check(&format!("{base} python-is-python3\nCMD [\"python\", \"a.py\"]\n"), 0);
        check(&format!("{base}\nRUN python3 -m venv /v\nENV PATH=/v/bin:$PATH\nCMD [\"python\"]\n"), 0);
        check("FROM python:3.12\nCMD [\"python\"]\n", 0);
    }
}
