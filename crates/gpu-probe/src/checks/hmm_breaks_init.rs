//! CUDA does not start (code 3), probably for the open module's heterogeneous memory management.
//!
//! With the open kernel module `nvidia_uvm` can share memory with the processor's page tables
//! (HMM). On some kernels setting that up fails, and with it every CUDA program, while `nvidia-smi`
//! works. `cat /sys/module/nvidia_uvm/parameters/uvm_disable_hmm` prints `N` while it is on.
//!
//! Turn it off with the module's parameter and load the module anew. Programs lose nothing unless
//! they hand ordinary `malloc` memory to the GPU.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// HMM keeps CUDA from starting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "`cuInit` failed with code 3: heterogeneous memory management of `nvidia_uvm` is on, which is \
     known to cause it"
)]
pub struct HmmBreaksInit {
    /// Whether this is a container, whose kernel is the host's.
    pub container: bool,
}

impl HmmBreaksInit {
    pub(super) const CODE: &str = "gpu/hmm-breaks-init";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/driver-version-mismatch"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let ours = evidence::cuda_claim(facts) == Some(Self::CODE);
        let container = evidence::in_container(facts);
        if ours { vec![Self { container }] } else { Vec::new() }
    }
}

impl Diagnosis for HmmBreaksInit {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::on_host(
                self.container,
                "turn it off",
                "echo 'options nvidia_uvm uvm_disable_hmm=1' | \
                 sudo tee /etc/modprobe.d/nvidia-uvm-hmm.conf",
            ),
            Fix::on_host(
                self.container,
                "load the module anew, with no CUDA program running",
                "sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm",
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
        assert_eq!(HmmBreaksInit::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn code_3_with_it_on() {
        let off = |facts: &mut Facts| {
            facts.kernel_module.parameters.uvm_disable_hmm = crate::Reading::Found(true);
            faults::cuda_fails(facts, 3);
        };
        let unreadable = |facts: &mut Facts| {
            facts.kernel_module.parameters.uvm_disable_hmm =
                crate::Reading::Unknown("EACCES".to_owned());
            faults::cuda_fails(facts, 3);
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| faults::cuda_fails(facts, 3), 1);
        check(example::h200(), |facts| faults::cuda_fails(facts, 999), 0);
        check(example::h200(), off, 0);
        check(example::h200(), unreadable, 0);
    }
}
