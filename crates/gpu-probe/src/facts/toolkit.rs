//! CUDA toolkits, the host compiler, cuDNN.

use super::Reading;
use cuda_compat::{CudaVersion, CudnnVersion};
use serde::{Deserialize, Serialize};

/// One CUDA toolkit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolkit {
    /// Its folder, with links followed: `/usr/local/cuda-12.6`.
    pub path: String,
    /// How it was found: `CUDA_HOME`, `PATH`, `/usr/local`, `conda`, `distribution`.
    pub found_by: Vec<String>,
    /// Its version, from `version.json`, `version.txt` or `nvcc`'s own files.
    pub version: Reading<CudaVersion>,
    /// The path of its `nvcc`. `Absent` for a toolkit without a compiler.
    pub nvcc: Reading<String>,
    /// Whether this is the `nvcc` that a shell would start.
    pub first_on_path: bool,
    /// The newest host compiler that its headers accept.
    pub host_compiler_limit: Reading<NvccLimit>,
}

/// The newest host compilers that `crt/host_config.h` accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NvccLimit {
    /// The newest major version of GCC.
    pub gcc_max: Option<u32>,
    /// The newest major version of Clang.
    pub clang_max: Option<u32>,
}

/// The C++ compiler that `nvcc` would call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCompiler {
    /// Its path, links followed.
    pub path: String,
    /// `gcc` or `clang`.
    pub family: String,
    /// Its major version.
    pub major: Reading<u32>,
}

/// One copy of cuDNN.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CudnnCopy {
    /// The folder that holds `libcudnn.so.N`.
    pub folder: String,
    /// Its version.
    pub version: Reading<CudnnVersion>,
    /// The CUDA major version that it is built for, where the place says so.
    pub cuda_major: Reading<u32>,
    /// Sub-libraries (`libcudnn_ops`, `libcudnn_cnn`, …) of which another version, or none, lies
    /// beside it.
    pub incomplete: Vec<String>,
    /// How it was found: `loader path`, `LD_LIBRARY_PATH`, `python`, `conda`.
    pub found_by: String,
}
