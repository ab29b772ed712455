//! The frameworks, and which package belongs to which.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A framework that computes on GPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Framework {
    /// PyTorch.
    Torch,
    /// TensorFlow.
    Tensorflow,
    /// JAX.
    Jax,
    /// CuPy.
    Cupy,
    /// Numba.
    Numba,
    /// Numba's CUDA target as a package of its own.
    NumbaCuda,
    /// RAPIDS: cuDF, cuML and their sisters, which are released together.
    Rapids,
    /// TensorRT.
    Tensorrt,
    /// ONNX Runtime with its CUDA provider.
    OnnxruntimeGpu,
}

/// A text that names no framework.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a framework of the table; it has {known}", known = Framework::known())]
pub struct FrameworkError(pub String);

/// The packages of RAPIDS, which end in `-cu11`, `-cu12` or `-cu13`.
const RAPIDS: [&str; 17] = [
    "cucim",
    "cudf",
    "cugraph",
    "cuml",
    "cuproj",
    "cuspatial",
    "cuvs",
    "cuxfilter",
    "dask-cudf",
    "dask-cuda",
    "libcudf",
    "libcugraph",
    "libcuml",
    "librmm",
    "pylibcudf",
    "pylibraft",
    "rmm",
];

impl Framework {
    /// Every framework, in the order of the type.
    pub const ALL: [Self; 9] = [
        Self::Torch,
        Self::Tensorflow,
        Self::Jax,
        Self::Cupy,
        Self::Numba,
        Self::NumbaCuda,
        Self::Rapids,
        Self::Tensorrt,
        Self::OnnxruntimeGpu,
    ];

    /// As configs and tables write it: `torch`, `numba-cuda`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Torch => "torch",
            Self::Tensorflow => "tensorflow",
            Self::Jax => "jax",
            Self::Cupy => "cupy",
            Self::Numba => "numba",
            Self::NumbaCuda => "numba-cuda",
            Self::Rapids => "rapids",
            Self::Tensorrt => "tensorrt",
            Self::OnnxruntimeGpu => "onnxruntime-gpu",
        }
    }

    /// The framework that a package belongs to, by its name on PyPI in any spelling that pip takes;
    /// `None` for all others, also for CPU builds such as `tensorflow-cpu`.
    ///
    /// ```
    /// use cuda_compat::Framework;
    ///
    /// assert_eq!(Framework::of_package("cupy-cuda12x"), Some(Framework::Cupy));
    /// assert_eq!(Framework::of_package("Jax_CUDA12.Plugin"), Some(Framework::Jax));
    /// assert_eq!(Framework::of_package("numpy"), None);
    /// ```
    pub fn of_package(name: &str) -> Option<Self> {
        let name = normalized(name);
        match name.as_str() {
            "torch" => return Some(Self::Torch),
            "tensorflow" | "tensorflow-gpu" => return Some(Self::Tensorflow),
            "jax" | "jaxlib" => return Some(Self::Jax),
            "cupy" => return Some(Self::Cupy),
            "numba" => return Some(Self::Numba),
            "numba-cuda" => return Some(Self::NumbaCuda),
            "onnxruntime-gpu" => return Some(Self::OnnxruntimeGpu),
            _ => {}
        }
        if name.starts_with("jax-cuda") {
            return Some(Self::Jax);
        }
        if name.starts_with("cupy-cuda") {
            return Some(Self::Cupy);
        }
        if name == "tensorrt" || name.starts_with("tensorrt-") {
            // These two compile with TensorRT and are released on their own.
            return (name != "tensorrt-llm" && name != "tensorrt-edgellm")
                .then_some(Self::Tensorrt);
        }
        let rapids = ["-cu11", "-cu12", "-cu13"].iter().find_map(|end| name.strip_suffix(end));
        RAPIDS.contains(&rapids.unwrap_or(&name)).then_some(Self::Rapids)
    }

    fn known() -> String {
        let names: Vec<String> = Self::ALL.iter().map(|it| format!("`{it}`")).collect();
        names.join(", ")
    }
}

/// The name as PEP 503 compares it: lower case, and each run of `-`, `_` and `.` is one `-`.
fn normalized(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Framework {
    type Err = FrameworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|framework| framework.name() == text);
        found.ok_or_else(|| FrameworkError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for framework in Framework::ALL {
            assert_eq!(framework.to_string().parse(), Ok(framework));
            assert_eq!(serde_json::to_value(framework).unwrap(), framework.name());
            assert!(Framework::ALL.is_sorted());
        }
        let error = "caffe".parse::<Framework>().unwrap_err().to_string();
        assert!(error.starts_with("`caffe` is not a framework of the table; it has `torch`,"));
    }

    #[test]
    fn packages() {
        use Framework::{
            Cupy, Jax, NumbaCuda, OnnxruntimeGpu, Rapids, Tensorflow, Tensorrt, Torch,
        };
        let check = |name: &str, expected: Option<Framework>| {
            assert_eq!(Framework::of_package(name), expected, "{name}");
        };
        check("torch", Some(Torch));
        check("Torch", Some(Torch));
        check("torchvision", None);
        check("tensorflow_gpu", Some(Tensorflow));
        check("tensorflow-cpu", None);
        check("jaxlib", Some(Jax));
        check("jax-cuda13-pjrt", Some(Jax));
        check("cupy", Some(Cupy));
        check("cupy-cuda118", Some(Cupy));
        check("cupy-rocm-5-0", None);
        check("numba__cuda", Some(NumbaCuda));
        check("cudf-cu12", Some(Rapids));
        check("cuml.cu11", Some(Rapids));
        check("cudf", Some(Rapids));
        check("cudf-cu9", None);
        check("tensorrt-cu12-bindings", Some(Tensorrt));
        check("tensorrt-llm", None);
        check("onnxruntime-gpu", Some(OnnxruntimeGpu));
        check("onnxruntime", None);
        check("", None);
        check("---", None);
    }
}
