//! A package asks a question while it is installed, and nobody is there to answer.
//!
//! `tzdata` asks for the time zone and `keyboard-configuration` for the keyboard. In a build there is no
//! terminal: it hangs at the question, or writes pages of warnings and goes on with a guess.
//!
//! See for yourself with `docker build --progress=plain`: the last line is a question.
//!
//! Set `DEBIAN_FRONTEND=noninteractive` for the command. As an `ARG` it holds for the whole build and is
//! not in the image; as an `ENV` it would also silence whoever works in a container.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::Manager;
use crate::written::{histories, once};
use serde::Serialize;

/// A package asks a question while it is installed, and nobody is there to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` asks a question while it is installed, and `DEBIAN_FRONTEND` is not set")]
pub struct AptInteractive {
    /// The package.
    pub package: String,
    /// Where it is written.
    pub place: Place,
}

impl AptInteractive {
    pub(super) const CODE: &str = "image/apt-interactive";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let is_quiet = history.variables().any(|(name, _)| name == "DEBIAN_FRONTEND");
            for (run, installed) in history.packages() {
                let asks = installed.packages.iter().any(|it| ASKING.contains(&it.name));
                if is_quiet || !asks || installed.manager != Manager::Apt {
                    continue;
                }
                let text = &run.text;
                let answers = ["DEBIAN_FRONTEND", "debconf", "/etc/timezone"];
                let is_answered = answers.iter().any(|answer| {
                    text.contains(answer) || run.heredocs.iter().any(|it| it.text.contains(answer))
                });
                if is_answered {
                    continue;
                }
                for package in installed.packages.iter().filter(|it| ASKING.contains(&it.name)) {
                    let place = history.file.place(package.span.start);
                    once(&mut found, Self { package: package.name.to_owned(), place });
                }
            }
        }
        found
    }
}

/// Packages that ask whoever installs them.
const ASKING: [&str; 3] = ["console-setup", "keyboard-configuration", "tzdata"];

impl Diagnosis for AptInteractive {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("write `ARG DEBIAN_FRONTEND=noninteractive` above the instruction")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, AptInteractive::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\n";
        check(&format!("{base}RUN apt-get update && apt-get install -y tzdata git\n"), 1);
        let quiet = "DEBIAN_FRONTEND=noninteractive";
        check(&format!("{base}RUN apt-get update && {quiet} apt-get install -y tzdata\n"), 0);
        check(&format!("{base}ENV {quiet}\nRUN apt-get install -y tzdata\n"), 0);
        check(&format!("{base}ARG {quiet}\nRUN apt-get install -y tzdata\n"), 0);
        check(&format!("{base}RUN <<E\nexport {quiet}\napt-get install -y tzdata\nE\n"), 0);
        check(&format!("{base}RUN apt-get update && apt-get install -y git\n"), 0);
    }
}
