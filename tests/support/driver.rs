//! The stand-in driver, laid out in a tree of files as a driver is.

use super::Scene;
use std::path::{Path, PathBuf};

/// Where the driver's libraries are on a server.
pub(crate) const FOLDER: &str = "usr/lib/x86_64-linux-gnu";
/// Where Windows puts them.
pub(crate) const WSL_FOLDER: &str = "usr/lib/wsl/lib";

/// The stand-in: cargo puts the shared library of a dev-dependency beside the test program.
pub(crate) fn library() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("libfake_driver.so")
}

/// Puts `libcuda`, `libnvidia-ml` and the PTX compiler of `version` below `root/FOLDER`.
pub(crate) fn install(scene: &Scene, folder: &str, version: &str) {
    let folder = scene.path("root").join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["libcuda.so", "libnvidia-ml.so", "libnvidia-ptxjitcompiler.so"] {
        place(&folder.join(format!("{name}.{version}")));
        link(&format!("{name}.{version}"), &folder.join(format!("{name}.1")));
    }
}

/// Puts them where WSL has them: no links, and no version in the names. The names of `libcuda` are
/// so many files, which the loader loads as so many libraries.
pub(crate) fn install_wsl(scene: &Scene) {
    let folder = scene.path("root").join(WSL_FOLDER);
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["libcuda.so.1", "libnvidia-ml.so.1", "libnvidia-ptxjitcompiler.so.1"] {
        place(&folder.join(name));
    }
    for name in ["libcuda.so", "libcuda.so.1.1"] {
        std::fs::copy(library(), folder.join(name)).unwrap();
    }
}

/// Puts the stand-in at `path`. A link would show the library's own path to the loader, so that it
/// is a second name of the file, or a copy on another file system.
pub(crate) fn place(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    if std::fs::hard_link(library(), path).is_err() {
        std::fs::copy(library(), path).unwrap();
    }
}

pub(crate) fn link(target: &str, path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(target, path).unwrap();
}

/// Makes an older driver of the library at `path`: symbols of these names are not found any more.
///
/// The loader finds a name by its hash and then compares the text, so that a changed text is
/// enough; the letter case of the first letter is what changes.
pub(crate) fn forget_symbols(path: &Path, names: &[&str]) {
    let mut bytes = std::fs::read(path).unwrap();
    for name in names {
        let wanted: Vec<u8> = [b"\0", name.as_bytes(), b"\0"].concat();
        let places: Vec<usize> = memmem(&bytes, &wanted);
        assert!(!places.is_empty(), "the stand-in has no `{name}`");
        for place in places {
            bytes[place + 1] = bytes[place + 1].to_ascii_uppercase();
        }
    }
    // The file may be a second name of the stand-in itself: a new file takes its place.
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn memmem(bytes: &[u8], wanted: &[u8]) -> Vec<usize> {
    let is_here = |(at, window): (usize, &[u8])| (window == wanted).then_some(at);
    bytes.windows(wanted.len()).enumerate().filter_map(is_here).collect()
}
