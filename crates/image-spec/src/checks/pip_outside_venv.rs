//! pip installs into the distribution's Python, which the distribution has locked.
//!
//! Ubuntu from 23.04 and Debian from 12 mark their Python as externally managed (PEP 668). `pip install`
//! outside of a virtual environment then ends with `error: externally-managed-environment`.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'ls /usr/lib/python3*/EXTERNALLY-MANAGED'`.
//!
//! Make a virtual environment, put it on `PATH`, and install into that. `--break-system-packages` works as
//! well, and mixes pip's files with those of the distribution.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::{Pip, PipProgram};
use crate::written::{History, histories, once};
use cuda_compat::PythonVersion;
use serde::Serialize;

/// pip installs into the distribution's Python, which the distribution has locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("pip refuses to install into the Python of `{os}`, which is externally managed")]
pub struct PipOutsideVenv {
    /// The distribution.
    pub os: String,
    /// Where it is written.
    pub place: Place,
}

impl PipOutsideVenv {
    pub(super) const CODE: &str = "image/pip-outside-venv";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let Some(os) = history.plain_distribution() else { continue };
            if os.externally_managed != Some(true) || is_unlocked(&history) {
                continue;
            }
            for (run, command, pip) in history.pip() {
                // A Python of another version is none of the distribution's, if it is there at all.
                let is_other = pip.program.version().is_some_and(|version| {
                    let meant = version.parse::<PythonVersion>();
                    version.contains('.')
                        && meant.is_ok_and(|meant| Some(meant.minor_line()) != os.default_python)
                });
                if !is_other && is_for_the_system(&pip) && !run.text.contains("EXTERNALLY-MANAGED") {
                    let place = history.file.place(command.span.start);
                    once(&mut found, Self { os: os.id(), place });
                }
            }
        }
        found
    }
}

/// Whether another Python is used, or the lock was taken off.
fn is_unlocked(history: &History<'_>) -> bool {
    let names = history.package_names();
    let has_pip = names.iter().any(|name| matches!(*name, "python3-pip" | "python3-full" | "pip"));
    let allowed = ["PIP_BREAK_SYSTEM_PACKAGES", "UV_BREAK_SYSTEM_PACKAGES", "PIP_TARGET"];
    !has_pip
        || history.has_other_python()
        || history.variables().any(|(name, _)| allowed.contains(&name))
        || history.runs().any(|run| {
            run.text.contains("EXTERNALLY-MANAGED") || run.text.contains("break-system-packages true")
        })
}

/// Whether it would write into the Python of the distribution.
fn is_for_the_system(pip: &Pip<'_>) -> bool {
    let elsewhere = ["--break-system-packages", "--target", "-t", "--prefix", "--root", "--dry-run"];
    let is_plain = match pip.program {
        PipProgram::Pip(path) | PipProgram::Python(path) => !path.contains('/'),
        PipProgram::Uv => pip.has(&["--system"]),
    };
    is_plain && pip.action == "install" && !pip.has(&elsewhere)
}

impl Diagnosis for PipOutsideVenv {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "write `RUN python3 -m venv /opt/venv` and `ENV PATH=/opt/venv/bin:$PATH` above it, with \
             `python3-venv` installed",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, PipOutsideVenv::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu24.04\n\
                    RUN apt-get update && apt-get install -y python3-pip python3-venv\n";
        check(&format!("{base}RUN pip3 install numpy\n"), 1);
        check(&format!("{base}RUN python3 -m pip install numpy\n"), 1);
        check(&format!("{base}RUN python3.12 -m pip install numpy\n"), 1);
        check(&format!("{base}RUN python3.11 -m pip install numpy\n"), 0);
        check(&format!("{base}RUN pip3 install --break-system-packages numpy\n"), 0);
        check(&format!("{base}ENV PIP_BREAK_SYSTEM_PACKAGES=1\nRUN pip3 install numpy\n"), 0);
        check(&format!("{base}RUN python3 -m venv /v && /v/bin/pip install numpy\n"), 0);
        check(&format!("{base}RUN pip3 install --target /app numpy\n"), 0);
        let venv = "RUN python3 -m venv /v\nENV PATH=/v/bin:$PATH\n";
        check(&format!("{base}{venv}RUN pip install numpy\n"), 0);
        check("FROM python:3.12-slim-trixie\nRUN pip install numpy\n", 0);
        let jammy = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\nRUN apt-get install -y python3-pip\n";
        check(&format!("{jammy}RUN pip3 install numpy\n"), 0);
    }
}
