//! The CUDA and the GPU architectures that a package was built for, where its files say so.

use super::metadata::Metadata;
use crate::{Reading, read::root::Root};
use cuda_compat::{ComputeCapability, CudaVersion};
use std::path::Path;

/// The files that say it are small and written by the package's build.
const HEAD: u64 = 64 * 1024;

/// What a package was built for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::read) struct Built {
    pub(super) cuda: Reading<CudaVersion>,
    pub(super) architectures: Reading<Vec<ComputeCapability>>,
}

/// Packages that are the same for every CUDA: they compile at run time or hold no GPU code.
const WITHOUT_CUDA: &[&str] = &[
    "cuda-core",
    "cupy",
    "jax",
    "jaxlib",
    "numba",
    "numba-cuda",
    "onnxruntime",
    "paddlepaddle",
    "pytorch-triton",
    "tensorrt",
    "triton",
];

/// Components of the toolkit that carry the toolkit's version.
const OF_TOOLKIT: &[&str] = &[
    "cuda-toolkit",
    "nvidia-cuda-crt",
    "nvidia-cuda-cupti",
    "nvidia-cuda-nvcc",
    "nvidia-cuda-nvrtc",
    "nvidia-cuda-runtime",
    "nvidia-nvjitlink",
];

/// Asks, in this order: the package's own build file, its version, its name, its requirements.
pub(super) fn read(root: &Root, site_packages: &Path, package: &Metadata) -> Built {
    let by_file = by_build_file(root, site_packages, &package.name);
    let architectures = match by_file.as_ref().map(|built| &built.architectures) {
        Some(Reading::Found(list)) => Reading::Found(list.clone()),
        _ if holds_gpu_code(&package.name) => {
            Reading::Unknown("no text file of the package says which".to_owned())
        }
        _ => Reading::Absent,
    };
    let cuda = match by_file {
        Some(Built { cuda: Reading::Unknown(_), .. }) | None => by_metadata(package),
        Some(Built { cuda, .. }) => cuda,
    };
    Built { cuda, architectures }
}

fn holds_gpu_code(name: &str) -> bool {
    !name.starts_with("nvidia-") && !name.starts_with("cuda-") && !WITHOUT_CUDA.contains(&name)
}

fn by_build_file(root: &Root, site_packages: &Path, name: &str) -> Option<Built> {
    let (file, parse): (&str, fn(&str) -> Built) = match name {
        "torch" | "torchvision" | "torchaudio" => {
            return by_version_file(root, &site_packages.join(name).join("version.py"));
        }
        "tensorflow" | "tensorflow-gpu" | "tf-nightly" => {
            ("tensorflow/python/platform/build_info.py", parse_tensorflow)
        }
        "onnxruntime-gpu" => ("onnxruntime/capi/build_and_package_info.py", parse_assignments),
        "paddlepaddle-gpu" => ("paddle/version/__init__.py", parse_assignments),
        "xformers" => ("xformers/cpp_lib.json", parse_xformers),
        _ => return None,
    };
    root.head(site_packages.join(file), HEAD).found().map(|text| parse(text))
}

fn by_version_file(root: &Root, path: &Path) -> Option<Built> {
    root.head(path, HEAD).found().map(|text| parse_assignments(text))
}

fn unsaid() -> Built {
    let reason = "no file of the package says it";
    Built {
        cuda: Reading::Unknown(reason.to_owned()),
        architectures: Reading::Unknown(reason.to_owned()),
    }
}

/// `cuda: Optional[str] = '12.6'`, `cuda = None`, `cuda_version = "12.6"`, or else the build in
/// `__version__ = '0.29.2+cu132'`.
pub(in crate::read) fn parse_assignments(text: &str) -> Built {
    let assigned = |names: [&str; 2]| {
        text.lines().find_map(|line| {
            let (left, right) = line.split_once('=')?;
            let name = left.split(':').next()?.trim();
            names.contains(&name).then(|| right.trim())
        })
    };
    let by_version = || {
        let version = assigned(["__version__", "full_version"])?.trim_matches(['\'', '"']);
        parse_tag(version.split_once('+')?.1)
    };
    let cuda = match assigned(["cuda", "cuda_version"]) {
        Some("None" | "'False'" | "False" | "''" | "\"\"") => Some(Reading::Absent),
        Some(value) => value.trim_matches(['\'', '"']).parse().ok().map(Reading::Found),
        None => None,
    };
    Built { cuda: cuda.or_else(by_version).unwrap_or(unsaid().cuda), ..unsaid() }
}

