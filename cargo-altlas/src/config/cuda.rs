//! `[cuda]`: what the product stands on.

use super::gpu::GpuName;
use cuda_compat::{CudaVersion, CudnnVersion, DriverVersion, PythonVersion};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// What the product stands on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cuda {
    /// The CUDA that it is built for, such as `12.6` or `12.6.3`
    #[serde(default, deserialize_with = "known_cuda")]
    #[schemars(with = "Option<String>", extend("pattern" = r"^\d+\.\d+(\.\d+)?$"))]
    pub(crate) version: Option<CudaVersion>,
    /// The cuDNN that it is built for, such as `9` or `9.10.2`
    #[schemars(with = "Option<String>", extend("pattern" = r"^\d+(\.\d+){0,3}$"))]
    pub(crate) cudnn: Option<CudnnVersion>,
    /// The Python that it runs on, such as `3.11`
    #[serde(default, deserialize_with = "python_3")]
    #[schemars(with = "Option<String>", extend("pattern" = r"^3\.\d+(\.\d+)?$"))]
    pub(crate) python: Option<PythonVersion>,
    /// The distribution of its images, such as `ubuntu22.04`
    #[serde(default, deserialize_with = "os_name")]
    #[schemars(extend("pattern" = r"^[a-z]+\d+(\.\d+)?$"))]
    pub(crate) os: Option<String>,
    /// The oldest driver that it must work with, such as `550.54.15` or `572.83`
    #[serde(default, deserialize_with = "driver")]
    #[schemars(with = "Option<String>", extend("pattern" = r"^\d+(\.\d+){1,3}$"))]
    pub(crate) driver: Option<DriverVersion>,
    /// The GPUs that it must work on: model names (`RTX 4060`) or compute capabilities (`9.0`)
    #[serde(default)]
    pub(crate) gpus: Vec<GpuName>,
}

fn known_cuda<'de, D: Deserializer<'de>>(source: D) -> Result<Option<CudaVersion>, D::Error> {
    let version = CudaVersion::deserialize(source)?;
    if cuda_compat::toolkit(version).is_some() {
        return Ok(Some(version));
    }
    let of_major: Vec<String> = cuda_compat::toolkits()
        .iter()
        .filter(|toolkit| toolkit.cuda.major == version.major)
        .map(|toolkit| toolkit.cuda.to_string())
        .collect();
    let newest = cuda_compat::toolkits().last().map(|toolkit| toolkit.cuda.to_string());
    let known = match (of_major.is_empty(), newest) {
        (true, Some(newest)) => format!("; the newest that it knows is {newest}"),
        _ => format!("; there are {}", of_major.join(", ")),
    };
    Err(D::Error::custom(format!("altlas knows no CUDA {version}{known}")))
}

/// Distributions of which somebody makes CUDA images.
const DISTRIBUTIONS: [&str; 10] = [
    "almalinux",
    "amzn",
    "centos",
    "debian",
    "fedora",
    "opensuse",
    "oraclelinux",
    "rockylinux",
    "ubi",
    "ubuntu",
];

fn os_name<'de, D: Deserializer<'de>>(source: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(source)?;
    let version = text.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
    let name = &text[..text.len() - version.len()];
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if DISTRIBUTIONS.contains(&name) && version.split('.').all(digits) {
        return Ok(Some(text));
    }
    Err(D::Error::custom(format!(
        "`{text}` is not a distribution with its version, such as `ubuntu22.04`; known are {}",
        DISTRIBUTIONS.join(", ")
    )))
}

fn python_3<'de, D: Deserializer<'de>>(source: D) -> Result<Option<PythonVersion>, D::Error> {
    let version = PythonVersion::deserialize(source)?;
    if version.major == 3 && version.minor < 50 {
        return Ok(Some(version));
    }
    Err(D::Error::custom(format!("there is no Python {version}; write one such as `3.11`")))
}

fn driver<'de, D: Deserializer<'de>>(source: D) -> Result<Option<DriverVersion>, D::Error> {
    let version = DriverVersion::deserialize(source)?;
    // R418 is the first driver that runs CUDA 10.1; a number with four digits is a slip.
    if (400..1000).contains(&version.branch) {
        return Ok(Some(version));
    }
    Err(D::Error::custom(format!(
        "no driver {version} runs CUDA 11 or newer; write one such as `550.54.15` or `572.83`"
    )))
}
