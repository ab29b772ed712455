//! This node's container runtime has no way to hand a GPU to a pod.
//!
//! Pods are started by containerd or CRI-O. For GPUs the runtime must know an NVIDIA runtime or use
//! CDI. Neither was found in its configuration, or no runtime was found at all. Pods that ask for
//! `nvidia.com/gpu` then wait, or start without a device.
//!
//! Confirm with `sudo containerd config dump | grep -i nvidia`. Where NVIDIA's GPU operator manages
//! the node, it writes the configuration itself: look at its `nvidia-container-toolkit` pod first.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, Profile, Reading};
use serde::Serialize;

/// A node without a runtime that gives GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "a node needs a container runtime with GPU access, and {}",
    if *.runtime { "containerd's configuration names neither an NVIDIA runtime nor CDI" } else { "neither containerd nor CRI-O was found" }
)]
pub struct NodeRuntimeMissing {
    /// Whether a runtime is there at all.
    pub runtime: bool,
    /// The socket of containerd.
    pub socket: Option<String>,
    /// The command that installs the container toolkit, where it is missing and the distribution is
    /// one that we know.
    #[serde(skip)]
    pub install: Option<String>,
    /// Whether the container toolkit is here.
    pub toolkit: bool,
}

impl NodeRuntimeMissing {
    pub(super) const CODE: &str = "gpu/node-runtime-missing";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/container-toolkit-missing"];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        // A pod on the node does not see the node's sockets.
        if need.profile != Profile::Node || facts.host.machine.container.found().is_some() {
            return Vec::new();
        }
        let containers = &facts.containers;
        let crio = containers.crio_socket.found().is_some();
        let nothing =
            containers.containerd_socket.is_absent() && containers.crio_socket.is_absent();
        let unaware = containers.containerd_socket.found().is_some()
            && containers.containerd_has_nvidia == Reading::Found(false)
            && !crio;
        if !(nothing || unaware) {
            return Vec::new();
        }
        let toolkit = containers.nvidia_ctk.found().is_some();
        vec![Self {
            runtime: unaware,
            socket: containers.containerd_socket.found().cloned(),
            install: steps::install_command(facts, "nvidia-container-toolkit").filter(|_| !toolkit),
            toolkit,
        }]
    }
}

impl Diagnosis for NodeRuntimeMissing {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if !self.runtime {
            return vec![Fix::by_hand(
                "install containerd or CRI-O and the kubelet, then `nvidia-container-toolkit`",
            )];
        }
        let install = (!self.toolkit).then(|| Fix {
            text: "install `nvidia-container-toolkit` from NVIDIA's package repository (unless the GPU \
                   operator does it)"
                .to_owned(),
            command: self.install.clone(),
        });
        let has = |word: &str| self.socket.as_ref().is_some_and(|socket| socket.contains(word));
        let configure = if has("/k3s/") {
            Fix::by_command(
                "start k3s anew, which finds the NVIDIA runtime by itself (on an agent the service is \
                 `k3s-agent`)",
                "sudo systemctl restart k3s",
            )
        } else if has("microk8s") {
            Fix::by_command("let MicroK8s set up the GPU", "sudo microk8s enable nvidia")
        } else {
            Fix::by_command(
                "tell containerd about the NVIDIA runtime (unless the GPU operator does it)",
                "sudo nvidia-ctk runtime configure --runtime=containerd && sudo systemctl restart \
                 containerd",
            )
        };
        install.into_iter().chain([configure]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn only_a_node_needs_it() {
        let node = Need { profile: Profile::Node, ..Need::default() };
        let mut facts = example::h200();
        assert_eq!(NodeRuntimeMissing::find(&facts, &Need::default()), []);
        assert!(!NodeRuntimeMissing::find(&facts, &node)[0].runtime);
        facts.containers.containerd_socket =
            Reading::Found("/run/containerd/containerd.sock".to_owned());
        let check = |has_nvidia: Reading<bool>, expected: usize| {
            let mut facts = facts.clone();
            facts.containers.containerd_has_nvidia = has_nvidia;
            assert_eq!(NodeRuntimeMissing::find(&facts, &node).len(), expected);
        };
        check(Reading::Found(true), 0);
        check(Reading::Found(false), 1);
        check(Reading::Unknown("permission denied".to_owned()), 0);
    }
}
