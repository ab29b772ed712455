//! Trees of files and environments, for the tests of readers.

use super::root::Root;
use crate::Environment;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

/// A tree that is removed when it is dropped.
pub(super) struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    /// A tree of these files. A text that begins with `-> ` makes a link.
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            tree.write(path, text.as_bytes());
        }
        tree
    }

    /// One more file, which may be executed, or a link.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) {
        let real = self.folder.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(real.parent().unwrap()).unwrap();
        if let Some(target) = bytes.strip_prefix(b"-> ") {
            return symlink(str::from_utf8(target).unwrap(), real).unwrap();
        }
        fs::write(&real, bytes).unwrap();
        fs::set_permissions(real, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Removes the file or link that is called so.
    pub(super) fn remove(&self, path: &str) {
        fs::remove_file(self.folder.path().join(path.trim_start_matches('/'))).unwrap();
    }

    pub(super) fn root(&self) -> Root {
        Root::new(self.folder.path())
    }
}

/// An environment of these variables.
pub(super) fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter();
    let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Environment { variables: variables.collect() }
}