/// `('cuda_version', '12.5.1')` and `('cuda_compute_capabilities', ['sm_60', 'compute_90'])`.
pub(in crate::read) fn parse_tensorflow(text: &str) -> Built {
    let after = |key: &str| {
        let at = text.find(&format!("{key}\"")).or_else(|| text.find(&format!("{key}'")))?;
        text[at + key.len() + 1..].trim_start().strip_prefix([',', ':']).map(str::trim_start)
    };
    if after("is_cuda_build").is_some_and(|rest| rest.starts_with("False")) {
        return Built { cuda: Reading::Absent, architectures: Reading::Absent };
    }
    let cuda = after("cuda_version").and_then(|rest| quoted(rest).first()?.parse().ok());
    let list = after("cuda_compute_capabilities").and_then(|rest| {
        let list = rest.strip_prefix('[')?.split(']').next()?;
        architectures(quoted(list))
    });
    Built {
        cuda: cuda.map_or(unsaid().cuda, Reading::Found),
        architectures: list.map_or(unsaid().architectures, Reading::Found),
    }
}

/// The texts between quotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split(['\'', '"']).skip(1).step_by(2).collect()
}

fn architectures<'text>(
    names: impl IntoIterator<Item = &'text str>,
) -> Option<Vec<ComputeCapability>> {
    let parse =
        |name: &str| name.trim_end_matches("+PTX").trim_end_matches(['a', 'f']).parse().ok();
    let mut list: Vec<ComputeCapability> = names.into_iter().map(parse).collect::<Option<_>>()?;
    list.sort_unstable();
    list.dedup();
    (!list.is_empty()).then_some(list)
}

/// `{"version": {"cuda": 1206, …}, "env": {"TORCH_CUDA_ARCH_LIST": "8.0+PTX 9.0a", …}}`.
pub(in crate::read) fn parse_xformers(text: &str) -> Built {
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return unsaid() };
    let cuda = match json.pointer("/version/cuda") {
        Some(serde_json::Value::Null) => Reading::Absent,
        Some(value) => match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) if number >= 100 => {
                Reading::Found(CudaVersion::new(number / 100, number % 100))
            }
            _ => unsaid().cuda,
        },
        None => unsaid().cuda,
    };
    let list = json.pointer("/env/TORCH_CUDA_ARCH_LIST").and_then(serde_json::Value::as_str);
    let list =
        list.and_then(|list| architectures(list.split([' ', ';']).filter(|name| !name.is_empty())));
    Built { cuda, architectures: list.map_or(unsaid().architectures, Reading::Found) }
}

/// What the version, the name and the requirements say.
pub(in crate::read) fn by_metadata(package: &Metadata) -> Reading<CudaVersion> {
    let name = package.name.as_str();
    if let Some((_, local)) = package.version.split_once('+')
        && let Some(told) = parse_tag(local)
    {
        return told;
    }
    let unsuffixed = name.rsplit_once("-cu").map_or(name, |(stem, _)| stem);
    if OF_TOOLKIT.iter().any(|component| [name, unsuffixed].contains(component))
        && let Some(version) = minor_line(&package.version)
    {
        return Reading::Found(version);
    }
    // Since CUDA 13 the components are asked for through `cuda-toolkit[cudart,…]==13.2.2`.
    let pinned = package.pins.iter().find(|(name, _)| {
        matches!(name.as_str(), "cuda-toolkit" | "nvidia-cuda-runtime")
            || name.starts_with("nvidia-cuda-runtime-cu")
    });
    if let Some(version) = pinned.and_then(|(_, version)| minor_line(version)) {
        return Reading::Found(version);
    }
    if let Some(told) = name.split('-').rev().find_map(parse_tag) {
        return told;
    }
    if WITHOUT_CUDA.contains(&name) { Reading::Absent } else { unsaid().cuda }
}

/// `12.6.77` is of CUDA 12.6; the third number counts builds of the component.
fn minor_line(version: &str) -> Option<CudaVersion> {
    let mut parts = version.split('.');
    format!("{}.{}", parts.next()?, parts.next()?).parse().ok()
}

/// `cu126`, `cuda12.6`, `cuda120py311`, `cpu`, `rocm6.2`; `cu12` and `cuda12x` name the major
/// version only. `None` for text that says nothing of the kind.
pub(in crate::read) fn parse_tag(tag: &str) -> Option<Reading<CudaVersion>> {
    if tag.starts_with("cpu") || tag.starts_with("rocm") || tag.starts_with("xpu") {
        return Some(Reading::Absent);
    }
    let rest = tag.strip_prefix("cuda").or_else(|| tag.strip_prefix("cu"))?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    let after_dot = rest.strip_prefix('.').unwrap_or_default();
    let minor_end = after_dot.find(|c: char| !c.is_ascii_digit()).unwrap_or(after_dot.len());
    let (major, minor) = match digits.len() {
        2 => (digits, &after_dot[..minor_end]),
        3 | 4 => digits.split_at(2),
        _ => return None,
    };
    let major: u32 = major.parse().ok().filter(|major| (7..=99).contains(major))?;
    match minor.parse() {
        Ok(minor) => Some(Reading::Found(CudaVersion::new(major, minor))),
        Err(_) => Some(Reading::Unknown(format!(
            "it is for CUDA {major}; no file says which minor version"
        ))),
    }
}

#[cfg(test)]
mod tests;
