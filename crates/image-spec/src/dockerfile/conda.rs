//! What a command installs with Conda.

use super::{ShellCommand, Word};

/// `conda install`, `mamba create`, `micromamba install` and their like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conda<'a> {
    /// What is installed: `python=3.11`, `pytorch`.
    pub(crate) packages: Vec<&'a Word>,
    /// The channels.
    pub(crate) channels: Vec<&'a Word>,
    /// Files of environments and packages that are read.
    pub(crate) files: Vec<&'a Word>,
}

impl<'a> Conda<'a> {
    /// What a command installs; `None` where it installs nothing.
    pub(crate) fn of(command: &'a ShellCommand) -> Option<Self> {
        if !command.is(&["conda", "mamba", "micromamba", "miniconda"]) {
            return None;
        }
        let words = command.arguments();
        let mut actions = words.iter().take_while(|word| !word.text.starts_with('-'));
        let installs = |text: &str| matches!(text, "install" | "create" | "update");
        let first = actions.next()?;
        let is_env = first.text == "env";
        let action = if is_env { actions.next()? } else { first };
        if !installs(&action.text) {
            return None;
        }
        let mut found = Self { packages: Vec::new(), channels: Vec::new(), files: Vec::new() };
        let mut rest = words.iter().skip(if is_env { 2 } else { 1 });
        while let Some(word) = rest.next() {
            match word.text.as_str() {
                "-c" | "--channel" => found.channels.extend(rest.next()),
                "-f" | "--file" => found.files.extend(rest.next()),
                "-n" | "--name" | "-p" | "--prefix" | "--solver" | "--clone" => {
                    rest.next();
                }
                text if text.starts_with("--file=") => found.files.push(word),
                text if text.starts_with('-') => {}
                _ => found.packages.push(word),
            }
        }
        Some(found)
    }

    /// The version behind `name=`, `name==` or `name>=`, and nothing where it is not pinned.
    pub(crate) fn version_of(&self, name: &str) -> Option<&str> {
        self.packages.iter().find_map(|word| {
            let spec = word.text.rsplit("::").next().unwrap_or_default();
            let rest = spec.strip_prefix(name)?;
            let version = rest.strip_prefix("==").or_else(|| rest.strip_prefix('='))?;
            Some(version.split(['=', ',']).next().unwrap_or(version))
        })
    }
}
