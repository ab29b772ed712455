//! The package manager that is called is that of another distribution.
//!
//! Ubuntu and Debian have `apt-get`; UBI, Rocky Linux, AlmaLinux, CentOS, Fedora and Amazon Linux have `dnf`,
//! `yum` or `microdnf`; Alpine has `apk`. The name of the base says which: `…-ubi9` of `nvidia/cuda` is Red Hat's.
//! The build ends with `apt-get: command not found` (127), and what is installed by such a line is not
//! judged any further.
//!
//! See for yourself with `docker run --rm BASE sh -c 'command -v apt-get dnf apk'`.
//!
//! Call the package manager of the base, with the names that packages have there, or take the base of the
//! distribution that the file was written for.

use super::{Diagnosis, Fix};
use crate::{Base, Place, Scene};
use crate::dockerfile::{Manager, action};
use crate::written::{histories, once};
use serde::Serialize;

/// The package manager that is called is that of another distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("there is no `{program}` in `{base}`, which has `{has}`")]
pub struct PackageManagerNotInBase {
    /// What is called.
    pub program: String,
    /// The base.
    pub base: String,
    /// What the base has.
    pub has: &'static str,
    /// Where it is called.
    pub place: Place,
}

impl PackageManagerNotInBase {
    pub(super) const CODE: &str = "image/package-manager-not-in-base";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let base = &history.recipe.base.value;
            let Some(own) = base.manager() else { continue };
            let names: Vec<&str> = history.package_names();
            // Who asks which one is there has thought of both.
            let asks = history.commands().any(|(_, it)| it.is(&["command", "which", "type"]));
            for run in history.runs() {
                for (index, command) in run.commands.iter().enumerate() {
                    let program = command.program();
                    let is_other = action(command).is_some_and(|(manager, _)| manager != own);
                    if is_other && !asks && !run.is_guarded(index) && !names.contains(&program) {
                        let (program, base) = (program.to_owned(), shown(base));
                        let place = history.file.place(command.span.start);
                        once(&mut found, Self { program, base, has: name(own), place });
                        // What comes behind it does not run any more.
                        break;
                    }
                }
            }
        }
        found
    }
}

fn shown(base: &Base) -> String {
    match base {
        Base::Cuda { reference, .. } | Base::Other(reference) => reference.to_string(),
        Base::Scratch => "scratch".to_owned(),
        Base::Open(text) => text.clone(),
    }
}

fn name(manager: Manager) -> &'static str {
    match manager {
        Manager::Apt => "apt-get",
        Manager::Apk => "apk",
        Manager::Dnf => "dnf",
        Manager::Zypper => "zypper",
    }
}

impl Diagnosis for PackageManagerNotInBase {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        Fix::alternatives([
            format!("call `{}`, with the names that packages have there", self.has),
            format!("take a base that has `{}`", self.program),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{check, example};

    #[test]
    fn compares_with_the_distribution() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, PackageManagerNotInBase::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let ubi = "FROM nvidia/cuda:12.6.3-base-ubi9\n";
        let ubuntu = "FROM nvidia/cuda:12.6.3-base-ubuntu22.04\n";
        check(&format!("{ubi}RUN apt-get update && apt-get install -y python3-pip"), 1);
        check(&format!("{ubi}RUN apk add python3"), 1);
        check(&format!("{ubuntu}RUN dnf install -y python3.11"), 1);
        check("FROM registry.access.redhat.com/ubi9/ubi:9.5\nRUN apt-get update", 1);
        check("FROM python:3.12-alpine\nRUN apt-get update", 1);
        check("FROM python:3.12-slim\nRUN apk add git", 1);
        check(&format!("{ubi}RUN dnf install -y python3.11 && microdnf clean all"), 0);
        check(&format!("{ubuntu}RUN apt-get update && apt install -y git"), 0);
        check(&format!("{ubi}RUN if command -v apt-get; then apt-get update; else dnf update; fi"), 0);
        check(&format!("{ubi}RUN apt-get update || true"), 0);
        check("FROM team/base:1\nRUN apt-get update && apk add git", 0);
    }

    #[test]
    fn what_it_installs_is_not_judged() {
        let text = "FROM nvidia/cuda:12.2.2-runtime-ubi8\nRUN apt-get install python3.14\nUSER 1001\n";
        let codes: Vec<_> = example::dockerfile(text, check).iter().map(|it| it.code()).collect();
        let apt = codes.iter().filter(|code| code.contains("apt") || code.contains("python"));
        assert_eq!(apt.count(), 0, "{codes:?}");
    }
}
