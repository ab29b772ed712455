//! The environment variables that change what CUDA does.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The variables of [`Environment::NAMES`] that are set, as they were given.
///
/// Nothing else of the environment is kept: it may hold secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Name and value; a variable that is not set is not in the map.
    pub variables: BTreeMap<String, String>,
}

impl Environment {
    /// The variables that are kept, sorted.
    pub const NAMES: &[&str] = &[
        "CONDA_PREFIX",
        "CUDA_CACHE_DISABLE",
        "CUDA_CACHE_PATH",
        "CUDA_DEVICE_ORDER",
        "CUDA_DISABLE_PTX_JIT",
        "CUDA_FORCE_PTX_JIT",
        "CUDA_HOME",
        "CUDA_LAUNCH_BLOCKING",
        "CUDA_MODULE_LOADING",
        "CUDA_MPS_PIPE_DIRECTORY",
        "CUDA_PATH",
        "CUDA_VISIBLE_DEVICES",
        "CUDNN_PATH",
        "DOCKER_HOST",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "NVCC_CCBIN",
        "NVIDIA_DISABLE_REQUIRE",
        "NVIDIA_DRIVER_CAPABILITIES",
        "NVIDIA_REQUIRE_CUDA",
        "NVIDIA_VISIBLE_DEVICES",
        "PATH",
        "TMPDIR",
        "VIRTUAL_ENV",
    ];

    /// The value of `name`, where it is set (also to the empty text).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }
}
