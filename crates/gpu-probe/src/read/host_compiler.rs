//! The C++ compiler that `nvcc` would call, from the names of files; nothing is started.

use super::{
    root::Root,
    search::{is_program, names_or_none, on_path},
};
use crate::{Environment, HostCompiler, Reading};
use std::path::{Path, PathBuf};

/// Programs that stand before a compiler and call the next of its name on `PATH`.
const WRAPPERS: [&str; 4] = ["ccache", "sccache", "distcc", "icecc"];

/// `NVCC_CCBIN` where it is set, else the first compiler on `PATH`. `Absent` where there is none.
pub(crate) fn read(root: &Root, environment: &Environment) -> Reading<HostCompiler> {
    let candidates = match environment.get("NVCC_CCBIN").filter(|value| !value.is_empty()) {
        Some(named) => named_by_variable(root, environment, named),
        None => [on_path(root, environment, "g++"), on_path(root, environment, "c++")].concat(),
    };
    let followed = candidates.iter().map(|path| root.canonical(path));
    let compiler = followed.filter_map(|path| path.found().cloned()).find(|path| !is_wrapper(path));
    compiler.map(|path| describe(root, &path)).into()
}

/// `NVCC_CCBIN` is a file, a folder that holds the compiler, or a name to look for on `PATH`.
fn named_by_variable(root: &Root, environment: &Environment, named: &str) -> Vec<PathBuf> {
    let path = Path::new(named);
    if !path.is_absolute() {
        return on_path(root, environment, named);
    }
    let inside = ["g++", "c++", "clang++"].map(|name| path.join(name));
    let candidates = std::iter::once(path.to_owned()).chain(inside);
    candidates.filter(|path| is_program(root, path)).collect()
}

fn is_wrapper(path: &Path) -> bool {
    path.file_name().is_some_and(|name| WRAPPERS.iter().any(|wrapper| name == *wrapper))
}

fn describe(root: &Root, path: &Path) -> HostCompiler {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (family, major) = parse_compiler_name(&name);
    let major = major.or_else(|| llvm_folder(path));
    HostCompiler {
        path: path.display().to_string(),
        family: family.to_owned(),
        major: major.map_or_else(|| installed_major(root, path, family), Reading::Found),
    }
}

/// `x86_64-linux-gnu-g++-12` is `gcc` and 12; an unknown name is its own family.
pub(super) fn parse_compiler_name(name: &str) -> (&str, Option<u32>) {
    let (stem, major) = match name.rsplit_once('-') {
        Some((stem, version)) if version.starts_with(|first: char| first.is_ascii_digit()) => {
            (stem, version.split('.').next().and_then(|major| major.parse().ok()))
        }
        _ => (name, None),
    };
    let family = match stem.rsplit('-').next().unwrap_or(stem) {
        "g++" | "gcc" | "c++" | "cc" => "gcc",
        "clang" | "clang++" => "clang",
        _ => name,
    };
    (family, major)
}

/// `/usr/lib/llvm-14/bin/clang` is 14.
fn llvm_folder(path: &Path) -> Option<u32> {
    path.iter().find_map(|part| part.to_str()?.strip_prefix("llvm-")?.parse().ok())
}

