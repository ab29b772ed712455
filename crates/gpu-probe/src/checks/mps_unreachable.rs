//! CUDA cannot reach the multi-process service (MPS).
//!
//! Where `CUDA_MPS_PIPE_DIRECTORY` names a folder, or a daemon was started in the usual one,
//! programs share the GPU through that daemon. They fail with 805 to 810 where it is gone, belongs
//! to another user, is of another driver, or has no room for more.
//! `echo get_server_list | nvidia-cuda-mps-control` asks it.
//!
//! Start the daemon anew as the user of the programs, or stop it and unset the variable to do
//! without.

use super::{Diagnosis, Fix, Place};
use crate::{CallCode, Facts, Need, cuda_code_name, evidence};
use serde::Serialize;

/// MPS does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "CUDA cannot use the multi-process service: {}",
    evidence::code_words(*.code, cuda_code_name(*.code))
)]
pub struct MpsUnreachable {
    /// What CUDA returned.
    pub code: CallCode,
    /// The value of `CUDA_MPS_PIPE_DIRECTORY`.
    pub folder: Option<String>,
}

impl MpsUnreachable {
    pub(super) const CODE: &str = "gpu/mps-unreachable";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/driver-version-mismatch"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(code) = evidence::mps_failure(facts) else { return Vec::new() };
        vec![Self {
            code,
            folder: facts.environment.get("CUDA_MPS_PIPE_DIRECTORY").map(str::to_owned),
        }]
    }
}

impl Diagnosis for MpsUnreachable {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "once no program uses it, stop the daemon",
                "echo quit | nvidia-cuda-mps-control",
            ),
            Fix::by_command(
                "start it anew, as the user of the programs",
                "nvidia-cuda-mps-control -d",
            ),
            Fix::by_command("or do without it", "unset CUDA_MPS_PIPE_DIRECTORY"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(MpsUnreachable::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn codes_805_to_810() {
        check(example::h200(), |_| {}, 0);
        for (code, expected) in [(804, 0), (805, 1), (810, 1), (811, 0)] {
            check(example::h200(), |facts| faults::cuda_fails(facts, code), expected);
        }
    }

    #[test]
    fn also_from_a_kernel() {
        let mut facts = crate::example::h200();
        let Some(crate::Probed::Answered(smoke)) = &mut facts.smoke else { return };
        smoke.gpus[0].cubin = crate::Reading::Found(crate::KernelRun::Failed {
            call: "cuDevicePrimaryCtxRetain".to_owned(),
            code: CallCode(805),
            log: String::new(),
        });
        let found = crate::diagnose(&facts, &Need::default()).problems;
        let codes: Vec<_> = found.iter().map(|(found, cause)| (found.code(), *cause)).collect();
        assert_eq!(codes, [("gpu/mps-unreachable", None), ("gpu/kernel-failed", Some(0))]);
    }
}
