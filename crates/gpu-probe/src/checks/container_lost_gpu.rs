//! This container may not use its GPU, or may not any more.
//!
//! Access of a container to device nodes is a rule of its cgroup. When systemd reloads
//! (`systemctl daemon-reload`, also by a package update) it writes the rules anew and drops those
//! that the container runtime added behind its back. Opening `/dev/nvidiactl` then gives `EPERM`,
//! and `nvidia-smi` says `Failed to initialize NVML: Unknown Error`. On the host everything works.
//! A container that was given the nodes as a volume (`-v /dev:/dev`) never had the right.
//!
//! Create the container again, with the GPU asked for in the usual way. To keep it from happening,
//! use CDI or name the devices with `--device`, or make the links in `/dev/char` that let systemd
//! keep the rules.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// The cgroup does not let the container in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "this container has lost the right to its GPU, or never had it{}",
    .node.as_ref().map_or_else(
        || ": NVML fails with code 999".to_owned(),
        |node| format!(": opening `{node}` gives `EPERM`")
    )
)]
pub struct ContainerLostGpu {
    /// The node that refused; `None` where only NVML says it.
    pub node: Option<String>,
    /// The technology of the container.
    pub container: String,
}

impl ContainerLostGpu {
    pub(super) const CODE: &str = "gpu/container-lost-gpu";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if !evidence::lost_by_container(facts) {
            return Vec::new();
        }
        let mut refused = evidence::refused_nodes(facts, &["EPERM"]);
        let node = refused.find(|(node, _)| evidence::is_needed_node(&node.path));
        let container = facts.host.machine.container.found().cloned().unwrap_or_default();
        vec![Self { node: node.map(|(node, _)| node.path.clone()), container }]
    }
}

impl Diagnosis for ContainerLostGpu {
    fn place(&self) -> Place {
        self.node.clone().map_or(Place::Machine, |path| Place::Path { path })
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.container == "kubernetes" {
            return vec![
                Fix::by_hand("delete the pod, so that a new one is started in its place"),
                Fix::by_hand(
                    "to keep it from happening, let the container toolkit of the node use CDI",
                ),
            ];
        }
        let cdi = match self.container.as_str() {
            "podman" => "or start it with CDI: `podman run --device nvidia.com/gpu=all …`",
            _ => "or start it with CDI: `docker run --device nvidia.com/gpu=all …`",
        };
        vec![
            Fix::by_hand(
                "remove the container and create it again: a restart may do, a new one does",
            ),
            Fix::on_host(
                true,
                "make the links that let systemd keep the rule",
                "sudo nvidia-ctk system create-dev-char-symlinks --create-all",
            ),
            Fix::by_hand(cdi),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading::Found;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(ContainerLostGpu::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn eperm_in_a_container() {
        let docker = |facts: &mut Facts| {
            facts.host.machine.container = crate::Reading::Found("docker".to_owned());
        };
        let lose = |facts: &mut Facts| {
            faults::refuse_nodes(facts, "EPERM", |_| true);
            faults::nvml_fails(facts, 999);
        };
        let both = |facts: &mut Facts| {
            docker(facts);
            lose(facts);
        };
        check(example::h200(), docker, 0);
        check(example::h200(), lose, 0);
        check(example::h200(), both, 1);
        let unseen = |facts: &mut Facts| {
            docker(facts);
            facts.device_nodes = crate::Reading::Unknown("no `/dev`".to_owned());
            faults::nvml_fails(facts, 999);
        };
        check(example::h200(), unseen, 1);
        // Given one GPU of eight, a container may see the nodes of all.
        let given_one = |facts: &mut Facts| {
            docker(facts);
            faults::refuse_nodes(facts, "EPERM", |path| path != "/dev/nvidia0");
        };
        check(example::eight_h100(), given_one, 0);
        let caps = |facts: &mut Facts| {
            docker(facts);
            faults::cuda_fails(facts, 100);
            let Found(nodes) = &mut facts.device_nodes else { return };
            nodes.push(example::opened_node("/dev/nvidia-caps/nvidia-cap1"));
            faults::refuse_nodes(facts, "EPERM", |path| path.contains("caps"));
        };
        check(example::h200(), caps, 0);
    }
}
