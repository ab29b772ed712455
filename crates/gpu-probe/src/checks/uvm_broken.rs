//! The kernel module `nvidia_uvm` is in a broken state, and CUDA cannot start.
//!
//! After a suspend, or when the module lost its GPU, `nvidia_uvm` stays loaded and answers nothing
//! useful: `cuInit` fails with code 999, while `nvidia-smi` still works. The node `/dev/nvidia-uvm`
//! may give `EIO`, or belong to a number that the module does not have any more: compare
//! `ls -l /dev/nvidia-uvm` with `grep nvidia-uvm /proc/devices`.
//!
//! Load the module anew. If it happens after each suspend, let the driver keep the GPU's memory:
//! `NVreg_PreserveVideoMemoryAllocations=1` and the services `nvidia-suspend` and `nvidia-resume`.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// The second module does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the kernel module `nvidia_uvm` {}", state_words(.errno))]
pub struct UvmBroken {
    /// What opening its node gave; `None` where only CUDA failed, on a machine that sleeps and does
    /// not keep the GPU's memory meanwhile.
    pub errno: Option<String>,
    /// Whether this is a container, whose kernel is the host's.
    pub container: bool,
}

impl UvmBroken {
    pub(super) const CODE: &str = "gpu/uvm-broken";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/device-node-dead",
        "gpu/driver-version-mismatch",
        "gpu/gpu-lost",
        "gpu/adapter-init-failed",
        "gpu/fell-off-the-bus",
        "gpu/module-not-loaded",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let fails = evidence::dead_uvm_node(facts).is_some() && !evidence::cuda_works(facts);
        let ours = evidence::cuda_claim(facts) == Some(Self::CODE);
        if !(ours || fails) {
            return Vec::new();
        }
        let errno = evidence::dead_uvm_node(facts).map(str::to_owned);
        vec![Self { errno, container: evidence::in_container(facts) }]
    }
}

impl Diagnosis for UvmBroken {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        let mut fixes = vec![Fix::on_host(
            self.container,
            "load the module anew, with no CUDA program running",
            "sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm && sudo nvidia-modprobe -c 0 \
             -u",
        )];
        if self.errno.is_none() {
            fixes.push(Fix::by_command(
                "keep the GPU's memory over a suspend",
                "echo 'options nvidia NVreg_PreserveVideoMemoryAllocations=1' | \
                 sudo tee /etc/modprobe.d/nvidia-suspend.conf && \
                 sudo systemctl enable nvidia-suspend nvidia-resume nvidia-hibernate",
            ));
        }
        fixes
    }
}

fn state_words(errno: &Option<String>) -> String {
    match errno {
        Some(errno) => {
            format!("is in a broken state, so CUDA cannot start: opening its node gives `{errno}`")
        }
        None => "has probably lost its state in a suspend: `cuInit` failed with code 999".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(UvmBroken::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn by_the_node_or_after_sleep() {
        let uvm = |path: &str| path == "/dev/nvidia-uvm";
        let dead = |facts: &mut Facts| {
            faults::cuda_fails(facts, 999);
            faults::refuse_nodes(facts, "EIO", uvm);
        };
        let laptop = |facts: &mut Facts| {
            faults::cuda_fails(facts, 999);
            facts.host.machine.laptop = crate::Reading::Found(true);
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| faults::cuda_fails(facts, 999), 0);
        check(example::h200(), dead, 1);
        check(example::h200(), laptop, 1);
    }
}
