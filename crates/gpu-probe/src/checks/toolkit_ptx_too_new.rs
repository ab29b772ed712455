//! The PTX that this `nvcc` writes is newer than the driver can compile.
//!
//! Each toolkit writes PTX of its own version (CUDA 13.2 writes PTX 9.2), and a driver compiles PTX
//! up to the version of its own CUDA. Programs with machine code for the GPU run; those that rely
//! on PTX, and everything that goes through NVRTC of this toolkit, end with 222 (`the provided PTX
//! was compiled with an unsupported toolchain`).
//!
//! Confirm with `nvcc --ptx` on any file and its `.version` line, and the `CUDA Version` that
//! `nvidia-smi` shows. Update the driver, or build machine code for the GPU.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use cuda_compat::{CudaVersion, PtxVersion, newest_ptx_for_driver_cuda, ptx_for};
use serde::Serialize;

/// The toolkit's PTX is newer than the driver's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the `nvcc` of CUDA {cuda} writes PTX {ptx}; the driver compiles PTX up to {driver_ptx}")]
pub struct ToolkitPtxTooNew {
    /// The folder of the toolkit.
    pub folder: String,
    /// Its version.
    pub cuda: CudaVersion,
    /// The PTX that it writes.
    pub ptx: PtxVersion,
    /// The newest PTX that the driver compiles.
    pub driver_ptx: PtxVersion,
    /// The newest CUDA of the driver.
    pub driver_cuda: CudaVersion,
}

impl ToolkitPtxTooNew {
    pub(super) const CODE: &str = "gpu/toolkit-ptx-too-new";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/driver-needs-minor-compatibility",
        "gpu/driver-too-old-for-cuda",
        "gpu/driver-too-old",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        Self::of(facts).into_iter().collect()
    }

    fn of(facts: &Facts) -> Option<Self> {
        let toolkit =
            evidence::active_toolkit(facts).filter(|toolkit| toolkit.nvcc.found().is_some())?;
        let cuda = *toolkit.version.found()?;
        let driver_cuda = evidence::driver_cuda(facts)?;
        let ptx = ptx_for(cuda)?;
        let driver_ptx = newest_ptx_for_driver_cuda(driver_cuda)?;
        let folder = toolkit.path.clone();
        // A driver that is newer than our table may know more PTX than the table says.
        let is_newer = ptx > driver_ptx && cuda.minor_line() > driver_cuda.minor_line();
        is_newer.then_some(Self { folder, cuda, ptx, driver_ptx, driver_cuda })
    }
}

impl Diagnosis for ToolkitPtxTooNew {
    fn place(&self) -> Place {
        Place::Path { path: self.folder.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand("update the driver (under WSL in Windows, for a container on its host)"),
            Fix::by_hand(format!(
                "or build with CUDA {} or older, or only machine code for the GPU (`-gencode \
                 arch=compute_XX,code=sm_XX`)",
                self.driver_cuda
            )),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::{self, with_driver_cuda};

    #[test]
    fn compares_toolkit_and_driver() {
        assert_eq!(ToolkitPtxTooNew::find(&example::h200(), &Need::default()), []);
        let check = |toolkit: Reading<&str>, driver: &str, expected: usize| {
            let mut facts = with_driver_cuda(driver);
            facts.toolkits[0].version = toolkit.clone().map(|text| text.parse().unwrap());
            let found = ToolkitPtxTooNew::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{toolkit:?} {driver}");
        };
        check(Reading::Found("13.2"), "13.0", 1);
        check(Reading::Found("12.6.3"), "12.5", 0);
        check(Reading::Found("12.6.3"), "12.4", 1);
        check(Reading::Found("12.6.3"), "13.4", 0);
        check(Reading::Unknown("no `version.json`".to_owned()), "12.0", 0);
    }

    #[test]
    fn stands_under_the_old_driver() {
        let found = crate::diagnose(&with_driver_cuda("11.8"), &Need::default()).problems;
        let codes: Vec<(&str, Option<usize>)> =
            found.iter().map(|(problem, cause)| (problem.code(), *cause)).collect();
        let expected = [("gpu/driver-too-old-for-cuda", None), (ToolkitPtxTooNew::CODE, Some(0))];
        assert_eq!(codes, expected);
    }
}
