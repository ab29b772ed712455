//! Files below a root folder, as [`Reading`]s.

use crate::Reading;
use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

/// No file that is read whole is larger; `/proc` and configuration files are far smaller.
const LARGEST: u64 = 8 * 1024 * 1024;

/// The folder that stands for `/`.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    folder: PathBuf,
}

impl Root {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The real path of an absolute path of the machine.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.folder.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The path of the machine for a real path: the reverse of [`Root::path`].
    pub(crate) fn shown(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.folder).unwrap_or(path);
        Path::new("/").join(inside).display().to_string()
    }

    /// The text of a file; `Absent` where there is none.
    pub(crate) fn text(&self, path: impl AsRef<Path>) -> Reading<String> {
        self.bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The bytes of a file, at most 8 MiB of them.
    pub(crate) fn bytes(&self, path: impl AsRef<Path>) -> Reading<Vec<u8>> {
        let path = path.as_ref();
        let read = || {
            let mut bytes = Vec::new();
            std::fs::File::open(self.path(path))?.take(LARGEST).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        reading(read(), path)
    }

    /// The names in a folder, sorted; `Absent` where there is no such folder.
    pub(crate) fn names(&self, path: impl AsRef<Path>) -> Reading<Vec<String>> {
        let path = path.as_ref();
        let list = || {
            let mut names = std::fs::read_dir(self.path(path))?
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<io::Result<Vec<String>>>()?;
            names.sort();
            Ok(names)
        };
        reading(list(), path)
    }
}

/// What an attempt on `path` came to.
pub(crate) fn reading<T>(result: io::Result<T>, path: &Path) -> Reading<T> {
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
