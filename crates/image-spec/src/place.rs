//! Where something is written.

use serde::Serialize;
use std::path::PathBuf;

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Place {
    /// A key of the config, such as `image`, `prod`, `apt`, `0`.
    Key {
        /// The names from the outermost table inwards; an index of a list is a number.
        path: Vec<String>,
    },
    /// A stretch of a file.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// The line, from 1.
        line: u32,
        /// The column in characters, from 1.
        column: u32,
    },
}

impl Place {
    /// The key of that path, written with dots: `image.prod.base`. Names that hold a dot themselves
    /// must be given with [`Place::Key`].
    pub fn key(dotted: &str) -> Self {
        Self::Key { path: dotted.split('.').map(str::to_owned).collect() }
    }

    /// An inner key: `apt` of `image.prod`. A place in a file stays what it is.
    pub fn inner(&self, name: impl ToString) -> Self {
        match self {
            Self::Key { path } => {
                let mut path = path.clone();
                path.push(name.to_string());
                Self::Key { path }
            }
            Self::File { .. } => self.clone(),
        }
    }
}

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub place: Place,
}

impl<T> Placed<T> {
    /// A value at its place.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}