/// The only version in the compiler's own folder, `lib/gcc/TARGET/N` or `lib/clang/N`.
fn installed_major(root: &Root, path: &Path, family: &str) -> Reading<u32> {
    let Some(prefix) = path.parent().and_then(Path::parent) else { return Reading::Absent };
    let folders: Vec<PathBuf> = match family {
        "gcc" => ["lib/gcc", "lib64/gcc"]
            .iter()
            .flat_map(|gcc| {
                let gcc = prefix.join(gcc);
                names_or_none(root, &gcc).into_iter().map(move |target| gcc.join(target))
            })
            .collect(),
        "clang" => vec![prefix.join("lib/clang"), prefix.join("lib64/clang")],
        _ => return Reading::Unknown(format!("`{}` is not a known compiler", path.display())),
    };
    let named = folders.iter().flat_map(|folder| names_or_none(root, folder));
    let mut majors: Vec<u32> =
        named.filter_map(|name| name.split('.').next()?.parse().ok()).collect();
    majors.sort_unstable();
    majors.dedup();
    match majors.as_slice() {
        [major] => Reading::Found(*major),
        [] => Reading::Unknown(format!("no file says the version of `{}`", path.display())),
        _ => Reading::Unknown(format!(
            "several versions are installed, and no file says which `{}` is",
            path.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::{Tree, environment};
    use proptest::prelude::*;

    #[test]
    fn reads_the_names_of_compilers() {
        let check = |name: &str, family: &str, major: Option<u32>| {
            assert_eq!(parse_compiler_name(name), (family, major), "{name}");
        };
        check("x86_64-linux-gnu-g++-12", "gcc", Some(12));
        check("g++-4.8", "gcc", Some(4));
        check("x86_64-conda-linux-gnu-c++", "gcc", None);
        check("g++", "gcc", None);
        check("clang++-14", "clang", Some(14));
        check("clang-18", "clang", Some(18));
        check("nvc++", "nvc++", None);
        check("", "", None);
        check("-", "-", None);
        check("g++-99999999999", "gcc", None);
    }

    /// `(link, "-> target")` or `(program, "")`.
    fn in_tree(
        files: &[(&str, &str)],
        variables: &[(&str, &str)],
    ) -> Reading<(String, Reading<u32>)> {
        read(&Tree::new(files).root(), &environment(variables))
            .map(|found| (found.path, found.major))
    }

    const DEBIAN: [(&str, &str); 4] = [
        ("usr/bin/c++", "-> /etc/alternatives/c++"),
        ("etc/alternatives/c++", "-> /usr/bin/g++"),
        ("usr/bin/g++", "-> g++-12"),
        ("usr/bin/g++-12", "-> x86_64-linux-gnu-g++-12"),
    ];
    const G_12: (&str, &str) = ("usr/bin/x86_64-linux-gnu-g++-12", "");
    const G_11: (&str, &str) = ("opt/old/bin/g++-11", "");

    #[test]
    fn follows_to_the_compiler() {
        let check =
            |files: &[(&str, &str)], variables: &[(&str, &str)], expected: Option<(&str, u32)>| {
                let got = in_tree(files, variables);
                let got = got.found().map(|(path, major)| (path.as_str(), *major.found().unwrap()));
                assert_eq!(got, expected, "{files:?} {variables:?}");
            };
        let path = ("PATH", "/usr/bin");
        let debian = [DEBIAN.as_slice(), &[G_12, G_11]].concat();
        let g_12 = Some(("/usr/bin/x86_64-linux-gnu-g++-12", 12));
        let g_11 = Some(("/opt/old/bin/g++-11", 11));
        check(&debian, &[path], g_12);
        check(&debian, &[("NVCC_CCBIN", "/opt/old/bin/g++-11"), path], g_11);
        check(&debian, &[("NVCC_CCBIN", "g++-11"), ("PATH", "/usr/bin:/opt/old/bin")], g_11);
        check(&debian, &[("NVCC_CCBIN", "/usr/bin")], g_12);
        check(&debian, &[("NVCC_CCBIN", "/usr/bin/g++-9"), path], None);
        check(&debian, &[], None);
        let cached =
            [&debian[..], &[("usr/lib/ccache/g++", "-> ../../bin/ccache"), ("usr/bin/ccache", "")]];
        check(&cached.concat(), &[("PATH", "/usr/lib/ccache:/usr/bin")], g_12);
        let clang = ("usr/lib/llvm-14/bin/clang", "");
        let clang_link = ("usr/bin/c++", "-> ../lib/llvm-14/bin/clang");
        check(&[clang, clang_link], &[path], Some(("/usr/lib/llvm-14/bin/clang", 14)));
        let fedora = [("usr/bin/g++", ""), ("usr/lib/gcc/x86_64-redhat-linux/14/cc1plus", "")];
        check(&fedora, &[path], Some(("/usr/bin/g++", 14)));
    }

    #[test]
    fn does_not_guess_between_versions() {
        let files = [("usr/bin/g++", ""), ("usr/lib/gcc/x/13/a", ""), ("usr/lib/gcc/x/14/a", "")];
        let got = in_tree(&files, &[("PATH", "/usr/bin")]);
        assert!(got.found().unwrap().1.unknown().unwrap().starts_with("several versions"));
    }

    proptest! {
        #[test]
        fn never_panics(name in ".*") {
            let _ = parse_compiler_name(&name);
            let _ = llvm_folder(Path::new(&name));
        }
    }
}
