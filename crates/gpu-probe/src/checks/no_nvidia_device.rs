//! There is no NVIDIA GPU in this machine.
//!
//! The PCI bus was read and shows no NVIDIA display or 3D controller, the machine is not a WSL
//! guest (where the GPU does not stand on the PCI bus) and not a Jetson, and neither NVML nor CUDA
//! found a device. Everything else that needs a GPU fails because of this.
//!
//! On a laptop the GPU may be switched off in the firmware; in a virtual machine it has to be
//! passed through by the host; in the cloud the instance type has to have one. A container has the
//! GPUs of the machine that runs it. Confirm with `lspci -d 10de:`.
//!
//! Without a GPU you can still build CUDA programs: `nvcc` needs no driver.

use super::{Diagnosis, Fix, Place};
use crate::{DeviceNode, Facts, Need, NodeAccess, evidence};
use serde::Serialize;

/// The machine has no NVIDIA GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("no NVIDIA GPU is in this machine: the PCI bus shows none")]
pub struct NoNvidiaDevice {
    /// The hypervisor, where the machine is a virtual one.
    pub hypervisor: Option<String>,
    /// Whether this is a container.
    pub container: bool,
}

impl NoNvidiaDevice {
    pub(super) const CODE: &str = "gpu/no-nvidia-device";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let seen_by_node = facts.device_nodes.found().is_some_and(|nodes| {
            let opened = |node: &DeviceNode| node.access == NodeAccess::Opened;
            nodes.iter().any(|node| evidence::is_gpu_node(&node.path) && opened(node))
        });
        // A GPU that fell off the bus was there when the machine started.
        let fell_off =
            facts.kernel_log.found().is_some_and(|log| log.xids.iter().any(|xid| xid.code == 79));
        if evidence::may_have_gpu(facts) || seen_by_node || fell_off {
            return Vec::new();
        }
        vec![Self {
            hypervisor: facts.host.machine.hypervisor.found().cloned(),
            container: evidence::in_container(facts),
        }]
    }
}

impl Diagnosis for NoNvidiaDevice {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        let named = self.hypervisor.as_deref().map(evidence::hypervisor_words);
        vec![match (named, self.container) {
            (Some(named), false) => Fix::by_hand(format!(
                "this is a virtual machine{named}: pass a GPU through to it, or choose an instance type that \
                 has one"
            )),
            (Some(named), true) => Fix::by_hand(format!(
                "this is a container in a virtual machine{named}: pass a GPU through to that machine, or \
                 choose an instance type that has one, and then start the container with `--gpus all`"
            )),
            (None, true) => Fix::by_hand(
                "this is a container: run it on a machine with an NVIDIA GPU, with `--gpus all`",
            ),
            (None, false) => Fix::by_hand(
                "use a machine with an NVIDIA GPU, or check in the firmware that the GPU is on",
            ),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Probed, Reading, example};

    #[test]
    fn finds_an_empty_bus() {
        let mut facts = example::h200();
        assert_eq!(NoNvidiaDevice::find(&facts, &Need::default()), []);
        facts.pci = Reading::Found(Vec::new());
        facts.nvml = Probed::default();
        facts.cuda = Probed::default();
        assert_eq!(NoNvidiaDevice::find(&facts, &Need::default()), [], "its node opens");
        facts.device_nodes = Reading::Found(Vec::new());
        assert_eq!(NoNvidiaDevice::find(&facts, &Need::default()).len(), 1);
        facts.host.machine.wsl = Reading::Found(2);
        assert_eq!(NoNvidiaDevice::find(&facts, &Need::default()), []);
    }

    #[test]
    fn an_unreadable_bus_is_not_an_empty_one() {
        let mut facts = example::h200();
        facts.pci = Reading::Unknown("`/sys` is not mounted".to_owned());
        facts.nvml = Probed::default();
        facts.cuda = Probed::default();
        assert_eq!(NoNvidiaDevice::find(&facts, &Need::default()), []);
    }
}
