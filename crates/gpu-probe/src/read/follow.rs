//! Follows links, lists folders and searches `PATH` below the root folder.

use super::root::{Root, reading};
use crate::{Environment, Reading};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Where `path` leads, as a path of the machine. `Absent` where it leads nowhere.
pub(crate) fn follow(root: &Root, path: impl AsRef<Path>) -> Reading<PathBuf> {
    root.canonical(path)
}

/// Whether there is something at `path`, links followed. What could not be looked at is not there.
pub(crate) fn is_there(root: &Root, path: impl AsRef<Path>) -> bool {
    follow(root, path).found().is_some()
}

/// The first of `paths` that is there, as it was written.
pub(crate) fn first_there(root: &Root, paths: &[&str]) -> Reading<String> {
    let mut unknown = None;
    for path in paths {
        match follow(root, path) {
            Reading::Found(_) => return Reading::Found((*path).to_owned()),
            Reading::Absent => {}
            Reading::Unknown(reason) => unknown = unknown.or(Some(reason)),
        }
    }
    unknown.map_or(Reading::Absent, Reading::Unknown)
}

/// The text of a file, links followed.
pub(crate) fn text(root: &Root, path: impl AsRef<Path>) -> Reading<String> {
    root.text(path)
}

/// The first `limit` bytes of a file as text, links followed.
pub(crate) fn head(root: &Root, path: impl AsRef<Path>, limit: u64) -> Reading<String> {
    let path = path.as_ref();
    let read = || {
        let mut bytes = Vec::new();
        let file = fs::File::open(root.path(path))?;
        io::Read::read_to_end(&mut io::Read::take(file, limit), &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    reading(read(), path)
}

/// The sorted names in a folder, links followed.
pub(crate) fn listed(root: &Root, path: impl AsRef<Path>) -> Reading<Vec<String>> {
    root.names(path)
}

/// The sorted names in a folder, links followed; none where it cannot be listed. For places in
/// which what cannot be reached is of no use to the user either.
pub(crate) fn names(root: &Root, path: impl AsRef<Path>) -> Vec<String> {
    listed(root, path).found().cloned().unwrap_or_default()
}

/// The sorted names in a folder that begin with `beginning`: cheaper than [`names`] for the large
/// folders of the loader.
pub(crate) fn names_beginning(root: &Root, path: &Path, beginning: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root.path(path)) else { return Vec::new() };
    let named = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = named.filter(|name| name.starts_with(beginning)).collect();
    names.sort();
    names
}

/// The programs called `name` in the folders of `PATH`, in the order in which a shell would come
/// to them, links not followed.
pub(crate) fn on_path(root: &Root, environment: &Environment, name: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in environment.get("PATH").unwrap_or_default().split(':') {
        let path = Path::new(folder).join(name);
        // A relative folder means another place for each caller: a shell would look there, we
        // cannot say where that is.
        if path.is_absolute() && is_program(root, &path) && !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// Whether `path` leads to a file that may be executed.
pub(crate) fn is_program(root: &Root, path: &Path) -> bool {
    fs::metadata(root.path(path))
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_stay_below_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("usr/local/cuda-12.6/bin")).unwrap();
        fs::create_dir_all(at("etc/alternatives")).unwrap();
        fs::write(at("usr/local/cuda-12.6/bin/nvcc"), "").unwrap();
        symlink("/etc/alternatives/cuda", at("usr/local/cuda")).unwrap();
        symlink("/usr/local/cuda-12.6", at("etc/alternatives/cuda")).unwrap();
        symlink("../../../../../../usr/local/cuda", at("up")).unwrap();
        symlink("/loop", at("loop")).unwrap();
        symlink("/nowhere", at("broken")).unwrap();
        let root = Root::new(folder.path());
        let check = |path: &str, expected: Option<&str>| {
            let got = follow(&root, path);
            assert_eq!(got.found().map(PathBuf::as_path), expected.map(Path::new), "{path}");
        };
        check("/usr/local/cuda/bin/nvcc", Some("/usr/local/cuda-12.6/bin/nvcc"));
        check("/up/bin", Some("/usr/local/cuda-12.6/bin"));
        check("/broken", None);
        check("/loop", None);
        check("/", Some("/"));
        assert!(follow(&root, "/loop").unknown().is_some());
        assert!(follow(&root, "/broken").is_absent());
    }

    #[test]
    fn searches_the_path_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/nvcc", "b/nvcc", "c/nvcc"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            let mode = if name == "a/nvcc" { 0o644 } else { 0o755 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let mut environment = Environment::default();
        environment.variables.insert("PATH".to_owned(), "relative::/a:/c:/b:/c:/none".to_owned());
        let got = on_path(&Root::new(folder.path()), &environment, "nvcc");
        assert_eq!(got, [Path::new("/c/nvcc"), Path::new("/b/nvcc")]);
    }
}
