//! The copies of cuDNN: where each lies, which version it is and whether its parts fit together.
//!
//! `libcudnn.so.9` only loads others that must lie beside it in the same version.

use super::{
    root::Root,
    search::{names_beginning, names_or_none},
};
use crate::{CudnnCopy, Environment, PythonEnvironment, Reading};
use cuda_compat::CudnnVersion;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// The loader's own folders, of Debian, Red Hat and their relatives.
const LOADER_FOLDERS: [&str; 7] = [
    "/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
];
/// The header with the version is short.
const HEAD: u64 = 32 * 1024;

/// Finds the copies in the order in which a program would come to them.
pub(crate) fn read(
    root: &Root,
    environment: &Environment,
    python: &[PythonEnvironment],
) -> Vec<CudnnCopy> {
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    let mut copies = Vec::new();
    for (folder, found_by) in folders(root, environment, python) {
        let Reading::Found(real) = root.canonical(&folder) else { continue };
        if !seen.insert(real.clone()) {
            continue;
        }
        // A folder that may be entered but not listed shows nothing here, and nothing to us.
        let entries = names_beginning(root, &real, "libcudnn");
        let majors: BTreeSet<u32> = entries.iter().filter_map(|name| main_library(name)).collect();
        copies.extend(majors.into_iter().map(|major| {
            describe(&Place { root, folder: &folder, entries: &entries, python }, major, found_by)
        }));
    }
    copies
}

/// A folder with its entries, and the Python environments that it may belong to.
struct Place<'a> {
    root: &'a Root,
    folder: &'a Path,
    entries: &'a [String],
    python: &'a [PythonEnvironment],
}

fn folders(
    root: &Root,
    environment: &Environment,
    python: &[PythonEnvironment],
) -> Vec<(PathBuf, &'static str)> {
    let mut found: Vec<(PathBuf, &'static str)> = Vec::new();
    let absolute = |name: &str| environment.get(name).filter(|value| value.starts_with('/'));
    let listed = environment.get("LD_LIBRARY_PATH").unwrap_or_default().split([':', ';']);
    let listed = listed.filter(|folder| folder.starts_with('/'));
    found.extend(listed.map(|folder| (PathBuf::from(folder), "LD_LIBRARY_PATH")));
    if let Some(folder) = absolute("CUDNN_PATH") {
        let inside = ["lib64", "lib", ""].map(|lib| (Path::new(folder).join(lib), "CUDNN_PATH"));
        found.extend(inside);
    }
    found.extend(ld_so_folders(root).into_iter().map(|folder| (folder, "loader path")));
    found.extend(LOADER_FOLDERS.map(|folder| (PathBuf::from(folder), "loader path")));
    for environment in python {
        let site_packages = Path::new(&environment.site_packages);
        let inside = ["nvidia/cudnn/lib", "nvidia/cudnn_jit/lib", "torch/lib"];
        found.extend(inside.map(|inside| (site_packages.join(inside), "python")));
    }
    if let Some(prefix) = absolute("CONDA_PREFIX") {
        found.push((Path::new(prefix).join("lib"), "conda"));
    }
    let mut toolkits: Vec<PathBuf> = Vec::new();
    toolkits.extend(
        ["CUDA_HOME", "CUDA_PATH"].iter().filter_map(|name| absolute(name)).map(PathBuf::from),
    );
    for parent in ["/usr/local", "/opt"] {
        let named = names_or_none(root, parent).into_iter();
        let named = named.filter(|name| name == "cuda" || name.starts_with("cuda-"));
        toolkits.extend(named.map(|name| Path::new(parent).join(name)));
    }
    found.extend(
        toolkits
            .iter()
            .flat_map(|toolkit| ["lib64", "lib"].map(|lib| (toolkit.join(lib), "toolkit"))),
    );
    found
}

/// The folders that `/etc/ld.so.conf.d` names.
fn ld_so_folders(root: &Root) -> Vec<PathBuf> {
    let named = names_or_none(root, "/etc/ld.so.conf.d");
    let files = named.iter().filter(|name| name.ends_with(".conf"));
    let texts = files.map(|name| root.text(Path::new("/etc/ld.so.conf.d").join(name)));
    texts
        .flat_map(|text| text.found().map(|text| parse_ld_so_conf(text)).unwrap_or_default())
        .collect()
}

pub(super) fn parse_ld_so_conf(text: &str) -> Vec<PathBuf> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| line.starts_with('/')).map(PathBuf::from).collect()
}

/// The major version in `libcudnn.so.9`; `None` for any other name.
fn main_library(name: &str) -> Option<u32> {
    name.strip_prefix("libcudnn.so.")?.split('.').next()?.parse().ok()
}

fn describe(place: &Place<'_>, major: u32, found_by: &str) -> CudnnCopy {
    let by_file = version_of(place, "libcudnn", major);
    let exact = by_file.or_else(|| by_package(place, major)).or_else(|| by_header(place, major));
    // The name of the library itself always says the major version.
    let version = exact.unwrap_or(CudnnVersion { major, minor: None, patch: None, build: None });
    CudnnCopy {
        folder: place.folder.display().to_string(),
        version: Reading::Found(version),
        cuda_major: cuda_major(place, major).into(),
        incomplete: incomplete(place, major),
        found_by: found_by.to_owned(),
    }
}

/// The version in the name of the file that `STEM.so.MAJOR` leads to.
fn version_of(place: &Place<'_>, stem: &str, major: u32) -> Option<CudnnVersion> {
    let link = place.folder.join(format!("{stem}.so.{major}"));
    let real = place.root.canonical(link);
    let by_link = real.found().and_then(|path| full_version(path.file_name()?.to_str()?));
    // A copy without its links still says what it is, where it is the only one.
    let beginning = format!("{stem}.so.{major}.");
    let mut named = place.entries.iter().filter(|name| name.starts_with(&beginning));
    by_link.or_else(|| match (named.next(), named.next()) {
        (Some(name), None) => full_version(name),
        _ => None,
    })
}

