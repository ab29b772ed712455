//! The copies of the driver's user-space libraries, in the order in which the loader comes to them.
//!
//! Those come first that the loader reaches: `LD_LIBRARY_PATH`, its cache, its default folders.
//! After them stand copies that lie where it looks only after a change of its configuration.

use super::{elf, loader, root::Root};
use crate::{
    DriverLibraries, Environment, LibraryCopy, LibraryKind,
    Reading::{Absent, Found, Unknown},
};
use cuda_compat::DriverVersion;
use std::path::{Path, PathBuf};

/// Reads all three libraries.
pub(crate) fn read(root: &Root, environment: &Environment) -> DriverLibraries {
    let places = Places::read(root, environment);
    DriverLibraries {
        cuda: copies(root, &places, "libcuda.so"),
        nvml: copies(root, &places, "libnvidia-ml.so"),
        ptx_compiler: copies(root, &places, "libnvidia-ptxjitcompiler.so"),
    }
}

/// Where to look, in order.
struct Places {
    before_cache: Vec<String>,
    cache: Vec<(String, String)>,
    after_cache: Vec<String>,
}

impl Places {
    fn read(root: &Root, environment: &Environment) -> Self {
        let variable = environment.get("LD_LIBRARY_PATH").unwrap_or_default();
        let cache = root.bytes("/etc/ld.so.cache");
        let mut after_cache: Vec<String> =
            loader::DEFAULT_FOLDERS.iter().map(|folder| (*folder).to_owned()).collect();
        after_cache.extend(loader::configured_folders(root));
        after_cache.push("/usr/lib/wsl/lib".to_owned());
        let toolkits = root.names("/usr/local");
        let toolkits = toolkits.found().into_iter().flatten();
        after_cache.extend(
            toolkits
                .filter(|name| name.starts_with("cuda"))
                .map(|name| format!("/usr/local/{name}/compat")),
        );
        Self {
            before_cache: parse_library_path(variable),
            cache: cache.found().map(|bytes| loader::parse_cache(bytes)).unwrap_or_default(),
            after_cache,
        }
    }
}

/// The folders of `LD_LIBRARY_PATH`, which are separated by colons or semicolons. An empty one
/// means the folder that a program is started in; it is not looked at.
pub(super) fn parse_library_path(text: &str) -> Vec<String> {
    text.split([':', ';']).filter(|folder| folder.starts_with('/')).map(str::to_owned).collect()
}

fn copies(root: &Root, places: &Places, name: &str) -> Vec<LibraryCopy> {
    let mut found: Vec<(PathBuf, LibraryCopy)> = Vec::new();
    let mut add = |path: String| {
        let Some((real, copy)) = copy(root, path) else { return };
        if !found.iter().any(|(known, _)| *known == real) {
            found.push((real, copy));
        }
    };
    let in_folder = |folder: &String| path_in(root, folder.trim_end_matches('/'), name);
    places.before_cache.iter().filter_map(in_folder).for_each(&mut add);
    let versioned = format!("{name}.1");
    for wanted in [versioned.as_str(), name] {
        let cached = places.cache.iter().filter(|(library, _)| library == wanted);
        cached.map(|(_, path)| path.clone()).for_each(&mut add);
    }
    places.after_cache.iter().filter_map(in_folder).for_each(&mut add);
    found.into_iter().map(|(_, copy)| copy).collect()
}

/// The name under which a program would find the library in a folder.
fn path_in(root: &Root, folder: &str, name: &str) -> Option<String> {
    let paths = [format!("{folder}/{name}.1"), format!("{folder}/{name}")];
    // A link that leads nowhere is there too: it is how a half-removed driver looks.
    paths.into_iter().find(|path| root.exists(path) || root.link(path).found().is_some())
}

/// The library and where its links lead to; `None` where there is none, or one for 32 bits.
fn copy(root: &Root, path: String) -> Option<(PathBuf, LibraryCopy)> {
    let real = match root.canonical(&path) {
        Found(real) => real,
        Absent | Unknown(_) => PathBuf::from(&path),
    };
    // The magic number and the class.
    let elf = match root.first_bytes(&path, 5) {
        Found(head) if head == b"\x7fELF\x01" => return None,
        Found(head) => Found(head.starts_with(elf::MAGIC)),
        Absent if root.link(&path).found().is_some() => {
            Unknown(format!("the link `{path}` leads to nothing"))
        }
        Absent => return None,
        Unknown(reason) => Unknown(reason),
    };
    let version = version_of(&real).into();
    Some((real, LibraryCopy { kind: kind_of(&path), path, version, elf }))
}

