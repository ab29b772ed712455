//! Files below a root folder, as [`Reading`]s.

use crate::Reading;
use rustix::{fs::OFlags, io::Errno};
use std::{
    collections::VecDeque,
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Component, Path, PathBuf},
};

/// No file that is read whole is larger; `/proc` and configuration files are far smaller.
const LARGEST: u64 = 8 * 1024 * 1024;

/// As many links as the kernel follows before it says `ELOOP`.
const MOST_LINKS: usize = 40;

/// The folder that stands for `/`.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    folder: PathBuf,
}

impl Root {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Whether this is the machine itself and not a tree of recorded files.
    pub(crate) fn is_live(&self) -> bool {
        self.folder == Path::new("/")
    }

    /// The real path of an absolute path of the machine, with links followed as the machine would:
    /// an absolute link leads to a place below the root, and `..` never leads out of it.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        // Nothing is ever at the second path: links that go round lead nowhere.
        self.real(path.as_ref()).unwrap_or_else(|_| self.folder.join("…"))
    }

    /// As [`Root::path`]; an error where links go round.
    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        if self.is_live() {
            return Ok(Path::new("/").join(path));
        }
        self.resolved(path).map(|inside| self.folder.join(inside)).ok_or(Errno::LOOP.into())
    }

    /// The real path of the thing that is called so, also where it is a link.
    fn path_of_name(&self, path: &Path) -> PathBuf {
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => self.path(parent).join(name),
            _ => self.path(path),
        }
    }

    /// The path of the machine with all links followed; `Absent` where nothing is there.
    pub(crate) fn canonical(&self, path: impl AsRef<Path>) -> Reading<PathBuf> {
        let path = path.as_ref();
        if self.is_live() {
            return reading(self.path(path).canonicalize(), path);
        }
        let real = self.real(path).and_then(|real| real.metadata().map(|_| real));
        reading(real, path).map(|real| PathBuf::from(self.shown(&real)))
    }

    /// Where a link leads, as it is written; `Absent` where there is no such link.
    pub(crate) fn link(&self, path: impl AsRef<Path>) -> Reading<PathBuf> {
        let path = path.as_ref();
        match std::fs::read_link(self.path_of_name(path)) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Reading::Absent,
            result => reading(result, path),
        }
    }

    /// The path of the machine for a real path: the reverse of [`Root::path`].
    pub(crate) fn shown(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.folder).unwrap_or(path);
        Path::new("/").join(inside).display().to_string()
    }

    /// Whether something is there. What may not be looked at is not.
    pub(crate) fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.path(path).exists()
    }

    /// Why a file below `/proc` is not there.
    pub(crate) fn without(&self, path: &str) -> String {
        match (self.names("/proc").found().is_some_and(|names| !names.is_empty()), self.is_live()) {
            (true, _) => format!("there is no `{path}`"),
            (false, true) => "`/proc` is not mounted".to_owned(),
            (false, false) => "there is no `/proc`".to_owned(),
        }
    }

    /// The text of a file; `Absent` where there is none.
    pub(crate) fn text(&self, path: impl AsRef<Path>) -> Reading<String> {
        self.head(path, LARGEST)
    }

    /// The first `limit` bytes of a file as text; `Absent` where there is none.
    pub(crate) fn head(&self, path: impl AsRef<Path>, limit: u64) -> Reading<String> {
        self.first_bytes(path, limit).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The bytes of a file, at most 8 MiB of them.
    pub(crate) fn bytes(&self, path: impl AsRef<Path>) -> Reading<Vec<u8>> {
        self.first_bytes(path, LARGEST)
    }

    /// The first `limit` bytes of a file; `Absent` where there is none.
    pub(crate) fn first_bytes(&self, path: impl AsRef<Path>, limit: u64) -> Reading<Vec<u8>> {
        let path = path.as_ref();
        let read = || {
            let mut bytes = Vec::new();
            self.open(path)?.take(limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        reading(read(), path)
    }

    /// Opens a file to be read, links followed.
    ///
    /// # Errors
    /// Where it cannot be opened, and where it is no regular file.
    pub(crate) fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        open_regular(&self.real(path.as_ref())?)
    }

    /// The names in a folder, sorted; `Absent` where there is no such folder.
    pub(crate) fn names(&self, path: impl AsRef<Path>) -> Reading<Vec<String>> {
        let path = path.as_ref();
        let list = || {
            let mut names = std::fs::read_dir(self.real(path)?)?
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<io::Result<Vec<String>>>()?;
            names.sort();
            Ok(names)
        };
        reading(list(), path)
    }

    /// The path relative to the root, with links followed as far as there is something; `None`
    /// where the links go round.
    fn resolved(&self, path: &Path) -> Option<PathBuf> {
        let mut done = PathBuf::new();
        let mut left: VecDeque<OsString> = parts(path).collect();
        let mut links = 0;
        while let Some(part) = left.pop_front() {
            if part == ".." {
                done.pop();
                continue;
            }
            let Ok(target) = std::fs::read_link(self.folder.join(&done).join(&part)) else {
                done.push(part);
                continue;
            };
            links += 1;
            if links > MOST_LINKS {
                return None;
            }
            if target.is_absolute() {
                done.clear();
            }
            for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                left.push_front(part);
            }
        }
        Some(done)
    }
}

