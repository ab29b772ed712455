//! Follows links and searches `PATH` without leaving the root folder.
//!
//! In a tree of recorded files `/usr/local/cuda -> /usr/local/cuda-12.6` must lead to the tree's
//! own folder, not to that of the machine that reads it.

use super::root::{Root, reading};
use crate::{Environment, Reading};
use std::{
    collections::VecDeque,
    ffi::OsString,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Component, Path, PathBuf},
};

/// More links than this are a loop, as for the kernel.
const MOST_LINKS: usize = 40;

/// Where `path` leads, as a path of the machine. `Absent` where it leads nowhere.
pub(crate) fn follow(root: &Root, path: impl AsRef<Path>) -> Reading<PathBuf> {
    let path = path.as_ref();
    let followed = if root.path("/") == Path::new("/") {
        fs::canonicalize(path)
    } else {
        follow_below(root, path)
    };
    reading(followed, path)
}

fn follow_below(root: &Root, path: &Path) -> io::Result<PathBuf> {
    let mut todo = parts(path);
    let mut done = PathBuf::from("/");
    let mut links = 0;
    while let Some(part) = todo.pop_front() {
        if part == ".." {
            done.pop();
            continue;
        }
        let next = done.join(&part);
        let real = root.path(&next);
        if !fs::symlink_metadata(&real)?.is_symlink() {
            done = next;
            continue;
        }
        links += 1;
        if links > MOST_LINKS {
            return Err(io::Error::other("too many links"));
        }
        let target = fs::read_link(&real)?;
        if target.is_absolute() {
            done = PathBuf::from("/");
        }
        let mut ahead = parts(&target);
        ahead.append(&mut todo);
        todo = ahead;
    }
    Ok(done)
}

fn parts(path: &Path) -> VecDeque<OsString> {
    let part = |component: Component<'_>| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(part).collect()
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
    match follow(root, path) {
        Reading::Found(path) => root.text(path),
        Reading::Absent => Reading::Absent,
        Reading::Unknown(reason) => Reading::Unknown(reason),
    }
}

/// The first `limit` bytes of a file as text, links followed.
pub(crate) fn head(root: &Root, path: impl AsRef<Path>, limit: u64) -> Reading<String> {
    let path = match follow(root, path) {
        Reading::Found(path) => path,
        Reading::Absent => return Reading::Absent,
        Reading::Unknown(reason) => return Reading::Unknown(reason),
    };
    let read = || {
        let mut bytes = Vec::new();
        let file = fs::File::open(root.path(&path))?;
        io::Read::read_to_end(&mut io::Read::take(file, limit), &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    reading(read(), &path)
}

/// The sorted names in a folder, links followed.
pub(crate) fn listed(root: &Root, path: impl AsRef<Path>) -> Reading<Vec<String>> {
    match follow(root, path) {
        Reading::Found(path) => root.names(path),
        Reading::Absent => Reading::Absent,
        Reading::Unknown(reason) => Reading::Unknown(reason),
    }
}

/// The sorted names in a folder, links followed; none where it cannot be listed. For places in
/// which what cannot be reached is of no use to the user either.
pub(crate) fn names(root: &Root, path: impl AsRef<Path>) -> Vec<String> {
    listed(root, path).found().cloned().unwrap_or_default()
}

/// The sorted names in a folder that begin with `beginning`: cheaper than [`names`] for the large
/// folders of the loader.
pub(crate) fn names_beginning(root: &Root, path: &Path, beginning: &str) -> Vec<String> {
    let Reading::Found(path) = follow(root, path) else { return Vec::new() };
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
    let Reading::Found(path) = follow(root, path) else { return false };
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
