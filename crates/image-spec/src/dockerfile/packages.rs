//! What a command installs with the package manager of the distribution.

use super::{ShellCommand, Word};
use std::ops::Range;

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    /// `apt-get`, `apt` and `aptitude`.
    Apt,
    /// `apk`.
    Apk,
    /// `dnf`, `yum`, `microdnf` and `tdnf`.
    Dnf,
    /// `zypper`.
    Zypper,
}

/// `apt-get install -y …` and its like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packages<'a> {
    /// Which.
    pub(crate) manager: Manager,
    /// The options, such as `-y` and `--no-install-recommends`.
    pub(crate) options: Vec<&'a Word>,
    /// What is installed.
    pub(crate) packages: Vec<Package<'a>>,
}

/// A package that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package<'a> {
    /// Its name without version and architecture; as it is written where that is open.
    pub(crate) name: &'a str,
    /// Its version.
    pub(crate) version: Option<&'a str>,
    /// Whether the name is not known before the build.
    pub(crate) open: bool,
    /// Where it is written.
    pub(crate) span: Range<usize>,
}

/// What a package manager is called to do.
pub(crate) fn action(command: &ShellCommand) -> Option<(Manager, &str)> {
    let manager = match command.program() {
        "apt-get" | "apt" | "aptitude" => Manager::Apt,
        "apk" => Manager::Apk,
        "dnf" | "yum" | "microdnf" | "tdnf" | "dnf5" => Manager::Dnf,
        "zypper" => Manager::Zypper,
        _ => return None,
    };
    let mut skip = false;
    let action = command.argument_texts().find(|text| {
        let is_value = std::mem::replace(&mut skip, takes_value(manager, text));
        !is_value && !text.starts_with('-')
    })?;
    Some((manager, action))
}

impl<'a> Packages<'a> {
    /// What a command installs; `None` where it installs nothing.
    pub(crate) fn of(command: &'a ShellCommand) -> Option<Self> {
        let (manager, name) = action(command)?;
        let installs = match manager {
            Manager::Apk => name == "add",
            Manager::Zypper => matches!(name, "install" | "in"),
            Manager::Apt | Manager::Dnf => matches!(name, "install" | "reinstall" | "localinstall"),
        };
        if !installs {
            return None;
        }
        let mut found = Self { manager, options: Vec::new(), packages: Vec::new() };
        let mut skip = false;
        let mut action_seen = false;
        for word in command.arguments() {
            let text = word.text.as_str();
            if std::mem::replace(&mut skip, false) {
                continue;
            }
            if text.starts_with('-') {
                skip = takes_value(manager, text);
                found.options.push(word);
            } else if !action_seen {
                action_seen = true;
            } else if !text.is_empty() {
                found
                    .packages
                    .extend(text.split_ascii_whitespace().map(|text| package(manager, word, text)));
            }
        }
        Some(found)
    }
}

fn takes_value(manager: Manager, option: &str) -> bool {
    match manager {
        Manager::Apt => matches!(option, "-o" | "--option" | "-t" | "--target-release" | "-c"),
        Manager::Apk => {
            matches!(option, "-t" | "--virtual" | "-X" | "--repository" | "-p" | "--root")
        }
        Manager::Dnf => matches!(option, "-c" | "-x" | "--releasever" | "--installroot"),
        Manager::Zypper => matches!(option, "-R" | "--root" | "-r" | "--repo"),
    }
}

fn package<'a>(manager: Manager, word: &'a Word, text: &'a str) -> Package<'a> {
    // `name=version`, `name/release`, `name:amd64`, `name-` to remove; a path is a file.
    let is_file = text.starts_with(['/', '.']) || text.contains("://");
    let (name, version) = match manager {
        _ if is_file => (text, None),
        Manager::Apt => {
            let (name, version) =
                text.split_once('=').map_or((text, None), |(name, version)| (name, Some(version)));
            let name = name.split('/').next().unwrap_or(name);
            (name.split(':').next().unwrap_or(name), version)
        }
        Manager::Apk | Manager::Zypper => {
            let end = text.find(['=', '<', '>', '~']);
            let version = end
                .and_then(|end| text.get(end..))
                .map(|rest| rest.trim_start_matches(['=', '<', '>', '~']));
            (end.and_then(|end| text.get(..end)).unwrap_or(text), version)
        }
        // `name-1.2-3.x86_64`: where the version begins is not written.
        Manager::Dnf => (text, None),
    };
    Package { name, version, open: word.open && text.contains(['$', '`']), span: word.span.clone() }
}
