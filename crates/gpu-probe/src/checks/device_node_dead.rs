//! A device node is there, and the driver behind it does not answer.
//!
//! Opening the node gives `EIO`, `ENODEV` or `ENXIO`: the node is a leftover of a driver that was
//! unloaded, or the driver could not start the GPU. `sudo dmesg | grep -i nvrm` shows why.
//!
//! Load the module anew or reboot. If the GPU does not start then either, the kernel log has the
//! cause.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// Nothing is behind the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("nothing answers behind `{}`: opening gives `{errno}`", .nodes.join("`, `"))]
pub struct DeviceNodeDead {
    /// The paths.
    pub nodes: Vec<String>,
    /// What opening the first gave.
    pub errno: String,
    /// Whether this is a container.
    pub container: bool,
}

impl DeviceNodeDead {
    pub(super) const CODE: &str = "gpu/device-node-dead";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/adapter-init-failed",
        "gpu/gpu-needs-reset",
        "gpu/gpu-lost",
        "gpu/fell-off-the-bus",
        "gpu/open-module-required",
        "gpu/memory-windows-unassigned",
        "gpu/module-not-loaded",
        "gpu/no-nvidia-device",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        // `gpu/uvm-broken` is about that one.
        let is_ours = |path: &str| evidence::is_needed_node(path) && path != "/dev/nvidia-uvm";
        let dead: Vec<_> = evidence::refused_nodes(facts, evidence::DEAD)
            .filter(|(node, _)| is_ours(&node.path))
            .collect();
        // A leftover of a GPU that was taken out hurts nobody.
        let all_work = evidence::cuda_works(facts)
            && evidence::nvml_works(facts)
            && evidence::missing_addresses(facts).is_empty();
        if all_work {
            return Vec::new();
        }
        let Some((_, errno)) = dead.first() else { return Vec::new() };
        vec![Self {
            errno: (*errno).to_owned(),
            nodes: dead.iter().map(|(node, _)| node.path.clone()).collect(),
            container: evidence::in_container(facts),
        }]
    }
}

impl Diagnosis for DeviceNodeDead {
    fn place(&self) -> Place {
        match self.nodes.as_slice() {
            [path] => Place::Path { path: path.clone() },
            _ => Place::Machine,
        }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::on_host(
                self.container,
                "see what the driver says",
                "sudo dmesg | grep -i -e nvrm -e xid",
            ),
            Fix::on_host(self.container, "start the driver anew", "sudo reboot"),
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
        assert_eq!(DeviceNodeDead::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn by_errno() {
        let gpu = |path: &str| path == "/dev/nvidia0";
        check(example::h200(), |_| {}, 0);
        let fail = |facts: &mut Facts, errno: &str| {
            faults::refuse_nodes(facts, errno, gpu);
            faults::cuda_fails(facts, 100);
        };
        check(example::h200(), |facts| fail(facts, "EIO"), 1);
        check(example::h200(), |facts| fail(facts, "EACCES"), 0);
        // A leftover, with every GPU of the bus at work.
        check(example::h200(), |facts| faults::refuse_nodes(facts, "EIO", gpu), 0);
        let uvm = |path: &str| path == "/dev/nvidia-uvm";
        check(example::h200(), |facts| faults::refuse_nodes(facts, "EIO", uvm), 0);
    }
}
