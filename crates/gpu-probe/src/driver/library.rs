//! Finds and opens a library of the driver.

use libloading::Library;
use std::{error::Error, path::Path};

/// Where a driver puts its libraries when the loader's search does not come by.
const PLACES: &[&str] = &[
    "/usr/lib/wsl/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib64/nvidia",
    "/usr/lib/nvidia",
    "/usr/lib",
    "/usr/local/nvidia/lib64",
    "/usr/lib/aarch64-linux-gnu/tegra",
    "/usr/lib/aarch64-linux-gnu/nvidia",
    "/run/opengl-driver/lib",
];

/// Why a library could not be opened, in the loader's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoadError {
    /// There is no such library.
    Absent(String),
    /// It is there and cannot be loaded, or it needs another that cannot.
    Refused(String),
}

/// The names to open, in order: the bare one, which the loader searches for, then the known places
/// that hold such a file.
fn libraries_to_try(name: &str) -> Vec<String> {
    let in_places = PLACES.iter().map(|place| format!("{place}/{name}"));
    let there = in_places.filter(|path| Path::new(path).exists());
    std::iter::once(name.to_owned()).chain(there).collect()
}

/// An open library.
pub(crate) struct Opened {
    /// It.
    pub(crate) library: Library,
    /// What it was opened by: a bare name where the loader's own search found it, else a path.
    pub(crate) path: String,
}

/// Opens a library of the driver.
pub(crate) fn open_library(name: &str) -> Result<Opened, LoadError> {
    let mut first = None;
    for path in libraries_to_try(name) {
        // SAFETY: the library is the driver's; what its constructors do may end the process, which
        // is why this runs in a child.
        match unsafe { Library::new(&path) } {
            Ok(library) => return Ok(Opened { library, path }),
            Err(error) => match load_error(name, &words(&error)) {
                // What the loader finds and refuses is what every program here gets.
                refused @ LoadError::Refused(_) => return Err(refused),
                absent @ LoadError::Absent(_) => first = first.or(Some(absent)),
            },
        }
    }
    Err(first.unwrap_or_else(|| LoadError::Absent(format!("no `{name}`"))))
}

/// The loader's words, without those of the binding.
fn words(error: &libloading::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// What the loader's words say of `name`. Only a complaint about the file itself means that it is
/// absent: the same words about another file mean that a library it needs is.
pub(crate) fn load_error(name: &str, words: &str) -> LoadError {
    let no_file = words.contains("No such file or directory");
    let file = match words.strip_prefix("Error loading shared library ") {
        Some(musl) => musl.split(':').next().unwrap_or_default(),
        None => words.split(": ").next().unwrap_or_default(),
    };
    let itself = file == name || Path::new(file).file_name().is_some_and(|last| last == name);
    let needed_by = words.contains("(needed by");
    if no_file && itself && !needed_by {
        LoadError::Absent(words.to_owned())
    } else {
        LoadError::Refused(words.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tells_absent_from_refused() {
        let check = |words: &str, absent: bool| {
            let got = load_error("libcuda.so.1", words);
            assert_eq!(matches!(got, LoadError::Absent(_)), absent, "{words}");
        };
        check("libcuda.so.1: cannot open shared object file: No such file or directory", true);
        check(
            "/usr/lib64/libcuda.so.1: cannot open shared object file: No such file or directory",
            true,
        );
        check("Error loading shared library libcuda.so.1: No such file or directory", true);
        check(
            "libnvidia-gpucomp.so: cannot open shared object file: No such file or directory",
            false,
        );
        check(
            "Error loading shared library libdl.so.9: No such file or directory (needed by \
             libcuda.so.1)",
            false,
        );
        check("libcuda.so.1: cannot open shared object file: Permission denied", false);
        check("/tmp/libcuda.so.1: invalid ELF header", false);
        check("/tmp/libcuda.so.1: file too short", false);
        check("", false);
    }

    proptest! {
        #[test]
        fn load_error_never_panics(words in ".*") {
            load_error("libcuda.so.1", &words);
        }
    }
}
