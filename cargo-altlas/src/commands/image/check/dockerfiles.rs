//! Dockerfiles that are judged: which ones a folder holds, and what they install from files.

use crate::{commands::image::requirements, config::ConfigFile, environment, files};
use gpu_probe::Unlooked;
use image_spec::{Dockerfile, Recipe, Requirements};
use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

/// Folders in which no Dockerfile of the project is.
const PASSED_BY: [&str; 3] = [".git", "node_modules", "target"];

/// Endings of files beside a Dockerfile that are none themselves.
const OTHER_ENDINGS: [&str; 7] =
    ["dockerignore", "j2", "jinja", "jinja2", "template", "tmpl", "tpl"];

/// The Dockerfiles below a folder, sorted. Links to folders are not followed, so that there are no
/// circles. A folder that cannot be read is told in `unlooked`.
///
/// # Errors
/// Where `folder` itself cannot be read.
pub(super) fn below(folder: &Path, unlooked: &mut Vec<Unlooked>) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let entries = match std::fs::read_dir(&next) {
            Ok(entries) => entries,
            Err(error) if next == folder => return Err(error),
            Err(error) => {
                let what = format!("the Dockerfiles below `{}`", next.display());
                unlooked.push(Unlooked { what, reason: error.to_string() });
                continue;
            }
        };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                let is_passed = PASSED_BY.iter().any(|passed| name == *passed);
                open.extend((!is_passed).then_some(path));
            } else if is_dockerfile(&name) && path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// `Dockerfile`, `Dockerfile.dev`, `dev.Dockerfile` and the same with `Containerfile`.
fn is_dockerfile(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_lowercase();
    let (first, last) = (name.split('.').next(), name.rsplit('.').next());
    let is_name = |part: Option<&str>| matches!(part, Some("dockerfile" | "containerfile"));
    (is_name(first) || is_name(last)) && !last.is_some_and(|last| OTHER_ENDINGS.contains(&last))
}

/// Reads one Dockerfile.
///
/// # Errors
/// Where it cannot be read, or is none.
pub(super) fn read(path: &Path) -> anyhow::Result<Dockerfile> {
    let bytes = files::read(path, Dockerfile::LARGEST as u64)?;
    Ok(Dockerfile::parse(path, &bytes)?)
}

/// Adds to the recipes what they install from requirements files, where those files are found.
///
/// What a Dockerfile is built with is not written in it: the folder of the Dockerfile, the current
/// one and that of the config are tried, and a file that is in none of them is passed by.
pub(super) fn add_requirements(
    file: &Dockerfile,
    recipes: &mut [Recipe],
    config: Option<&ConfigFile>,
    unlooked: &mut Vec<Unlooked>,
) -> Requirements {
    let here = environment::folder();
    let beside = file.path.parent().map(|folder| here.join(folder));
    let of_config = config.and_then(|config| config.path.parent()).map(Path::to_owned);
    let contexts: Vec<PathBuf> = beside.into_iter().chain([here]).chain(of_config).collect();
    let mut read = Requirements::default();
    for recipe in recipes {
        for used in recipe.requirements_files.clone() {
            let path = used.value.path.clone();
            let Some(context) = contexts.iter().find(|context| context.join(&path).is_file())
            else {
                continue;
            };
            if !read.files.contains_key(&path) {
                match requirements::read(context, [path.clone()]) {
                    Ok(files) => read.files.extend(files),
                    Err(error) => {
                        let what = format!("what `{}` asks for", path.display());
                        let new = Unlooked { what, reason: error.to_string() };
                        if !unlooked.contains(&new) {
                            unlooked.push(new);
                        }
                    }
                }
            }
            if let Some(file) = read.files.get(&path) {
                recipe.add_requirements(&used.value, file.requirements.iter().cloned());
            }
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_names() {
        let check = |name: &str, expected: bool| {
            assert_eq!(is_dockerfile(OsStr::new(name)), expected, "{name}");
        };
        check("Dockerfile", true);
        check("Dockerfile.dev", true);
        check("gpu.Dockerfile", true);
        check("gpu.dockerfile", true);
        check("Containerfile", true);
        check("Dockerfile.dockerignore", false);
        check("Dockerfile.j2", false);
        check("dockerfiles", false);
        check("README.md", false);
    }

    #[test]
    fn finds_those_of_a_project() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "FROM scratch\n").unwrap();
        };
        for path in
            ["Dockerfile", "a/b/x.Dockerfile", "target/Dockerfile", ".git/Dockerfile", "a/y"]
        {
            write(path);
        }
        // A circle.
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/again")).unwrap();
        let mut unlooked = Vec::new();
        let found = below(folder.path(), &mut unlooked).unwrap();
        let found: Vec<String> = found
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(found, ["Dockerfile", "a/b/x.Dockerfile"]);
        assert_eq!(unlooked, []);
    }
}
