//! PTX is newer than the driver can compile (CUDA code 222).
//!
//! PTX carries a version (`.version 8.8` in its first lines), and a driver compiles PTX only up to
//! the version of its own CUDA. Minor-version compatibility does not help: it covers machine code,
//! not PTX. The message of a program is `the provided PTX was compiled with an unsupported
//! toolchain`, or `CUDA_ERROR_UNSUPPORTED_PTX_VERSION`.
//!
//! Compare the `CUDA Version` that `nvidia-smi` shows with `nvcc --version`. Update the driver, use
//! an older `nvcc` or NVRTC, or build machine code for the GPU so that nothing has to be compiled
//! at run time.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use cuda_compat::CudaVersion;
use serde::Serialize;

/// The smoke test got code 222.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "the driver is too old to compile the PTX: `{call}` returned 222{}",
    .driver_cuda.map(|version| format!(", and the driver knows CUDA up to {version}")).unwrap_or_default()
)]
pub struct PtxTooNew {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// The call that failed.
    pub call: String,
    /// The newest CUDA that the driver knows, where it says so.
    pub driver_cuda: Option<CudaVersion>,
}

impl PtxTooNew {
    pub(super) const CODE: &str = "gpu/ptx-too-new";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/driver-too-old", "gpu/driver-too-old-for-cuda"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let found = evidence::kernel_failures(facts)
            .into_iter()
            .filter(|failure| failure.code == evidence::UNSUPPORTED_PTX);
        found
            .map(|failure| Self {
                gpu: failure.gpu,
                call: failure.call.to_owned(),
                driver_cuda: evidence::driver_cuda(facts),
            })
            .collect()
    }
}

impl Diagnosis for PtxTooNew {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let older = self.driver_cuda.map_or_else(
            || "an older one".to_owned(),
            |version| format!("{} or older", version.minor_line()),
        );
        vec![
            Fix::by_hand(
                "update the driver (under WSL in Windows, for a container on its host), so that it \
                 compiles newer PTX",
            ),
            Fix::by_hand(format!(
                "or build with CUDA {older}, or with `code=sm_XX` for this GPU so that no PTX has \
                 to be compiled"
            )),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_runs};

    #[test]
    fn finds_code_222_only() {
        assert_eq!(PtxTooNew::find(&example::h200(), &Need::default()), []);
        assert_eq!(PtxTooNew::find(&with_runs(None, Some(222)), &Need::default()).len(), 1);
        assert_eq!(PtxTooNew::find(&with_runs(None, Some(221)), &Need::default()), []);
    }
}
