//! The installed packages that bring or need CUDA.

use super::{
    build::{self, Built},
    metadata::{Metadata, normalise, parse_metadata},
};
use crate::{PythonPackage, Reading, read::root::Root};
use std::path::Path;

/// The headers of the largest `METADATA` that is known take less than 30 kB.
const HEAD: u64 = 256 * 1024;

/// Packages that hold or call GPU code. Sorted.
const NAMES: &[&str] = &[
    "apex",
    "auto-gptq",
    "autoawq",
    "bitsandbytes",
    "causal-conv1d",
    "ctranslate2",
    "cucim",
    "cuda-bindings",
    "cuda-core",
    "cuda-python",
    "cuda-toolkit",
    "cupy",
    "cutlass",
    "deepspeed",
    "dgl",
    "exllamav2",
    "faiss-gpu",
    "flash-attn",
    "flash-attn-3",
    "flashinfer-python",
    "gsplat",
    "jax",
    "jaxlib",
    "jaxlib-gpu",
    "kaolin",
    "llama-cpp-python",
    "mamba-ssm",
    "mxnet",
    "nccl4py",
    "numba",
    "numba-cuda",
    "onnxruntime",
    "onnxruntime-gpu",
    "paddlepaddle",
    "paddlepaddle-gpu",
    "pycuda",
    "pytorch-triton",
    "pytorch3d",
    "sageattention",
    "sgl-kernel",
    "tensorflow",
    "tensorflow-gpu",
    "tensorrt",
    "tf-nightly",
    "torch",
    "torch-tensorrt",
    "torchao",
    "torchaudio",
    "torchvision",
    "transformer-engine",
    "triton",
    "vllm",
    "warp-lang",
    "xformers",
];

/// How the names of families begin. Sorted.
const FAMILIES: &[&str] = &[
    "cudf-cu",
    "cugraph-cu",
    "cuml-cu",
    "cupy-cuda",
    "cuvs-cu",
    "dgl-cu",
    "faiss-gpu-cu",
    "jax-cuda",
    "libcudf-cu",
    "librmm-cu",
    "mxnet-cu",
    "nvidia-",
    "pylibraft-cu",
    "raft-dask-cu",
    "rmm-cu",
    "tensorrt-",
    "transformer-engine-cu",
];

/// Whether a package, by its normalised name, brings or needs CUDA.
pub(super) fn is_wanted(name: &str) -> bool {
    // `nvidia-ml-py` and its relatives only ask the driver.
    let asks_only =
        ["nvidia-ml-py", "nvidia-htop", "nvidia-smi"].iter().any(|only| name.starts_with(only));
    let in_family = || FAMILIES.iter().any(|family| name.starts_with(family));
    !asks_only && (NAMES.contains(&name) || in_family())
}

/// Reads the packages of `site_packages`, whose entries are `entries`, and says which of them
/// could not be read.
pub(super) fn read(
    root: &Root,
    site_packages: &Path,
    entries: &[String],
) -> (Vec<PythonPackage>, Vec<String>) {
    let mut packages = Vec::new();
    let mut unreadable = Vec::new();
    for entry in entries {
        if is_left_over(entry) {
            unreadable.push(format!(
                "`{}` is left over from an installation that `pip` did not finish",
                site_packages.join(entry).display()
            ));
            continue;
        }
        let Some(name) = parse_entry(entry).filter(|name| is_wanted(name)) else { continue };
        match read_metadata(root, &site_packages.join(entry)) {
            Ok(metadata) => packages.push(describe(root, site_packages, metadata)),
            Err(reason) => unreadable
                .push(format!("`{name}` in `{}`: {reason}", site_packages.join(entry).display())),
        }
    }
    (packages, unreadable)
}

/// The normalised name of the package that `entry` is the metadata of.
pub(in crate::read) fn parse_entry(entry: &str) -> Option<String> {
    let stem = entry.strip_suffix(".dist-info").or_else(|| entry.strip_suffix(".egg-info"))?;
    let name = stem.split('-').next().filter(|name| !name.is_empty())?;
    Some(normalise(name))
}

/// `pip` renames what it replaces: `torch` becomes `~orch`.
pub(in crate::read) fn is_left_over(entry: &str) -> bool {
    let Some(rest) = entry.strip_prefix('~') else { return false };
    let Some(name) = parse_entry(&format!("x{rest}")) else { return false };
    let same_tail = |wanted: &&str| wanted.get(1..) == name.get(1..) && name.len() > 2;
    NAMES.iter().any(same_tail) || name.starts_with("xvidia-")
}

fn read_metadata(root: &Root, folder: &Path) -> Result<Metadata, String> {
    for name in ["METADATA", "PKG-INFO"] {
        match root.head(folder.join(name), HEAD) {
            Reading::Found(text) => return Ok(parse_metadata(&text)?),
            Reading::Absent => {}
            Reading::Unknown(reason) => return Err(reason),
        }
    }
    // An old `.egg-info` is the file itself.
    match root.head(folder, HEAD) {
        Reading::Found(text) => Ok(parse_metadata(&text)?),
        Reading::Absent | Reading::Unknown(_) => Err("it holds no metadata".to_owned()),
    }
}

fn describe(root: &Root, site_packages: &Path, metadata: Metadata) -> PythonPackage {
    let Built { cuda, architectures } = build::read(root, site_packages, &metadata);
    PythonPackage { name: metadata.name, version: metadata.version, cuda, architectures }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn knows_the_packages_that_matter() {
        let check = |name: &str, expected: bool| assert_eq!(is_wanted(name), expected, "{name}");
        for name in ["torch", "jax-cuda12-plugin", "cupy-cuda12x", "nvidia-cudnn-cu12", "rmm-cu12"]
        {
            check(name, true);
        }
        for name in ["nvidia-cuda-runtime", "tensorrt-cu12-libs", "tensorrt", "cudf-cu13"] {
            check(name, true);
        }
        for name in ["nvidia-ml-py", "numpy", "torchmetrics", "", "tensorboard"] {
            check(name, false);
        }
        assert!(NAMES.is_sorted() && FAMILIES.is_sorted());
    }

    #[test]
    fn reads_the_names_of_entries() {
        let check = |entry: &str, expected: Option<&str>| {
            assert_eq!(parse_entry(entry).as_deref(), expected, "{entry}");
        };
        check("torch-2.9.1+cu126.dist-info", Some("torch"));
        check("nvidia_cudnn_cu12-9.10.2.21.dist-info", Some("nvidia-cudnn-cu12"));
        check("flash_attn-2.7.4-py3.11.egg-info", Some("flash-attn"));
        check("torch", None);
        check(".dist-info", None);
        check("-1.dist-info", None);
        assert!(is_left_over("~orch-2.5.0.dist-info"));
        assert!(is_left_over("~vidia_cudnn_cu12-9.1.dist-info"));
        assert!(!is_left_over("~umpy-1.26.dist-info") && !is_left_over("~"));
    }

    proptest! {
        #[test]
        fn never_panics(entry in ".*") {
            let _ = parse_entry(&entry);
            let _ = is_left_over(&entry);
            let _ = is_left_over(&format!("~{entry}.dist-info"));
        }
    }
}
