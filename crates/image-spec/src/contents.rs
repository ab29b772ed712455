//! What is really inside an image: read from its layers, not from its tag.
//!
//! [`Contents::want`] says which files have to be read with their bytes, [`Contents::of`] reads them.
//! Every version knows the file that it was read from.

mod cuda;
mod debian;
mod frameworks;
mod python;
mod runs_on;
mod system;

pub use debian::DebianPackage;
pub use frameworks::FrameworkInside;
pub use python::PythonPackage;
pub use runs_on::{CudaNeed, RunsOn};

use cuda_compat::{CudaVersion, CudnnVersion, PythonVersion};
use image_layers::{Entry, Image, Want};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is inside an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// Its names, where the source says them.
    pub names: Vec<String>,
    /// `amd64`
    pub architecture: String,
    /// When it was built, as it is written.
    pub created: Option<String>,
    /// The distribution, such as `ubuntu22.04`.
    pub os: Option<Found<String>>,
    /// Every CUDA in it, of the system and of Python packages.
    pub cuda: Vec<Found<CudaVersion>>,
    /// Every cuDNN in it.
    pub cudnn: Vec<Found<CudnnVersion>>,
    /// Every TensorRT in it, such as `10.3.0`.
    pub tensorrt: Vec<Found<String>>,
    /// Every Python in it.
    pub python: Vec<Found<PythonVersion>>,
    /// The frameworks in it.
    pub frameworks: Vec<FrameworkInside>,
    /// CUDA's compiler.
    pub nvcc: Option<Found<()>>,
    /// Nsight Systems and Nsight Compute.
    pub profilers: Vec<Found<String>>,
    /// What the image asks of the driver: `NVIDIA_REQUIRE_CUDA`.
    pub require_cuda: Option<String>,
    /// The user that it runs as; empty for root.
    pub user: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// All Python packages.
    pub python_packages: Vec<PythonPackage>,
    /// All packages of a Debian or Ubuntu.
    pub debian_packages: Vec<DebianPackage>,
}

/// Something that was found, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found<T> {
    /// What.
    pub value: T,
    /// The file that says so.
    pub path: String,
    /// The layer that the file is in, from 0.
    pub layer: usize,
}

/// The files of an image at the end: each path with its layer and its entry.
type Files<'a> = BTreeMap<&'a str, (usize, &'a Entry)>;

/// The list of packages of a full desktop is below 10 MiB.
const LARGEST_FILE: u64 = 32 * 1024 * 1024;

impl Contents {
    /// Which files [`Contents::of`] needs the bytes of.
    pub fn want() -> Want<'static> {
        let wanted = |path: &str| {
            system::wants(path)
                || cuda::wants(path)
                || python::wants(path)
                || debian::wants(path)
                || frameworks::wants(path)
        };
        Want::new(wanted, LARGEST_FILE)
    }

    /// Reads an image whose layers were read with [`Contents::want`].
    pub fn of(image: &Image) -> Self {
        let files = image.files();
        let python_packages = python::packages(&files);
        let debian_packages = debian::packages(&files);
        let mut cuda = cuda::versions(&files);
        let mut cudnn = cuda::cudnn(&files);
        cuda.extend(cuda::of_packages(&python_packages));
        cudnn.extend(cuda::cudnn_of_packages(&python_packages));
        Self {
            names: image.names.clone(),
            architecture: image.config.architecture.clone(),
            created: image.config.created.clone(),
            os: system::os(&files),
            cuda: unique(cuda),
            cudnn: unique(cudnn),
            tensorrt: unique(cuda::tensorrt(&files, &python_packages)),
            python: unique(python::interpreters(&files)),
            frameworks: frameworks::of(&files, &python_packages),
            nvcc: cuda::nvcc(&files),
            profilers: cuda::profilers(&files),
            require_cuda: image.variable("NVIDIA_REQUIRE_CUDA").map(str::to_owned),
            user: image.config.config.user.clone(),
            labels: image.config.config.labels.clone(),
            python_packages,
            debian_packages,
        }
    }
}

/// Each value once, at the first file that says so.
fn unique<T: PartialEq>(all: Vec<Found<T>>) -> Vec<Found<T>> {
    let mut kept: Vec<Found<T>> = Vec::new();
    for found in all {
        if kept.iter().all(|known| known.value != found.value) {
            kept.push(found);
        }
    }
    kept
}

impl<T> Found<T> {
    fn at(value: T, path: &str, layer: usize) -> Self {
        Self { value, path: path.to_owned(), layer }
    }
}

/// The last part of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The text of an entry.
fn text(entry: &Entry) -> Option<std::borrow::Cow<'_, str>> {
    entry.content.as_deref().map(String::from_utf8_lossy)
}

/// Small images for the tests.
#[cfg(test)]
pub(crate) mod example {
    use super::Contents;
    use image_layers::{Config, Image, read_layer};

    /// An image with one layer for each list of files.
    pub(crate) fn image(layers: &[&[(&str, &str)]]) -> Image {
        let read = |files: &&[(&str, &str)]| {
            let mut builder = tar::Builder::new(Vec::new());
            for (path, text) in *files {
                let mut header = tar::Header::new_gnu();
                header.set_mode(0o644);
                header.set_size(text.len() as u64);
                builder.append_data(&mut header, path, text.as_bytes()).unwrap();
            }
            let bytes = builder.into_inner().unwrap();
            read_layer("x", bytes.as_slice(), &Contents::want()).unwrap()
        };
        Image {
            names: vec!["app:1".to_owned()],
            config: Config::default(),
            layers: layers.iter().map(read).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_layers_and_not_the_tag() {
        let image = example::image(&[
            &[
                ("etc/os-release", "ID=ubuntu\nVERSION_ID=\"22.04\"\n"),
                ("usr/local/cuda-12.6/version.json", r#"{"cuda":{"version":"12.6.3"}}"#),
                ("usr/lib/x86_64-linux-gnu/libcudnn.so.9.5.1", ""),
                ("usr/bin/python3.10", ""),
            ],
            &[
                (
                    "opt/venv/lib/python3.11/site-packages/torch-2.8.0.dist-info/METADATA",
                    "Metadata-Version: 2.1\nName: torch\nVersion: 2.8.0\n\nText\n",
                ),
                (
                    "opt/venv/lib/python3.11/site-packages/nvidia_cuda_runtime_cu12-12.8.90.dist-info/METADATA",
                    "Name: nvidia-cuda-runtime-cu12\nVersion: 12.8.90\n",
                ),
                (
                    "opt/venv/lib/python3.11/site-packages/nvidia_cudnn_cu12-9.10.2.21.dist-info/METADATA",
                    "Name: nvidia-cudnn-cu12\nVersion: 9.10.2.21\n",
                ),
            ],
        ]);
        let contents = Contents::of(&image);
        let words = |all: Vec<String>| all.join(" ");
        assert_eq!(contents.os.unwrap().value, "ubuntu22.04");
        assert_eq!(
            words(contents.cuda.iter().map(|it| it.value.to_string()).collect()),
            "12.6.3 12.8"
        );
        assert_eq!(
            words(contents.cudnn.iter().map(|it| it.value.to_string()).collect()),
            "9.5.1 9.10.2.21"
        );
        assert_eq!(
            words(contents.python.iter().map(|it| it.value.to_string()).collect()),
            "3.11 3.10"
        );
        assert_eq!(contents.frameworks[0].version, "2.8.0");
        assert_eq!(contents.frameworks[0].cuda.unwrap().to_string(), "12.8");
    }
}