/// `libcudnn_ops.so.9.10.2` is 9.10.2; a name with the major version alone says nothing more.
pub(super) fn full_version(name: &str) -> Option<CudnnVersion> {
    let version: CudnnVersion = name.split_once(".so.")?.1.parse().ok()?;
    version.minor.is_some().then_some(version)
}

/// The version of the Python package that `nvidia/cudnn/lib` came with.
fn by_package(place: &Place<'_>, major: u32) -> Option<CudnnVersion> {
    let (_, version) = package(place)?;
    let version: CudnnVersion = version.parse().ok()?;
    (version.major == major).then_some(version)
}

/// The name and version of the package of cuDNN, where the folder is that of one.
fn package<'a>(place: &Place<'a>) -> Option<(&'a str, &'a str)> {
    let jit = place.folder.ends_with("nvidia/cudnn_jit/lib");
    if !jit && !place.folder.ends_with("nvidia/cudnn/lib") {
        return None;
    }
    let stem = if jit { "nvidia-cudnn-jit" } else { "nvidia-cudnn" };
    let environment =
        place.python.iter().find(|one| place.folder.starts_with(&one.site_packages))?;
    let is_it = |name: &str| {
        name.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with("-cu"))
    };
    let package = environment.packages.iter().find(|package| is_it(&package.name))?;
    Some((&package.name, &package.version))
}

fn by_header(place: &Place<'_>, major: u32) -> Option<CudnnVersion> {
    let beside = place.folder.parent().map(|parent| parent.join("include"));
    let triplet = place.folder.file_name().map(|name| Path::new("/usr/include").join(name));
    let mut includes: Vec<PathBuf> = beside.into_iter().collect();
    if place.folder.starts_with("/usr/lib") || place.folder.starts_with("/lib") {
        includes.extend(triplet);
        includes.push(PathBuf::from("/usr/include"));
    }
    let files = [format!("cudnn_version_v{major}.h"), "cudnn_version.h".to_owned()];
    let headers = includes.iter().flat_map(|include| files.iter().map(|file| include.join(file)));
    let versions = headers.filter_map(|header| {
        place.root.head(header, HEAD).found().and_then(|text| parse_header(text))
    });
    versions.into_iter().find(|version| version.major == major)
}

/// `#define CUDNN_MAJOR 9`, `CUDNN_MINOR`, `CUDNN_PATCHLEVEL`.
pub(super) fn parse_header(text: &str) -> Option<CudnnVersion> {
    let number = |name: &str| {
        text.lines().find_map(|line| {
            let mut words = line.trim().strip_prefix("#define")?.split_whitespace();
            (words.next()? == name).then(|| words.next()?.parse::<u32>().ok())?
        })
    };
    Some(CudnnVersion {
        major: number("CUDNN_MAJOR")?,
        minor: number("CUDNN_MINOR"),
        patch: number("CUDNN_PATCHLEVEL"),
        build: None,
    })
}

/// The CUDA that the copy is for, by the Python package, the toolkit's folder or the package of
/// the distribution.
fn cuda_major(place: &Place<'_>, major: u32) -> Option<u32> {
    if let Some((name, _)) = package(place) {
        return name.rsplit_once("-cu")?.1.parse().ok();
    }
    let real = place.root.canonical(place.folder);
    let by_folder = real.found().and_then(|path| {
        path.iter()
            .find_map(|part| part.to_str()?.strip_prefix("cuda-")?.split('.').next()?.parse().ok())
    });
    by_folder.or_else(|| {
        let system = place.folder.starts_with("/usr/lib") || place.folder.starts_with("/lib");
        let installed = |cuda: &u32| {
            let list = format!("/var/lib/dpkg/info/libcudnn{major}-cuda-{cuda}.list");
            system && place.root.exists(list)
        };
        let mut installed = [11, 12, 13].into_iter().filter(installed);
        installed.next().filter(|_| installed.next().is_none())
    })
}

/// The parts that are missing, or lie there in another version than the library that loads them.
fn incomplete(place: &Place<'_>, major: u32) -> Vec<String> {
    let ending = format!(".so.{major}");
    let here: BTreeSet<&str> = place
        .entries
        .iter()
        .filter_map(|name| name.strip_prefix("libcudnn_")?.split_once(&ending))
        .filter(|(_, rest)| rest.is_empty() || rest.starts_with('.'))
        .map(|(part, _)| part)
        .collect();
    let loader = version_of(place, "libcudnn", major);
    let differs = |part: &&str| {
        let version = version_of(place, &format!("libcudnn_{part}"), major);
        matches!((loader, version), (Some(loader), Some(version)) if loader != version)
    };
    let missing = needed(major, &here).iter().copied().filter(|part| !here.contains(part));
    let broken: BTreeSet<&str> = here.iter().copied().filter(differs).chain(missing).collect();
    broken.iter().map(|part| format!("libcudnn_{part}")).collect()
}

/// The parts that must be there. cuDNN 9 also comes in a small edition that compiles everything at
/// run time; the large one may leave out `engines_precompiled`.
fn needed(major: u32, here: &BTreeSet<&str>) -> &'static [&'static str] {
    match major {
        8 => &["ops_infer", "ops_train", "cnn_infer", "cnn_train", "adv_infer", "adv_train"],
        9 if ["ops", "cnn", "adv"].iter().any(|part| here.contains(part)) => {
            &["graph", "engines_runtime_compiled", "heuristic", "ops", "cnn", "adv"]
        }
        9 => &["graph", "engines_runtime_compiled"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
