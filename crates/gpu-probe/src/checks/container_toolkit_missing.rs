//! Docker is here and a GPU is here, but not NVIDIA's container toolkit that brings them together.
//!
//! Without it `docker run --gpus all` ends with `could not select device driver "" with
//! capabilities: [[gpu]]`. Containers that need no GPU are not affected.
//!
//! Confirm with `nvidia-ctk --version`. Install the package `nvidia-container-toolkit` from
//! NVIDIA's repository, tell Docker about it, and restart Docker.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, PackageManager, Profile, evidence};
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
        if !is_missing || !runs_engine_here(facts, need) {
            return Vec::new();
        }
        vec![Self {
            install: install_command(facts, "nvidia-container-toolkit"),
            rootless: engine.rootless,
            needed: need.profile == Profile::Runner,
        }]
    }
}

/// Whether the engine and the GPU are on this machine, so that the files here say something of it.
///
/// Under WSL the engine is often the one of Docker Desktop, which brings the toolkit itself; there
/// only a runner is judged.
pub(super) fn runs_engine_here(facts: &Facts, need: &Need) -> bool {
    let machine = &facts.host.machine;
    let in_wsl = machine.wsl.found().is_some();
    let remote = facts.environment.get("DOCKER_HOST").is_some_and(|host| host.contains("tcp:"));
    evidence::has_gpu(facts)
        && machine.container.found().is_none()
        && !remote
        && (!in_wsl || need.profile == Profile::Runner)
}

/// The command that installs a package; `None` on a distribution that we do not know.
pub(super) fn install_command(facts: &Facts, package: &str) -> Option<String> {
    let installer = match PackageManager::of(facts)? {
        PackageManager::Apt => "apt install",
        PackageManager::Dnf => "dnf install",
        PackageManager::Zypper => "zypper install",
        PackageManager::Pacman => "pacman -S",
    };
    Some(format!("sudo {installer} {package}"))
}

/// The step that tells Docker about the toolkit.
pub(super) fn configure_docker(rootless: bool) -> Fix {
    let command = if rootless {
        "nvidia-ctk runtime configure --runtime=docker --config=\"$HOME/.config/docker/daemon.json\" && \
         systemctl --user restart docker"
    } else {
        "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker"
    };
    Fix::by_command("tell Docker about the NVIDIA runtime; the restart ends its containers", command)
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
            configure_docker(self.rootless),
        ]
    }
}

/// The example machine with Docker and without any trace of the toolkit.
#[cfg(test)]
pub(super) fn without_toolkit() -> Facts {
    let mut facts = crate::example::h200();
    use crate::Reading;
    let containers = &mut facts.containers;
    containers.nvidia_ctk = Reading::Absent;
    containers.nvidia_container_runtime = Reading::Absent;
    containers.daemon_json_runtimes = Reading::Found(Vec::new());
    if let Reading::Found(engine) = &mut containers.docker {
        engine.runtimes = vec!["runc".to_owned()];
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Probed, Reading, example};

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
