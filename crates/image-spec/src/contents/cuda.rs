//! CUDA, cuDNN, TensorRT and the tools beside them.

use super::{Files, Found, PythonPackage, name, text};
use cuda_compat::{CudaVersion, CudnnVersion};
use image_layers::Kind;

pub(super) fn wants(path: &str) -> bool {
    let in_toolkit = path.starts_with("usr/local/cuda");
    in_toolkit
        && matches!(name(path), "version.json" | "version.txt")
        && path.split('/').count() == 4
}

/// The toolkits of the system: what their version file says, or else the name of the runtime library.
pub(super) fn versions(files: &Files<'_>) -> Vec<Found<CudaVersion>> {
    let mut found = Vec::new();
    for (path, (layer, entry)) in files {
        if !wants(path) {
            continue;
        }
        if let Some(version) = text(entry).and_then(|text| version_file(&text)) {
            found.push(Found::at(version, path, *layer));
        }
    }
    for (path, (layer, _)) in files {
        let Some(numbers) = name(path).strip_prefix("libcudart.so.") else { continue };
        // `libcudart.so.12` names no minor version; since 13 the library's own patch stands last.
        let Some(version) = leading(numbers, 2).and_then(|text| text.parse::<CudaVersion>().ok())
        else {
            continue;
        };
        if found.iter().all(|known: &Found<CudaVersion>| known.value.minor_line() != version) {
            found.push(Found::at(version, path, *layer));
        }
    }
    found
}

fn version_file(text: &str) -> Option<CudaVersion> {
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        let version = json["cuda"]["version"].as_str()?;
        // Some files have the day of the build in the place of the patch.
        let whole = version.parse::<CudaVersion>().ok();
        let whole = whole.filter(|version| version.patch.is_some_and(|patch| patch < 100));
        return whole.or_else(|| leading(version, 2)?.parse().ok());
    }
    let version = text.trim().strip_prefix("CUDA Version ")?;
    leading(version, 2)?.parse().ok()
}

/// The first parts of a version, where there are that many and they are numbers.
fn leading(version: &str, parts: usize) -> Option<String> {
    let first: Vec<&str> = version.trim().split('.').take(parts).collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (first.len() == parts && first.iter().all(digits)).then(|| first.join("."))
}

/// The CUDA that Python packages bring.
pub(super) fn of_packages(packages: &[PythonPackage]) -> Vec<Found<CudaVersion>> {
    let runtime = |package: &&PythonPackage| {
        matches!(
            package.name.as_str(),
            "nvidia-cuda-runtime"
                | "nvidia-cuda-runtime-cu11"
                | "nvidia-cuda-runtime-cu12"
                | "nvidia-cuda-runtime-cu13"
        )
    };
    packages
        .iter()
        .filter(runtime)
        .filter_map(|package| {
            let version = leading(&package.version, 2)?.parse().ok()?;
            Some(Found::at(version, &package.path, package.layer))
        })
        .collect()
}

/// The cuDNN of the system, by the name of its library.
pub(super) fn cudnn(files: &Files<'_>) -> Vec<Found<CudnnVersion>> {
    library_versions(files, "libcudnn.so.")
        .filter_map(|(version, path, layer)| Some(Found::at(version.parse().ok()?, path, layer)))
        .collect()
}

/// The cuDNN that Python packages bring.
pub(super) fn cudnn_of_packages(packages: &[PythonPackage]) -> Vec<Found<CudnnVersion>> {
    packages
        .iter()
        .filter(|package| package.name.starts_with("nvidia-cudnn"))
        .filter_map(|package| {
            Some(Found::at(package.version.parse().ok()?, &package.path, package.layer))
        })
        .collect()
}

/// Every TensorRT.
pub(super) fn tensorrt(files: &Files<'_>, packages: &[PythonPackage]) -> Vec<Found<String>> {
    let of_system = library_versions(files, "libnvinfer.so.")
        .map(|(version, path, layer)| Found::at(version.to_owned(), path, layer));
    let of_packages = packages
        .iter()
        .filter(|package| package.name.starts_with("tensorrt") && package.name.ends_with("-libs"))
        .map(|package| Found::at(package.version.clone(), &package.path, package.layer));
    of_system.chain(of_packages).collect()
}

/// Libraries by their file name with at least three numbers, such as `libcudnn.so.9.10.2`.
fn library_versions<'a>(
    files: &'a Files<'a>,
    start: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str, usize)> {
    files.iter().filter_map(move |(path, (layer, entry))| {
        let numbers = name(path).strip_prefix(start)?;
        let is_file = matches!(entry.kind, Kind::File | Kind::HardLink(_));
        (is_file && leading(numbers, 3).is_some()).then_some((numbers, *path, *layer))
    })
}

/// CUDA's compiler.
pub(super) fn nvcc(files: &Files<'_>) -> Option<Found<()>> {
    let (path, (layer, _)) = files.iter().find(|(path, _)| path.ends_with("/bin/nvcc"))?;
    Some(Found::at((), path, *layer))
}

/// Nsight Systems and Nsight Compute, each once.
pub(super) fn profilers(files: &Files<'_>) -> Vec<Found<String>> {
    let programs = [("nsys", "Nsight Systems"), ("ncu", "Nsight Compute")];
    programs
        .into_iter()
        .filter_map(|(program, words)| {
            let (path, (layer, _)) = files.iter().find(|(path, _)| name(path) == program)?;
            Some(Found::at(words.to_owned(), path, *layer))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_version_files() {
        let check = |text: &str, expected: Option<&str>| {
            let got = version_file(text).map(|version| version.to_string());
            assert_eq!(got.as_deref(), expected, "{text}");
        };
        check(r#"{"cuda":{"name":"CUDA SDK","version":"12.6.3"}}"#, Some("12.6.3"));
        check(r#"{"cuda":{"version":"11.8.20220929"}}"#, Some("11.8"));
        check("CUDA Version 11.0.228\n", Some("11.0"));
        check("{}", None);
        check("", None);
    }

    #[test]
    fn reads_leading_numbers() {
        assert_eq!(leading("12.8.90", 2).as_deref(), Some("12.8"));
        assert_eq!(leading("12", 2), None);
        assert_eq!(leading("x.y", 2), None);
    }
}
