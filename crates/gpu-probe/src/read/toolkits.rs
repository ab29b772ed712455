//! CUDA toolkits: every folder that holds one, each once, with all the ways that lead to it.

pub(super) mod version;

use super::{
    root::Root,
    search::{first_there, is_program, names_or_none, on_path},
};
use crate::{Environment, NvccLimit, Reading, Toolkit};
use std::path::{Path, PathBuf};

/// Debian's own package spreads the toolkit over `/usr`; this folder stands for it.
const DEBIAN: &str = "/usr/lib/cuda";
const HPC_SDK: &str = "/opt/nvidia/hpc_sdk";

/// Finds the toolkits, in the order in which they were come to: the environment first.
pub(crate) fn read(root: &Root, environment: &Environment) -> Vec<Toolkit> {
    let first_nvcc = on_path(root, environment, "nvcc").first().cloned();
    let mut toolkits: Vec<Toolkit> = Vec::new();
    for candidate in candidates(root, environment, first_nvcc.as_deref()) {
        let folder = match root.canonical(&candidate.folder) {
            Reading::Found(folder) => folder,
            Reading::Absent => continue,
            Reading::Unknown(_) => candidate.folder.clone(),
        };
        let path = folder.display().to_string();
        if let Some(known) = toolkits.iter_mut().find(|toolkit| toolkit.path == path) {
            known.first_on_path |= candidate.first_on_path;
            if !known.found_by.iter().any(|way| way == candidate.found_by) {
                known.found_by.push(candidate.found_by.to_owned());
            }
            continue;
        }
        let toolkit = describe(root, &folder, &candidate);
        // An uninstalled toolkit often leaves its folder behind; a variable that points to an
        // empty folder is worth telling.
        let is_empty = toolkit.version.is_absent() && toolkit.nvcc.is_absent();
        if !is_empty || candidate.by_variable {
            toolkits.push(toolkit);
        }
    }
    toolkits
}

struct Candidate {
    folder: PathBuf,
    found_by: &'static str,
    first_on_path: bool,
    by_variable: bool,
}

fn candidates(root: &Root, environment: &Environment, nvcc: Option<&Path>) -> Vec<Candidate> {
    let plain = |folder: PathBuf, found_by| Candidate {
        folder,
        found_by,
        first_on_path: false,
        by_variable: false,
    };
    let mut found: Vec<Candidate> = Vec::new();
    for name in ["CUDA_HOME", "CUDA_PATH"] {
        if let Some(value) = environment.get(name).filter(|value| value.starts_with('/')) {
            found.push(Candidate { by_variable: true, ..plain(PathBuf::from(value), name) });
        }
    }
    if let Some(folder) = nvcc.and_then(|nvcc| toolkit_of(root, nvcc)) {
        found.push(Candidate { first_on_path: true, ..plain(folder, "PATH") });
    }
    for (parent, found_by) in [("/usr/local", "/usr/local"), ("/opt", "/opt")] {
        let named = names_or_none(root, parent).into_iter();
        let named = named.filter(|name| name == "cuda" || name.starts_with("cuda-"));
        found.extend(named.map(|name| plain(Path::new(parent).join(name), found_by)));
    }
    found.push(plain(PathBuf::from(DEBIAN), "distribution"));
    if let Some(prefix) = environment.get("CONDA_PREFIX").filter(|prefix| prefix.starts_with('/'))
        && root.exists(Path::new(prefix).join("bin/nvcc"))
    {
        found.push(plain(PathBuf::from(prefix), "conda"));
    }
    found.extend(hpc_sdk(root).into_iter().map(|folder| plain(folder, "NVIDIA HPC SDK")));
    found
}

/// `/opt/nvidia/hpc_sdk/Linux_x86_64/24.9/cuda/12.6`, for each that is there.
fn hpc_sdk(root: &Root) -> Vec<PathBuf> {
    let below = |folder: PathBuf| {
        let named = names_or_none(root, &folder).into_iter();
        named.map(move |name| folder.join(name))
    };
    below(PathBuf::from(HPC_SDK))
        .filter(|system| system.to_string_lossy().contains("/Linux_"))
        .flat_map(below)
        .flat_map(|release| below(release.join("cuda")))
        .filter(|folder| root.exists(folder.join("bin/nvcc")))
        .collect()
}

