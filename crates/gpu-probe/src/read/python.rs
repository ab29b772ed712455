//! Python environments and the packages in them that bring or need CUDA.
//!
//! Everything is read from the metadata that installers leave; no interpreter is started. That
//! keeps the answer true for a broken environment, and fast.

pub(super) mod build;
pub(super) mod conda;
pub(super) mod metadata;
pub(super) mod packages;

use super::{
    root::Root,
    search::{names_or_none, on_path},
};
use crate::{Environment, PythonEnvironment, Reading};
use cuda_compat::PythonVersion;
use std::path::{Path, PathBuf};

/// How far above the folder of the user a `.venv` still counts.
const PARENTS: usize = 4;
/// `pyvenv.cfg` and the files of pyenv have a few lines.
const SMALL: u64 = 16 * 1024;

/// Finds the environments, in the order in which a user would come to them.
pub(crate) fn read(
    root: &Root,
    environment: &Environment,
    folder: &Path,
) -> Vec<PythonEnvironment> {
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut found = Vec::new();
    for (site_packages, found_by) in site_packages(root, environment, folder) {
        match root.canonical(&site_packages) {
            Reading::Found(real) if !seen.contains(&real) => {
                seen.push(real);
                found.push(describe(root, &site_packages, found_by));
            }
            Reading::Found(_) | Reading::Absent => {}
            Reading::Unknown(reason) => found.push(PythonEnvironment {
                unreadable: vec![reason],
                ..empty(&site_packages, found_by)
            }),
        }
    }
    found
}

fn empty(site_packages: &Path, found_by: &str) -> PythonEnvironment {
    PythonEnvironment {
        site_packages: site_packages.display().to_string(),
        found_by: found_by.to_owned(),
        ..PythonEnvironment::default()
    }
}

fn describe(root: &Root, site_packages: &Path, found_by: &str) -> PythonEnvironment {
    let names = root.names(site_packages);
    let python = python_version(root, site_packages);
    let (mut packages, mut unreadable) = match names {
        Reading::Found(names) => packages::read(root, site_packages, &names),
        Reading::Absent => (Vec::new(), Vec::new()),
        Reading::Unknown(reason) => (Vec::new(), vec![reason]),
    };
    conda::merge(root, prefix_of(site_packages), &mut packages);
    packages.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    unreadable.sort();
    PythonEnvironment { python, packages, unreadable, ..empty(site_packages, found_by) }
}

/// `PREFIX/lib/python3.11/site-packages`.
fn prefix_of(site_packages: &Path) -> Option<&Path> {
    site_packages.parent()?.parent()?.parent()
}

fn python_version(root: &Root, site_packages: &Path) -> Reading<PythonVersion> {
    let by_config = prefix_of(site_packages).and_then(|prefix| {
        root.head(prefix.join("pyvenv.cfg"), SMALL).found().and_then(|text| parse_pyvenv(text))
    });
    let by_folder = || site_packages.iter().rev().find_map(|part| folder_version(part.to_str()?));
    // Debian keeps the packages of every Python 3 in `/usr/lib/python3`.
    let by_link = || {
        let prefix = prefix_of(site_packages)?;
        let real = root.canonical(prefix.join("bin/python3"));
        folder_version(real.found()?.file_name()?.to_str()?)
    };
    match by_config.or_else(by_folder).or_else(by_link) {
        Some(version) => Reading::Found(version),
        None => Reading::Unknown(format!(
            "neither the name of `{}` nor a file says it",
            site_packages.display()
        )),
    }
}

pub(super) fn folder_version(name: &str) -> Option<PythonVersion> {
    name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"))?.parse().ok()
}

/// `version = 3.11.7` by `venv`, `version_info = 3.11.7.final.0` by `virtualenv`.
pub(super) fn parse_pyvenv(text: &str) -> Option<PythonVersion> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        if !matches!(name.trim(), "version" | "version_info") {
            return None;
        }
        let numbers: Vec<&str> = value.trim().split('.').take(3).collect();
        numbers.join(".").parse().ok()
    })
}

fn site_packages(
    root: &Root,
    environment: &Environment,
    folder: &Path,
) -> Vec<(PathBuf, &'static str)> {
    let mut found: Vec<(PathBuf, &'static str)> = Vec::new();
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        if let Some(prefix) = environment.get(name).filter(|prefix| prefix.starts_with('/')) {
            found.extend(below_prefix(root, Path::new(prefix)).map(|path| (path, name)));
        }
    }
    for parent in folder.ancestors().take(PARENTS + 1) {
        for name in [".venv", "venv"] {
            let prefix = parent.join(name);
            if root.exists(prefix.join("pyvenv.cfg")) {
                found.extend(below_prefix(root, &prefix).map(|path| (path, ".venv")));
            }
        }
    }
    let programs = [on_path(root, environment, "python3"), on_path(root, environment, "python")];
    for program in programs.iter().filter_map(|programs| programs.first()) {
        if let Some(prefix) = prefix_of_program(root, program, folder) {
            found.extend(below_prefix(root, &prefix).map(|path| (path, "PATH")));
        }
    }
    found.push((PathBuf::from("/usr/lib/python3/dist-packages"), "system"));
    for prefix in ["/usr/local", "/usr"] {
        found.extend(below_prefix(root, Path::new(prefix)).map(|path| (path, "system")));
    }
    found
}

/// The package folders of an installation of Python, those that are there.
fn below_prefix(root: &Root, prefix: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let mut found = Vec::new();
    for lib in ["lib", "lib64"].map(|lib| prefix.join(lib)) {
        let names = match root.names(&lib) {
            Reading::Found(names) => names,
            Reading::Absent => continue,
            // Stands in the list for what may be in it, with the reason.
            Reading::Unknown(_) => {
                found.push(lib);
                continue;
            }
        };
        let versions = names.iter().filter(|name| folder_version(name).is_some());
        found.extend(versions.flat_map(|name| {
            ["site-packages", "dist-packages"].map(|end| lib.join(name).join(end))
        }));
    }
    found.into_iter()
}

/// The prefix of the interpreter that `program` is or leads to.
fn prefix_of_program(root: &Root, program: &Path, folder: &Path) -> Option<PathBuf> {
    // The program of a virtual environment is a link to another Python: where it stands counts.
    let beside = program.parent()?.parent()?;
    if root.exists(beside.join("pyvenv.cfg")) {
        return Some(beside.to_owned());
    }
    if program.parent()?.ends_with("shims") {
        return pyenv_prefix(root, beside, folder);
    }
    let real = root.canonical(program);
    Some(real.found()?.parent()?.parent()?.to_owned())
}

/// pyenv's shim starts the version that `.python-version` names, else its own `version` file.
fn pyenv_prefix(root: &Root, pyenv: &Path, folder: &Path) -> Option<PathBuf> {
    let local = folder.ancestors().map(|parent| parent.join(".python-version"));
    let text = local
        .chain([pyenv.join("version")])
        .find_map(|file| root.head(file, SMALL).found().cloned())?;
    let version = text.split_whitespace().next().filter(|version| !version.contains('/'))?;
    let versions = names_or_none(root, pyenv.join("versions"));
    // `3.11` stands for the newest `3.11.N`.
    let newest = versions.iter().rev().find(|name| name.starts_with(&format!("{version}.")));
    let name = versions.iter().find(|name| *name == version).or(newest)?;
    Some(pyenv.join("versions").join(name))
}

#[cfg(test)]
mod tests;
