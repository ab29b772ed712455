//! The developer tools and the permission to use them.

use super::Reading;
use serde::{Deserialize, Serialize};

/// The tools and what the kernel allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profilers {
    /// Copies of the tools.
    pub tools: Vec<ToolCopy>,
    /// `kernel.perf_event_paranoid`; 2 or less lets Nsight Systems sample.
    pub perf_event_paranoid: Reading<i32>,
}

/// A developer tool of NVIDIA's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profiler {
    /// `nsys`
    NsightSystems,
    /// `ncu`
    NsightCompute,
    /// `compute-sanitizer`
    ComputeSanitizer,
    /// `cuda-gdb`
    CudaGdb,
}

/// One copy of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCopy {
    /// Which tool.
    pub tool: Profiler,
    /// Where it is.
    pub path: String,
    /// Its version, where the path says it.
    pub version: Reading<String>,
    /// Whether a shell would find it.
    pub on_path: bool,
}
