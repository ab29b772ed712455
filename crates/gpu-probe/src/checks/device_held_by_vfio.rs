//! Every NVIDIA GPU is held by `vfio-pci`, to be passed through to a virtual machine.
//!
//! A GPU that `vfio-pci` holds belongs to a guest: the NVIDIA driver of this machine cannot see it.
//! The kernel command line (`vfio-pci.ids=`), a file under `/etc/modprobe.d` or a tool such as
//! libvirt bound it. `lspci -nnk -d 10de:` shows the driver in use.
//!
//! Use the GPU inside the guest, or give it back to this machine. A machine with another GPU that
//! the NVIDIA driver holds is not reported: there the split is meant.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// No GPU is left for this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "`vfio-pci` holds {} for a virtual machine, and no other GPU is here",
    evidence::list_gpus(.gpus)
)]
pub struct DeviceHeldByVfio {
    /// The addresses of the GPUs.
    pub gpus: Vec<String>,
}

impl DeviceHeldByVfio {
    pub(super) const CODE: &str = "gpu/device-held-by-vfio";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let gpus = evidence::held_by(facts, "vfio-pci");
        let all = !gpus.is_empty() && gpus.len() == evidence::pci_gpus(facts).len();
        if all { vec![Self { gpus }] } else { Vec::new() }
    }
}

impl Diagnosis for DeviceHeldByVfio {
    fn place(&self) -> Place {
        evidence::place_of(&self.gpus)
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "see who names `vfio-pci`",
                "grep -s vfio /proc/cmdline; grep -rs vfio /etc/modprobe.d",
            ),
            Fix::by_hand(
                "if a virtual machine is to have the GPU, run CUDA inside that machine; else take the \
                 GPU's ids out of these places, write the initramfs anew and reboot",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(DeviceHeldByVfio::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn only_where_none_is_left() {
        let hold = |facts: &mut Facts, index: usize| {
            let crate::Reading::Found(gpus) = &mut facts.pci else { return };
            gpus[index].driver = crate::Reading::Found("vfio-pci".to_owned());
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| hold(facts, 0), 1);
        check(example::eight_h100(), |facts| hold(facts, 0), 0);
    }
}
