//! Reads the requirements files of images from the disk.

use crate::{environment, files};
use image_spec::{RequirementsError, RequirementsFile, Spec};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::{Path, PathBuf},
};

/// A lock of a large workspace has 2 MiB.
const LARGEST: u64 = 32 * 1024 * 1024;

/// Requirements files by the path that the config or the Dockerfile writes.
pub(crate) type RequirementsFiles = BTreeMap<PathBuf, RequirementsFile>;

/// Reads every requirements file that an image of `spec` names, and the lock that `image lock` writes
/// for it where there is one. `folder` is the build context: the folder of the config.
///
/// # Errors
/// With file, line and column, where one cannot be read, is not what its name says, or lies outside
/// of the folder.
pub(crate) fn of_spec(spec: &Spec, folder: &Path) -> Result<RequirementsFiles, RequirementsError> {
    let named = spec.images.values().flat_map(|image| &image.requirements).map(PathBuf::from);
    let locks = spec.images.keys().map(|name| PathBuf::from(lock_name(name)));
    let locks = locks.filter(|lock| folder.join(lock).exists());
    // What a lock of a project must have stands in the project.
    let projects = spec.images.values().flat_map(|image| &image.requirements).filter_map(|name| {
        let is_of_project = ["uv.lock", "poetry.lock", "pylock.toml"];
        let path = Path::new(name);
        let file = path.file_name()?.to_str()?;
        let project = path.with_file_name("pyproject.toml");
        (is_of_project.contains(&file) && folder.join(&project).exists()).then_some(project)
    });
    read(folder, named.chain(locks).chain(projects))
}

/// Reads these files; their paths are relative to `folder`, the build context.
///
/// # Errors
/// As [`of_spec`].
pub(crate) fn read(
    folder: &Path,
    names: impl IntoIterator<Item = PathBuf>,
) -> Result<RequirementsFiles, RequirementsError> {
    // Paths are shown as the user would write them.
    let here = environment::folder();
    let base = folder.strip_prefix(&here).unwrap_or(folder);
    let mut found = RequirementsFiles::new();
    for name in names {
        let Entry::Vacant(entry) = found.entry(name) else { continue };
        let path = base.join(entry.key());
        entry.insert(RequirementsFile::read(&path, &mut |path| bytes(folder, path))?);
    }
    Ok(found)
}

/// The name of the lock of an image.
pub(crate) fn lock_name(image: &str) -> String {
    format!("requirements-{image}.lock")
}

/// The bytes of a file in the build context; the error says what it is instead.
pub(super) fn bytes(folder: &Path, path: &Path) -> Result<Vec<u8>, String> {
    let real = std::fs::canonicalize(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist".to_owned(),
        _ => format!("could not be read: {error}"),
    })?;
    let context = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    if !real.starts_with(&context) {
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
        let how = if is_link { "is a link that leads" } else { "lies" };
        let context = context.display();
        return Err(format!("{how} out of `{context}`, and a build does not see what is outside"));
    }
    let metadata =
        std::fs::metadata(&real).map_err(|error| format!("could not be read: {error}"))?;
    if metadata.is_dir() {
        return Err("is a folder".to_owned());
    }
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if metadata.len() > LARGEST {
        let limit = LARGEST / (1024 * 1024);
        return Err(format!("is larger than {limit} MiB"));
    }
    files::read(&real, LARGEST).map_err(|error| format!("could not be read: {error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_in_the_context() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.txt"), "torch\n").unwrap();
        let context = tempfile::tempdir().unwrap();
        let folder = context.path();
        std::os::unix::fs::symlink(outside.path().join("secret.txt"), folder.join("link.txt"))
            .unwrap();
        std::os::unix::fs::symlink("r.txt", folder.join("inner.txt")).unwrap();
        std::os::unix::fs::symlink("loop.txt", folder.join("loop.txt")).unwrap();
        std::fs::create_dir(folder.join("folder")).unwrap();
        std::fs::write(folder.join("r.txt"), "-r folder/../s.txt\n").unwrap();
        std::fs::write(folder.join("s.txt"), "torch\n").unwrap();
        std::fs::write(folder.join("up.txt"), "\n-r ../gone.txt\n").unwrap();
        let check = |name: &str, expected: Option<&str>| {
            let got = read(folder, [PathBuf::from(name)]).err().map(|error| error.to_string());
            let folder = std::fs::canonicalize(folder).unwrap().display().to_string();
            let got = got.map(|got| got.replace(&folder, "$CONTEXT"));
            assert_eq!(got.as_deref(), expected, "{name}");
        };
        check("r.txt", None);
        check("inner.txt", None);
        check(
            "link.txt",
            Some(
                "$CONTEXT/link.txt:1:1: it is a link that leads out of `$CONTEXT`, and a build does \
                 not see what is outside",
            ),
        );
        check("gone.txt", Some("$CONTEXT/gone.txt:1:1: it does not exist"));
        check("folder", Some("$CONTEXT/folder:1:1: it is a folder"));
        let found = read(folder, [PathBuf::from("loop.txt")]).unwrap_err();
        assert!(found.reason.starts_with("it could not be read: "), "{found}");
        let found = read(folder, [PathBuf::from("up.txt")]).unwrap_err();
        assert_eq!((found.line, found.column), (2, 4), "{found}");
    }
}
