//! Docker is here and a GPU is here, but not NVIDIA's container toolkit that brings them together.
//!
//! Without it `docker run --gpus all` ends with `could not select device driver "" with
//! capabilities: [[gpu]]`. Containers that need no GPU are not affected.
//!
//! Confirm with `nvidia-ctk --version`. Install the package `nvidia-container-toolkit` from
//! NVIDIA's repository, tell Docker about it, and restart Docker.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, Profile, evidence};
use serde::Serialize;

/// The NVIDIA container toolkit is not installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("Docker cannot give containers a GPU: the NVIDIA container toolkit is not installed")]
pub struct ContainerToolkitMissing {
    /// The command that installs it, where the distribution is one that we know.
    #[serde(skip)]
    pub install: Option<String>,
    /// Whether Docker runs without root, where the commands differ.
    pub rootless: bool,
    /// Whether this machine is a runner, whose jobs need the GPU in Docker.
    pub needed: bool,
}

impl ContainerToolkitMissing {
    pub(super) const CODE: &str = "gpu/container-toolkit-missing";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/docker-is-snap"];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let containers = &facts.containers;
        let Some(engine) = containers.docker.found() else { return Vec::new() };
        let is_missing = containers.nvidia_ctk.is_absent()
            && containers.nvidia_container_runtime.is_absent()
            && !engine.runtimes.iter().any(|runtime| runtime.contains("nvidia"))
            && containers.cdi.is_empty();
        if !is_missing || !evidence::runs_engine_here(facts, need) {
            return Vec::new();
        }
        vec![Self {
            install: steps::install_command(facts, "nvidia-container-toolkit"),
            rootless: engine.rootless,
            needed: need.profile == Profile::Runner,
        }]
    }
}

impl Diagnosis for ContainerToolkitMissing {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix {
                text: "add NVIDIA's package repository where it is missing \
                       (docs.nvidia.com/datacenter/cloud-native/container-toolkit), and install \
                       `nvidia-container-toolkit`"
                    .to_owned(),
                command: self.install.clone(),
            },
            steps::configure_docker(self.rootless),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, without_toolkit};
    use crate::{Probed, Reading};

    #[test]
    fn finds_docker_without_the_toolkit() {
        assert_eq!(ContainerToolkitMissing::find(&example::h200(), &Need::default()), []);
        let found = ContainerToolkitMissing::find(&without_toolkit(), &Need::default());
        let install = found[0].install.as_deref();
        assert_eq!(install, Some("sudo apt install nvidia-container-toolkit"));
    }

    #[test]
    fn a_machine_without_docker_or_gpu_needs_no_toolkit() {
        let mut facts = without_toolkit();
        facts.containers.docker = Reading::Absent;
        assert_eq!(ContainerToolkitMissing::find(&facts, &Need::default()), []);
        let mut facts = without_toolkit();
        facts.pci = Reading::Found(Vec::new());
        facts.nvml = Probed::default();
        facts.cuda = Probed::default();
        assert_eq!(ContainerToolkitMissing::find(&facts, &Need::default()), []);
    }

    #[test]
    fn under_wsl_only_a_runner_is_judged() {
        let mut facts = without_toolkit();
        facts.host.machine.wsl = Reading::Found(2);
        assert_eq!(ContainerToolkitMissing::find(&facts, &Need::default()), []);
        let runner = Need { profile: Profile::Runner, ..Need::default() };
        assert_eq!(ContainerToolkitMissing::find(&facts, &runner).len(), 1);
    }

    #[test]
    fn could_not_look_is_not_missing() {
        let mut facts = without_toolkit();
        facts.containers.nvidia_ctk = Reading::Unknown("permission denied".to_owned());
        assert_eq!(ContainerToolkitMissing::find(&facts, &Need::default()), []);
    }
}
