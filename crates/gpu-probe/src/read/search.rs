//! Searches folders and `PATH` below the root folder.

use super::root::Root;
use crate::{Environment, Reading};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// The first of `paths` that is there, as it was written.
pub(crate) fn first_there(root: &Root, paths: &[&str]) -> Reading<String> {
    let mut unknown = None;
    for path in paths {
        match root.canonical(path) {
            Reading::Found(_) => return Reading::Found((*path).to_owned()),
            Reading::Absent => {}
            Reading::Unknown(reason) => unknown = unknown.or(Some(reason)),
        }
    }
    unknown.map_or(Reading::Absent, Reading::Unknown)
}

/// The sorted names in a folder, links followed; none where it cannot be listed. For places in
/// which what cannot be reached is of no use to the user either.
pub(crate) fn names_or_none(root: &Root, path: impl AsRef<Path>) -> Vec<String> {
    root.names(path).found().cloned().unwrap_or_default()
}

/// The sorted names in a folder that begin with `beginning`: cheaper than [`names_or_none`] for the
/// large folders of the loader.
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
    use crate::read::tree::{Tree, environment};

    #[test]
    fn searches_the_path_in_order() {
        let tree = Tree::new(&[("/a/nvcc", ""), ("/b/nvcc", ""), ("/c/nvcc", "")]);
        let root = tree.root();
        fs::set_permissions(root.path("/a/nvcc"), fs::Permissions::from_mode(0o644)).unwrap();
        let environment = environment(&[("PATH", "relative::/a:/c:/b:/c:/none")]);
        let got = on_path(&root, &environment, "nvcc");
        assert_eq!(got, [Path::new("/c/nvcc"), Path::new("/b/nvcc")]);
    }
}
