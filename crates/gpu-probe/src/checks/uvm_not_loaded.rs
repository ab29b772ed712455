//! The kernel module `nvidia_uvm`, which CUDA needs, is not loaded.
//!
//! Graphics and `nvidia-smi` work without `nvidia_uvm`; CUDA does not. It is loaded by the first
//! CUDA program through `nvidia-modprobe`. Where that tool is missing, or the program runs in a
//! container, nobody loads it and `cuInit` fails. `lsmod | grep nvidia_uvm` comes back empty.
//!
//! `sudo modprobe nvidia_uvm` loads it, and `sudo nvidia-modprobe -c 0 -u` makes its nodes too. To
//! have it at each boot, name it in a file under `/etc/modules-load.d`.

use super::{Diagnosis, Fix, Place};
use crate::{CallCode, Facts, Need, evidence};
use serde::Serialize;

/// CUDA lacks its second module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the kernel module `nvidia_uvm` is not loaded, and `cuInit` failed with code {code}")]
pub struct UvmNotLoaded {
    /// What `cuInit` returned.
    pub code: CallCode,
    /// Whether this is a container, whose kernel is the host's.
    pub container: bool,
}

impl UvmNotLoaded {
    pub(super) const CODE: &str = "gpu/uvm-not-loaded";
    pub(super) const FOLLOWS_FROM: &[&str] =
        &["gpu/driver-version-mismatch", "gpu/module-not-loaded"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some((_, code)) = evidence::cuda_failure(facts) else { return Vec::new() };
        if evidence::cuda_claim(facts) != Some(Self::CODE) {
            return Vec::new();
        }
        vec![Self { code, container: evidence::in_container(facts) }]
    }
}

impl Diagnosis for UvmNotLoaded {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.container {
            return vec![Fix::by_hand(
                "on the host, run `sudo nvidia-modprobe -c 0 -u`, then start the container again",
            )];
        }
        vec![
            Fix::by_command(
                "load it and make its nodes",
                "sudo modprobe nvidia_uvm && sudo nvidia-modprobe -c 0 -u",
            ),
            Fix::by_command(
                "load it at each boot",
                "echo nvidia_uvm | sudo tee /etc/modules-load.d/nvidia-uvm.conf",
            ),
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
        assert_eq!(UvmNotLoaded::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn only_where_cuda_fails() {
        let unload =
            |facts: &mut Facts| facts.kernel_module.uvm_loaded = crate::Reading::Found(false);
        let both = |facts: &mut Facts| {
            unload(facts);
            faults::cuda_fails(facts, 999);
        };
        check(example::h200(), unload, 0);
        check(example::h200(), |facts| faults::cuda_fails(facts, 999), 0);
        check(example::h200(), both, 1);
        let stub = |facts: &mut Facts| {
            unload(facts);
            faults::cuda_fails(facts, 34);
        };
        check(example::h200(), stub, 0);
    }
}