/// The parts of a path that lead somewhere.
fn parts(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|part| match part {
        Component::Normal(_) | Component::ParentDir => Some(part.as_os_str().to_owned()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

/// The one place that opens files: a pipe in the place of a file would be waited for for ever.
pub(super) fn open_regular(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is not a regular file")),
    }
}

/// What an attempt on `path` came to.
pub(super) fn reading<T>(result: io::Result<T>, path: &Path) -> Reading<T> {
    match result {
        Ok(value) => Reading::Found(value),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Reading::Absent
        }
        Err(error) => Reading::Unknown(format!("`{}`: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use crate::Reading::{Absent, Found, Unknown};
    use crate::read::tree::Tree;
    use std::path::PathBuf;

    #[test]
    fn links_stay_below_the_root() {
        let tree = Tree::new(&[
            ("/usr/lib/os-release", "ID=here"),
            ("/etc/os-release", "-> /usr/lib/os-release"),
            ("/etc/relative", "-> ../usr/lib/os-release"),
            ("/etc/up", "-> ../../../../../usr/lib/os-release"),
            ("/lib", "-> usr/lib"),
            ("/etc/through", "-> /lib/os-release"),
            ("/etc/passwd-of-the-machine", "-> /etc/passwd"),
            ("/etc/loop", "-> /etc/loop"),
            ("/etc/broken", "-> /nowhere"),
        ]);
        let root = tree.root();
        for path in
            ["/etc/os-release", "/etc/relative", "/etc/up", "/lib/os-release", "/etc/through"]
        {
            assert_eq!(root.text(path), Found("ID=here".to_owned()), "{path}");
            assert_eq!(root.canonical(path), Found(PathBuf::from("/usr/lib/os-release")), "{path}");
        }
        assert_eq!(root.text("/etc/passwd-of-the-machine"), Absent);
        assert!(root.text("/etc/loop").unknown().is_some());
        assert!(root.canonical("/etc/loop").unknown().is_some());
        assert_eq!(root.canonical("/etc/broken"), Absent);
        assert_eq!(root.canonical("/"), Found(PathBuf::from("/")));
        assert_eq!(root.text("/../../../../../../../../etc/passwd"), Absent);
        assert_eq!(root.link("/etc/os-release"), Found(PathBuf::from("/usr/lib/os-release")));
        assert_eq!(root.link("/usr/lib/os-release"), Absent);
        assert_eq!(root.shown(&root.path("/lib/os-release")), "/usr/lib/os-release");
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let tree = Tree::new(&[("/etc/a", ""), ("/etc/link", "-> pipe")]);
        let root = tree.root();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            root.path("/etc/pipe"),
            rustix::fs::FileType::Fifo,
            0o644.into(),
            0,
        )
        .unwrap();
        for path in ["/etc/pipe", "/etc/link"] {
            let reason = format!("`{path}`: it is not a regular file");
            assert_eq!(root.text(path), Unknown(reason.clone()));
            assert_eq!(root.first_bytes(path, 4), Unknown(reason));
        }
        assert!(root.text("/etc").unknown().is_some());
    }

    #[test]
    fn a_folder_is_not_a_text() {
        let tree = Tree::new(&[("/etc/a/b", "")]);
        assert!(tree.root().text("/etc/a").unknown().unwrap().starts_with("`/etc/a`: "));
        assert_eq!(tree.root().names("/etc/a"), Found(vec!["b".to_owned()]));
        assert_eq!(tree.root().names("/etc/a/b"), Absent);
    }
}
