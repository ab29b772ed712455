//! Python environments and the CUDA that their packages bring.

use super::Reading;
use cuda_compat::{ComputeCapability, CudaVersion, PythonVersion};
use serde::{Deserialize, Serialize};

/// One environment, read from its files; no interpreter is started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonEnvironment {
    /// Its `site-packages` folder.
    pub site_packages: String,
    /// How it was found: `VIRTUAL_ENV`, `CONDA_PREFIX`, `.venv`, `PATH`, `system`.
    pub found_by: String,
    /// The version of Python, from the folder's name or `pyvenv.cfg`.
    pub python: Reading<PythonVersion>,
    /// The packages that bring or need CUDA, sorted by name.
    pub packages: Vec<PythonPackage>,
    /// Why some packages could not be read.
    pub unreadable: Vec<String>,
}

/// One installed package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonPackage {
    /// Its name, normalised: `torch`, `nvidia-cudnn-cu12`.
    pub name: String,
    /// Its version as installed: `2.9.1+cu126`.
    pub version: String,
    /// The CUDA that it was built for. `Absent` for a build without CUDA.
    pub cuda: Reading<CudaVersion>,
    /// The compute capabilities that its binaries hold code for, where its files say so.
    pub architectures: Reading<Vec<ComputeCapability>>,
}
