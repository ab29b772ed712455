//! apt-get installs packages and has no list of packages.
//!
//! The images of NVIDIA, Ubuntu and Debian hold no package lists, and a good Dockerfile deletes them again
//! behind each installation. `apt-get install` without `apt-get update` before it then ends with `E: Unable
//! to locate package`, whatever the package is called.
//!
//! See for yourself with `docker run --rm IMAGE ls /var/lib/apt/lists`.
//!
//! Put `apt-get update &&` in front, in the same `RUN`: as an instruction of its own it would be taken from
//! the build cache while the archive moves on.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::{Manager, Packages};
use crate::written::{History, histories, once};
use serde::Serialize;

/// apt-get installs packages and has no list of packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`apt-get install` finds no package: no `apt-get update` comes before it")]
pub struct AptWithoutUpdate {
    /// Where it is written.
    pub place: Place,
}

impl AptWithoutUpdate {
    pub(super) const CODE: &str = "image/apt-without-update";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            for place in without_lists(&history) {
                once(&mut found, Self { place });
            }
        }
        found
    }
}

/// Where something is installed and there are certainly no lists.
fn without_lists(history: &History<'_>) -> Vec<Place> {
    let mut found = Vec::new();
    if !history.recipe.base.value.may_have(Manager::Apt) {
        return found;
    }
    // `None`: it is not known what the base holds.
    let mut lists = history.plain_distribution().map(|_| false);
    for run in history.runs() {
        let before = lists;
        let is_mounted = run.has_cache_at("/var/lib/apt/lists");
        for command in &run.commands {
            if command.is(&["apt-get", "apt", "aptitude"]) && command.has(&["update"]) {
                lists = Some(true);
            } else if command.is(&["rm", "find"]) && run.text.contains("/var/lib/apt/lists") {
                lists = Some(false);
            } else if command.is(&["sh", "bash", "source", "."]) && !command.has(&["-c"])
                || command.program().ends_with(".sh")
                || command.is(&["add-apt-repository", "apt-add-repository"])
            {
                // It may update the lists; `add-apt-repository` does so in Ubuntu.
                lists = None;
            }
            let installs = Packages::of(command).is_some_and(|it| {
                it.manager == Manager::Apt
                    && it.packages.iter().any(|package| !package.name.contains('/'))
            });
            if installs && lists == Some(false) && !is_mounted {
                found.push(history.file.place(command.span.start));
            }
        }
        if is_mounted {
            // What was fetched is in the cache and not in the image.
            lists = before;
        }
    }
    found
}

impl Diagnosis for AptWithoutUpdate {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "write `apt-get update && apt-get install …` in one `RUN`, and delete \
             `/var/lib/apt/lists/*` at its end",
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
            let found = example::dockerfile(text, AptWithoutUpdate::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-runtime-ubuntu22.04\n";
        check(&format!("{base}RUN apt-get install -y git\n"), 1);
        check(&format!("{base}RUN apt-get update && apt-get install -y git\n"), 0);
        check(&format!("{base}RUN apt-get update\nRUN apt-get install -y git\n"), 0);
        let clean = "RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*";
        check(&format!("{base}{clean}\nRUN apt-get install -y curl\n"), 1);
        check(&format!("{base}RUN ./setup.sh\nRUN apt-get install -y curl\n"), 0);
        check("FROM example.com/ours:1\nRUN apt-get install -y git\n", 0);
        let mount = "RUN --mount=type=cache,target=/var/lib/apt";
        check(&format!("{base}{mount} apt-get update\n{mount} apt-get install -y git\n"), 0);
    }
}