/// The toolkit's folder for the path of an `nvcc`.
fn toolkit_of(root: &Root, nvcc: &Path) -> Option<PathBuf> {
    let real = root.canonical(nvcc).found()?.clone();
    let folder = real.parent()?.parent()?;
    let is_debian = ["/usr", "/usr/lib/nvidia-cuda-toolkit"].iter().any(|path| folder == *path);
    if is_debian && root.exists(DEBIAN) {
        return Some(PathBuf::from(DEBIAN));
    }
    Some(folder.to_owned())
}

fn describe(root: &Root, folder: &Path, candidate: &Candidate) -> Toolkit {
    let includes = include_folders(root, folder);
    let mut nvcc = folder.join("bin/nvcc");
    if folder == Path::new(DEBIAN) && !root.exists(&nvcc) {
        nvcc = PathBuf::from("/usr/bin/nvcc");
    }
    Toolkit {
        path: folder.display().to_string(),
        found_by: vec![candidate.found_by.to_owned()],
        version: version::read(root, folder, &includes),
        nvcc: match root.canonical(&nvcc) {
            Reading::Unknown(reason) => Reading::Unknown(reason),
            _ => is_program(root, &nvcc).then(|| nvcc.display().to_string()).into(),
        },
        first_on_path: candidate.first_on_path,
        host_compiler_limit: host_compiler_limit(root, &includes),
    }
}

/// Where the headers may be: conda and newer toolkits keep them by target.
fn include_folders(root: &Root, folder: &Path) -> Vec<PathBuf> {
    let mut includes = vec![folder.join("include")];
    let targets = folder.join("targets");
    let named = names_or_none(root, &targets);
    includes.extend(named.iter().map(|name| targets.join(name).join("include")));
    if folder == Path::new(DEBIAN) {
        includes.push(PathBuf::from("/usr/include"));
    }
    includes
}

fn host_compiler_limit(root: &Root, includes: &[PathBuf]) -> Reading<NvccLimit> {
    let paths =
        includes.iter().map(|include| include.join("crt/host_config.h").display().to_string());
    let paths: Vec<String> = paths.collect();
    let refs: Vec<&str> = paths.iter().map(String::as_str).collect();
    first_there(root, &refs).and_then(|path| {
        root.text(&path).and_then(|text| match parse_host_config(&text) {
            NvccLimit { gcc_max: None, clang_max: None } => {
                Reading::Unknown(format!("`{path}` states no limit that is understood"))
            }
            limit => Reading::Found(limit),
        })
    })
}

/// Reads the limits out of `crt/host_config.h`: `#if __GNUC__ > 13`, `(__clang_major__ >= 19)`.
pub(super) fn parse_host_config(text: &str) -> NvccLimit {
    let mut limit = NvccLimit::default();
    // HOS, Grace and Apple have limits of their own, in the same words.
    let mut general_clang = false;
    for line in text.lines().map(str::trim) {
        let Some(condition) = line.strip_prefix("#if") else { continue };
        if condition.contains("defined") {
            general_clang = condition.trim_start().starts_with("defined(__clang__)");
        }
        limit.gcc_max = limit.gcc_max.or_else(|| newest(condition, "__GNUC__"));
        if general_clang {
            limit.clang_max = limit.clang_max.or_else(|| newest(condition, "__clang_major__"));
        }
    }
    limit
}

/// The newest version that passes `macro > N` or `macro >= N`, the first of these in `condition`.
fn newest(condition: &str, name: &str) -> Option<u32> {
    condition.match_indices(name).find_map(|(at, _)| {
        let rest = condition[at + name.len()..].trim_start().strip_prefix('>')?;
        let (or_equal, rest) = match rest.strip_prefix('=') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let rest = rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u32 = rest[..end].parse().ok()?;
        if or_equal { number.checked_sub(1) } else { Some(number) }
    })
}

#[cfg(test)]
mod tests;