/// What a path says of a library.
pub(super) fn kind_of(path: &str) -> LibraryKind {
    if path.split('/').any(|part| part == "stubs") {
        return LibraryKind::Stub;
    }
    if path.split('/').any(|part| part == "compat" || part.starts_with("cuda-compat")) {
        return LibraryKind::Compat;
    }
    if path.starts_with("/usr/lib/wsl/") {
        return LibraryKind::Wsl;
    }
    LibraryKind::Driver
}

/// The version in `libcuda.so.570.86.15`. WSL's `libcuda.so.1.1` names none.
pub(super) fn version_of(path: &Path) -> Option<DriverVersion> {
    let (_, version) = path.file_name()?.to_str()?.split_once(".so.")?;
    let version: DriverVersion = version.parse().ok()?;
    (version.branch >= 60).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::Tree;
    use proptest::prelude::*;

    const ELF: &str = "\u{7f}ELF\u{2}";

    fn check(tree: &Tree, library_path: &str, expected: &[(&str, LibraryKind, Option<&str>)]) {
        let variables = [("LD_LIBRARY_PATH".to_owned(), library_path.to_owned())].into();
        let libraries = read(&tree.root(), &Environment { variables });
        let got: Vec<(String, LibraryKind, Option<String>)> = libraries
            .cuda
            .iter()
            .map(|copy| {
                (copy.path.clone(), copy.kind, copy.version.found().map(ToString::to_string))
            })
            .collect();
        let expected: Vec<(String, LibraryKind, Option<String>)> = expected
            .iter()
            .map(|(path, kind, version)| (path.to_string(), *kind, version.map(str::to_owned)))
            .collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn keeps_the_order_of_the_loader() {
        let lib = "/usr/lib/x86_64-linux-gnu";
        let tree = Tree::new(&[
            (&format!("{lib}/libcuda.so.570.86.15"), ELF),
            (&format!("{lib}/libcuda.so.1"), "-> libcuda.so.570.86.15"),
            (&format!("{lib}/libcuda.so"), "-> libcuda.so.1"),
            ("/lib", "-> usr/lib"),
            ("/usr/lib/i386-linux-gnu/libcuda.so.1", "\u{7f}ELF\u{1}"),
            ("/usr/local/cuda-12.6/compat/libcuda.so.1", "-> libcuda.so.560.35.05"),
            ("/usr/local/cuda-12.6/compat/libcuda.so.560.35.05", ELF),
            ("/usr/local/cuda", "-> /usr/local/cuda-12.6"),
            ("/usr/local/cuda-12.6/lib64/stubs/libcuda.so", ELF),
            ("/etc/ld.so.conf", "/usr/lib/i386-linux-gnu\n/opt/broken\n"),
            ("/opt/broken/libcuda.so.1", "-> /nowhere/libcuda.so.550.54.15"),
        ]);
        use LibraryKind::{Compat, Driver, Stub};
        let driver = ("/lib/x86_64-linux-gnu/libcuda.so.1", Driver, Some("570.86.15"));
        let compat = ("/usr/local/cuda/compat/libcuda.so.1", Compat, Some("560.35.05"));
        let broken = ("/opt/broken/libcuda.so.1", Driver, None);
        check(&tree, "", &[driver, broken, compat]);
        let stub = ("/usr/local/cuda-12.6/lib64/stubs/libcuda.so", Stub, None);
        check(&tree, ":/usr/local/cuda-12.6/lib64/stubs/", &[stub, driver, broken, compat]);
        check(&tree, "/usr/local/cuda/compat", &[compat, driver, broken]);
    }

    #[test]
    fn tells_what_is_no_library() {
        let tree = Tree::new(&[
            ("/usr/lib/wsl/lib/libnvidia-ml.so.1", ELF),
            ("/usr/lib64/libnvidia-ml.so.1", "not ELF"),
            ("/usr/lib64/libnvidia-ptxjitcompiler.so.1", ""),
        ]);
        let libraries = read(&tree.root(), &Environment::default());
        let elf: Vec<_> = libraries.nvml.iter().map(|copy| (copy.kind, copy.elf.clone())).collect();
        assert_eq!(elf, [(LibraryKind::Driver, Found(false)), (LibraryKind::Wsl, Found(true))]);
        assert_eq!(libraries.ptx_compiler.first().unwrap().elf, Found(false));
        assert_eq!(libraries.cuda, []);
    }

    #[test]
    fn reads_versions() {
        let check = |path: &str, expected: Option<&str>| {
            let version = version_of(Path::new(path)).map(|version| version.to_string());
            assert_eq!(version.as_deref(), expected, "{path}");
        };
        check("/a/libcuda.so.570.86.15", Some("570.86.15"));
        check("/a/libcuda.so.535.54", Some("535.54"));
        check("/a/libcuda.so.1.1", None);
        check("/a/libcuda.so.1", None);
        check("/a/libcuda.so", None);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,100}") {
            parse_library_path(&text);
            kind_of(&text);
            version_of(Path::new(&text));
        }
    }
}
