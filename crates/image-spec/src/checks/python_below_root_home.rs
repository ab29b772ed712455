//! The Python is in root's home, and the image runs as another user.
//!
//! uv keeps the Pythons that it downloads in `~/.local/share/uv/python`. While the image is built that is
//! `/root/.local/share/uv/python`, and `/root` is closed to everybody else (mode 0700). A virtual environment
//! holds only a link into that folder, so that after `USER 10001` every start ends with `python: Permission
//! denied`, although the environment itself can be read.
//!
//! See for yourself with `docker run --rm --entrypoint readlink IMAGE -f /opt/venv/bin/python`, and the same with
//! `--user 0`.
//!
//! Let uv keep its Pythons where all can read them: `ENV UV_PYTHON_INSTALL_DIR=/opt/python` above the first call of
//! uv; or take the distribution's Python.

use super::{Diagnosis, Fix};
use crate::{Base, Place, PythonFrom, Scene};
use crate::dockerfile::{Kind, Run, ShellCommand};
use crate::written::{History, histories, once};
use serde::Serialize;
use std::collections::BTreeMap;

/// The Python is in root's home, and the image runs as another user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("uv puts Python into `/root/.local/share/uv/python`, which the user `{user}` cannot enter")]
pub struct PythonBelowRootHome {
    /// The user at the end.
    pub user: String,
    /// Where Python is installed.
    pub place: Place,
}

impl PythonBelowRootHome {
    pub(super) const CODE: &str = "image/python-below-root-home";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let recipe = history.recipe;
            let Some(user) = recipe.user.as_ref().filter(|_| recipe.usage.is_some()) else { continue };
            if is_root(&user.value) || user.value.contains('$') || is_opened(&history) {
                continue;
            }
            let at = installing(&history).map(|command| command.span.start);
            if let Some(at) = at.or_else(|| copying(&history)) {
                let place = history.file.place(at);
                once(&mut found, Self { user: user.value.clone(), place });
            }
        }
        found
    }
}

fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), Some("root" | "0"))
}

/// Whether somebody opens root's home, or takes the Python out of it.
fn is_opened(history: &History<'_>) -> bool {
    history.commands().any(|(_, command)| {
        command.is(&["chmod", "mv", "cp", "setfacl"])
            && command.argument_texts().any(|text| text.starts_with("/root") || text.starts_with('~'))
    })
}

/// Where uv's folder of Pythons is copied to the same place.
fn copying(history: &History<'_>) -> Option<usize> {
    history.instructions.iter().find_map(|instruction| match &instruction.kind {
        Kind::Copy(copied) if copied.from().is_some() => {
            let target = &copied.target;
            target.text.starts_with("/root/.local/share/uv").then_some(target.span.start)
        }
        _ => None,
    })
}

