//! A device node that the driver needs is not in `/dev`.
//!
//! Programs reach the driver through `/dev/nvidiactl`, one `/dev/nvidiaN` for each GPU and, for
//! CUDA, `/dev/nvidia-uvm`. They are made by `nvidia-modprobe` or by the display server; on a
//! machine without a display nobody may have made them. `ls -l /dev/nvidia*` shows which are there.
//!
//! `sudo nvidia-modprobe -c 0 -u` makes them. The service `nvidia-persistenced` makes them at each
//! boot. In a container the runtime makes them: start the container again.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// A node is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", sentence(.nodes))]
pub struct DeviceNodeMissing {
    /// The paths that are missing.
    pub nodes: Vec<String>,
    /// Whether this is a container.
    pub container: bool,
}

impl DeviceNodeMissing {
    pub(super) const CODE: &str = "gpu/device-node-missing";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/uvm-not-loaded",
        "gpu/container-without-gpu",
        "gpu/module-not-loaded",
        "gpu/no-nvidia-device",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if !evidence::has_usual_driver(facts) || !evidence::may_have_gpu(facts) {
            return Vec::new();
        }
        let nvml_fails = evidence::nvml_failure(facts).is_some();
        let cuda_fails = evidence::cuda_failure(facts).is_some();
        // The first program that needs a node makes it: it matters only where something failed.
        let any_fails = nvml_fails || cuda_fails;
        let gone =
            |is_it: &dyn Fn(&str) -> bool| evidence::node_exists(facts, is_it) == Some(false);
        let mut nodes = Vec::new();
        if any_fails && gone(&|path| path == "/dev/nvidiactl") {
            nodes.push("/dev/nvidiactl".to_owned());
        }
        // A container is given some of the host's GPUs, and not the nodes of the others.
        let of_gpus = evidence::refused_nodes(facts, &["ENOENT"])
            .filter(|(node, _)| evidence::is_gpu_node(&node.path))
            .filter(|_| any_fails && evidence::certainly_on_host(facts));
        nodes.extend(of_gpus.map(|(node, _)| node.path.clone()));
        if any_fails
            && !nodes.iter().any(|path| evidence::is_gpu_node(path))
            && gone(&evidence::is_gpu_node)
        {
            nodes.push("/dev/nvidia0".to_owned());
        }
        if cuda_fails && gone(&|path| path == "/dev/nvidia-uvm") {
            nodes.push("/dev/nvidia-uvm".to_owned());
        }
        if nodes.is_empty() {
            return Vec::new();
        }
        vec![Self { nodes, container: evidence::in_container(facts) }]
    }
}

impl Diagnosis for DeviceNodeMissing {
    fn place(&self) -> Place {
        match self.nodes.as_slice() {
            [path] => Place::Path { path: path.clone() },
            _ => Place::Machine,
        }
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.container {
            return vec![Fix::by_hand(
                "on the host, run `sudo nvidia-modprobe -c 0 -u`, then create the container again",
            )];
        }
        vec![
            Fix::by_command("make the nodes", "sudo nvidia-modprobe -c 0 -u"),
            Fix::by_command(
                "have them made at each boot",
                "sudo systemctl enable --now nvidia-persistenced",
            ),
        ]
    }
}

fn sentence(nodes: &[String]) -> String {
    match nodes {
        [node] if node == "/dev/nvidia-uvm" => format!("`{node}` is not there, and CUDA needs it"),
        [node] => format!("`{node}` is not there, and the driver needs it"),
        _ => format!("`{}` are not there, and the driver needs them", nodes.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(DeviceNodeMissing::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn only_where_something_fails() {
        let remove = |facts: &mut Facts| {
            if let crate::Reading::Found(nodes) = &mut facts.device_nodes {
                nodes.retain(|node| node.path != "/dev/nvidia-uvm");
            }
        };
        let both = |facts: &mut Facts| {
            remove(facts);
            faults::cuda_fails(facts, 999);
        };
        check(example::h200(), remove, 0);
        check(example::h200(), both, 1);
        let enoent = |facts: &mut Facts| {
            faults::refuse_nodes(facts, "ENOENT", |path| path == "/dev/nvidiactl");
            faults::nvml_fails(facts, 9);
        };
        check(example::h200(), enoent, 1);
        let unreadable = |facts: &mut Facts| {
            both(facts);
            facts.device_nodes = crate::Reading::Unknown("EACCES".to_owned());
        };
        check(example::h200(), unreadable, 0);
    }
}
