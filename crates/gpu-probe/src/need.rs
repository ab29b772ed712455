//! What a project or a role needs of a machine.

use cuda_compat::{ComputeCapability, CudaVersion, CudnnVersion, DriverVersion, PythonVersion};
use serde::{Deserialize, Serialize};

/// What the machine is judged against. [`Need::default`] asks only that CUDA work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The CUDA that the project builds for.
    pub cuda: Option<CudaVersion>,
    /// The cuDNN that the project builds for.
    pub cudnn: Option<CudnnVersion>,
    /// The Python that the project runs on.
    pub python: Option<PythonVersion>,
    /// The oldest driver that the project promises to work with.
    pub driver: Option<DriverVersion>,
    /// The GPUs that the project promises to work on; empty where it names none.
    pub gpus: Vec<GpuWish>,
    /// What the machine is for.
    pub profile: Profile,
}

/// A GPU, by model or by compute capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GpuWish {
    /// Part of a model name, such as `RTX 4060`.
    Model(String),
    /// A compute capability, such as `9.0`.
    Capability(ComputeCapability),
}

/// What a machine is for, which decides what must be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// A developer's machine: a GPU that computes.
    #[default]
    Dev,
    /// A CI runner: also Docker with access to the GPU.
    Runner,
    /// A node of a cluster: also a container runtime of the kubelet's with access to the GPU.
    Node,
}