/// The first call of uv that puts a Python into root's home.
fn installing<'a>(history: &History<'a>) -> Option<&'a ShellCommand> {
    // Who the user of other bases is, is not known.
    let mut as_root = matches!(history.recipe.base.value, Base::Cuda { .. })
        || history.plain_distribution().is_some();
    let downloads = history.recipe.python_from == Some(PythonFrom::Uv);
    let mut variables: BTreeMap<&str, &str> = BTreeMap::new();
    for instruction in &history.instructions {
        match &instruction.kind {
            Kind::User(user) => as_root = is_root(&user.text),
            Kind::Env(pairs) | Kind::Arg(pairs) => {
                let set = pairs.iter().filter_map(|pair| Some((&pair.name, pair.value.as_ref()?)));
                variables.extend(set.map(|(name, value)| (name.text.as_str(), value.text.as_str())));
            }
            Kind::Run(run) if as_root => {
                let found = run.commands.iter().find(|command| {
                    gets_a_python(command, downloads) && goes_home(run, command, &variables)
                });
                if found.is_some() {
                    return found;
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether it makes uv download a Python.
fn gets_a_python(command: &ShellCommand, downloads: bool) -> bool {
    let mut words = command.argument_texts().filter(|text| !text.starts_with('-'));
    let action = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let other = ["--install-dir", "-i", "--no-python-downloads", "--no-managed-python", "--system"];
    // A path names a Python that is there.
    let named = command.argument_texts().any(|text| {
        other.iter().any(|option| text.split('=').next() == Some(option))
            || text.rsplit('/').next().is_some_and(|name| name != text && name.starts_with("python"))
    });
    command.is(&["uv"])
        && !named
        && match action {
            ("python", "install") => true,
            ("venv" | "sync" | "run", _) => downloads,
            _ => false,
        }
}

/// Whether the folder of Pythons is below `/root`, by the variables that uv reads.
fn goes_home(run: &Run, command: &ShellCommand, variables: &BTreeMap<&str, &str>) -> bool {
    // `export A=b && uv …` and `A=b uv …`
    let assigned = |name: &str| {
        let own = command.assigned(name).map(|word| word.text.as_str());
        let before = run.commands.iter().take_while(|it| it.span.start < command.span.start);
        let before = before.filter(|it| it.words.is_empty() || it.is(&["export"]));
        let exported = before.filter_map(|it| {
            let words = it.argument_texts().find_map(|text| text.strip_prefix(name)?.strip_prefix('='));
            words.or_else(|| it.assigned(name).map(|word| word.text.as_str()))
        });
        own.or_else(|| exported.last()).or_else(|| variables.get(name).copied())
    };
    let is_below = |folder: &str| folder.starts_with("/root") || folder.starts_with('~');
    let never = assigned("UV_PYTHON_DOWNLOADS").is_some_and(|value| value == "never")
        || assigned("UV_PYTHON_PREFERENCE").is_some_and(|value| value == "only-system")
        || assigned("UV_PYTHON").is_some_and(|value| value.starts_with('/'))
        || ["UV_NO_MANAGED_PYTHON", "UV_SYSTEM_PYTHON"].iter().any(|name| assigned(name).is_some());
    let folder = ["UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME", "HOME"];
    let folder = folder.iter().find_map(|name| assigned(name));
    !never
        && folder.is_none_or(is_below)
        && !run.has_cache_at("/root/.local/share/uv/python")
}

impl Diagnosis for PythonBelowRootHome {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("write `ENV UV_PYTHON_INSTALL_DIR=/opt/python` above the first call of uv")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn follows_the_folder_and_the_user() {
        let check = |text: &str, expected: usize| {
            let text = format!("FROM nvidia/cuda:12.6.3-base-ubuntu22.04\n{text}\n");
            let found = example::dockerfile(&text, PythonBelowRootHome::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let install = "RUN uv python install 3.12 && uv venv --python 3.12 /opt/venv";
        check(&format!("{install}\nUSER 10001"), 1);
        check("RUN uv venv --python 3.13 /opt/venv\nUSER app", 1);
        check("ENV UV_PYTHON=3.12\nRUN uv sync --frozen\nUSER 1000", 1);
        check(&format!("ENV XDG_DATA_HOME=/root/data\n{install}\nUSER 1"), 1);
        check("COPY --from=b /root/.local/share/uv /root/.local/share/uv\nUSER 1", 1);
        check(install, 0);
        check(&format!("{install}\nUSER root"), 0);
        check(&format!("ENV UV_PYTHON_INSTALL_DIR=/opt/python\n{install}\nUSER 1"), 0);
        check("RUN UV_PYTHON_INSTALL_DIR=/opt/python uv python install 3.12\nUSER 1", 0);
        check("RUN export UV_PYTHON_INSTALL_DIR=/p && uv python install 3.12\nUSER 1", 0);
        check("RUN uv python install --install-dir /opt/python 3.12\nUSER 1", 0);
        check(&format!("USER app\n{install}"), 0);
        check(&format!("{install}\nRUN chmod 755 /root\nUSER 1"), 0);
        check("RUN apt-get install -y python3.10 && uv venv --python 3.10 /v\nUSER 1", 0);
        check("RUN uv venv --python /usr/bin/python3.10 /v\nUSER 1", 0);
        check("RUN uv pip install --system torch==2.8.0\nUSER 1", 0);
    }
}
