//! The driver's compiler for PTX, `libnvidia-ptxjitcompiler.so.1`, is not there.
//!
//! A program that holds no code for this very GPU brings PTX, which the driver compiles when the
//! program starts. Without that library every such program fails with code 221; programs with code
//! for the GPU run. Small images leave it out. `ldconfig -p | grep ptxjitcompiler` shows whether it
//! is there.
//!
//! Install the driver's compute package (`libnvidia-compute-…`); in a container ask for the
//! capability `compute`.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// PTX cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the driver cannot compile PTX: `libnvidia-ptxjitcompiler.so.1` was not found (code 221)")]
pub struct PtxCompilerMissing {
    /// Whether this is a container.
    pub container: bool,
    /// Whether this is a WSL guest, whose driver is Windows' own.
    pub wsl: bool,
}

impl PtxCompilerMissing {
    pub(super) const CODE: &str = "gpu/ptx-compiler-missing";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/driver-library-broken"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if !evidence::cuda_returned(facts, 221) {
            return Vec::new();
        }
        vec![Self { container: evidence::in_container(facts), wsl: evidence::in_wsl(facts) }]
    }
}

impl Diagnosis for PtxCompilerMissing {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![if self.container {
            Fix::by_hand("start the container with `-e NVIDIA_DRIVER_CAPABILITIES=compute,utility`")
        } else if self.wsl {
            Fix::by_hand(
                "in Windows, install the newest NVIDIA driver, then run `wsl --shutdown`; take folders \
                 that hide `/usr/lib/wsl/lib` out of `LD_LIBRARY_PATH`",
            )
        } else {
            Fix::by_hand(
                "install the driver's compute package, of the version of the driver, and run \
                 `sudo ldconfig`",
            )
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(PtxCompilerMissing::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn by_code_221() {
        let fail = |facts: &mut Facts, code: u32| {
            let Some(crate::Probed::Answered(smoke)) = &mut facts.smoke else { return };
            smoke.gpus[0].ptx = crate::Reading::Found(crate::KernelRun::Failed {
                call: "cuModuleLoadData".to_owned(),
                code: crate::CallCode(code),
                log: String::new(),
            });
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| fail(facts, 221), 1);
        check(example::h200(), |facts| fail(facts, 222), 0);
    }
}
