//! A command is called that the base does not have.
//!
//! The images of `nvidia/cuda` hold little: no `wget`, no `curl`, no `git`, no `unzip`, no
//! `add-apt-repository`, and neither Python nor pip. The build ends with `not found` (127), or in a pipe goes on with nothing.
//!
//! See for yourself with `docker run --rm BASE sh -c 'command -v wget'`.
//!
//! Install the package that has it, in an instruction before or in the same one; or fetch with `ADD`, which needs
//! nothing in the image.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{histories, once};
use serde::Serialize;

/// A command is called that the base does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("there is no `{command}` in the image: `{package}` is not installed before it")]
pub struct CommandNotInImage {
    /// The command.
    pub command: String,
    /// The package that has it.
    pub package: String,
    /// Where it is written.
    pub place: Place,
}

impl CommandNotInImage {
    pub(super) const CODE: &str = "image/command-not-in-image";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let is_apt = history.cuda_tag().is_some_and(|tag| tag.os.starts_with("ubuntu"));
            if !is_apt || history.copies_programs() || history.has_unknown_packages() {
                continue;
            }
            // Who tests for a command knows that it may be missing.
            let tests = history.commands().any(|(_, it)| it.is(&["command", "which", "type", "conda"]));
            for (_, command) in history.commands().filter(|_| !tests) {
                let Some((name, package)) = TOOLS.iter().find(|row| row.0 == command.program()) else {
                    continue;
                };
                if name.starts_with("pip") && history.has_other_python() {
                    continue;
                }
                let is_path = command.words.first().is_some_and(|word| word.text.contains('/'));
                let before = history.packages().any(|(_, installed)| {
                    installed.packages.iter().any(|it| {
                        it.span.start < command.span.start && brings(it.name, name, package)
                    })
                });
                if !before && !is_path && !command.condition {
                    let (command_name, package) = ((*name).to_owned(), (*package).to_owned());
                    let place = history.file.place(command.span.start);
                    once(&mut found, Self { command: command_name, package, place });
                }
            }
        }
        found
    }
}

/// Commands that are missed most, and the package of each; sorted.
const TOOLS: [(&str, &str); 7] = [
    ("add-apt-repository", "software-properties-common"),
    ("curl", "curl"),
    ("git", "git"),
    ("pip", "python3-pip"),
    ("pip3", "python3-pip"),
    ("unzip", "unzip"),
    ("wget", "wget"),
];

/// Whether a package brings the command: it is the one, or one that depends on it.
fn brings(installed: &str, command: &str, package: &str) -> bool {
    installed == package || installed.starts_with(&format!("{command}-")) || installed == "devscripts"
}

impl Diagnosis for CommandNotInImage {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!("install `{}` with apt-get before it", self.package))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, CommandNotInImage::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}RUN wget -q https://x/y\n"), 1);
        check(&format!("{base}RUN curl -fsSL https://x/y | bash -s\n"), 0);
        check(&format!("{base}RUN git clone https://x/y\n"), 1);
        check(&format!("{base}RUN apt-get update && apt-get install -y wget && wget -q https://x/y\n"), 0);
        check(&format!("{base}RUN apt-get install -y git-lfs\nRUN git clone https://x/y\n"), 0);
        check(&format!("{base}RUN apt-get install -y $TOOLS\nRUN git clone https://x/y\n"), 0);
        check(&format!("{base}RUN pip install numpy\n"), 1);
        let venv = "RUN apt-get install -y python3-venv && python3 -m venv /v\nENV PATH=/v/bin:$PATH\n";
        check(&format!("{base}{venv}RUN pip install numpy\n"), 0);
        check("FROM python:3.12\nRUN wget -q https://x/y\n", 0);
    }
}
