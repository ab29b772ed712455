//! This container was started without a GPU.
//!
//! The machine under the container has an NVIDIA GPU, but the container was given none of its
//! device nodes. Docker gives a container a GPU only where it is asked to. `ls /dev/nvidia*` (under
//! WSL: `ls /dev/dxg`) comes back empty inside and lists nodes on the host.
//!
//! Start the container with `docker run --gpus all …`; in Compose reserve a device with
//! `driver: nvidia` and `capabilities: [gpu]`; on Kubernetes ask for `nvidia.com/gpu` in the
//! limits.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// No GPU was given to the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("this {container} container was started without a GPU{}", machine_words(.wsl))]
pub struct ContainerWithoutGpu {
    /// The technology of the container.
    pub container: String,
    /// Whether the machine under it is a WSL guest.
    pub wsl: bool,
}

impl ContainerWithoutGpu {
    pub(super) const CODE: &str = "gpu/container-without-gpu";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/no-nvidia-device"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(container) = facts.host.machine.container.found() else { return Vec::new() };
        if evidence::in_wsl(facts) {
            let no_node = evidence::node_exists(facts, |path| path == "/dev/dxg") == Some(false);
            let is_without = no_node && !evidence::has_gpu(facts);
            let found = || Self { container: container.clone(), wsl: true };
            return is_without.then(found).into_iter().collect();
        }
        let has_node = |path: &str| path == "/dev/nvidiactl" || evidence::is_gpu_node(path);
        let no_node = evidence::node_exists(facts, has_node) == Some(false);
        let on_host =
            !evidence::pci_gpus(facts).is_empty() || facts.kernel_module.loaded.found().is_some();
        let module_missing = facts.kernel_module.loaded.is_absent();
        if !no_node || !on_host || module_missing || !evidence::has_usual_driver(facts) {
            return Vec::new();
        }
        vec![Self { container: container.clone(), wsl: false }]
    }
}

impl Diagnosis for ContainerWithoutGpu {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![match self.container.as_str() {
            "kubernetes" => {
                Fix::by_hand("ask for the GPU in the pod's limits: `nvidia.com/gpu: 1`")
            }
            "podman" => {
                Fix::by_hand("start the container with `podman run --device nvidia.com/gpu=all …`")
            }
            "lxc" => Fix::by_hand(
                "give the container the GPU on the host: `incus config device add NAME gpu gpu` (or \
                 `lxc config …`), with `nvidia.runtime` set to `true`",
            ),
            "containerd" => {
                Fix::by_hand("start the container with `nerdctl run --gpus all …`, or by CDI")
            }
            "buildkit" => Fix::by_hand(
                "a build has no GPU: move what needs one out of the Dockerfile, to `docker run --gpus \
                 all …`",
            ),
            _ => Fix::by_hand("start the container with `docker run --gpus all …`"),
        }]
    }
}

fn machine_words(wsl: &bool) -> &'static str {
    if *wsl { ": `/dev/dxg` is not there" } else { ", though its machine has one" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(ContainerWithoutGpu::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn no_node_inside() {
        let enter = |facts: &mut Facts| {
            facts.host.machine.container = crate::Reading::Found("docker".to_owned());
        };
        let without = |facts: &mut Facts| {
            enter(facts);
            facts.device_nodes = crate::Reading::Found(Vec::new());
            faults::remove_libraries(facts);
        };
        check(example::h200(), enter, 0);
        check(example::h200(), without, 1);
        check(example::no_gpu(), without, 0);
        let unreadable = |facts: &mut Facts| {
            without(facts);
            facts.device_nodes = crate::Reading::Unknown("EACCES".to_owned());
        };
        check(example::h200(), unreadable, 0);
    }

    #[test]
    fn under_wsl_by_its_own_node() {
        let mut facts = example::rtx_4060_wsl();
        facts.host.machine.container = crate::Reading::Found("docker".to_owned());
        let find = |facts: &Facts| ContainerWithoutGpu::find(facts, &Need::default());
        assert_eq!(find(&facts), []);
        crate::example::faults::remove_libraries(&mut facts);
        assert_eq!(find(&facts).len(), 1);
        let roots = crate::diagnose(&facts, &Need::default()).problems;
        assert_eq!(roots.iter().filter(|(_, cause)| cause.is_none()).count(), 1, "{roots:?}");
    }
}
