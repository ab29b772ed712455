//! Docker was not told about NVIDIA's container toolkit.
//!
//! Docker answered, and knows neither the runtime `nvidia` nor a CDI device `nvidia.com/gpu`.
//! Containers that name `runtime: nvidia` do not start (`unknown or invalid runtime name: nvidia`),
//! and `--device nvidia.com/gpu=all` says `unresolvable CDI devices`. Where the toolkit is installed,
//! `--gpus all` may work all the same, through a hook that Docker finds by itself.
//!
//! Confirm with `docker info --format '{{.Runtimes}}'` and `nvidia-ctk cdi list`. Let `nvidia-ctk`
//! write Docker's configuration, and restart Docker. If `daemon.json` already names the runtime,
//! Docker was not restarted since.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, Profile, evidence};
use serde::Serialize;

/// Docker knows neither the NVIDIA runtime nor a CDI specification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "Docker knows neither the runtime `nvidia` nor a CDI device{}",
    if *.in_daemon_json { "; `daemon.json` names the runtime, so Docker was not restarted since" } else { "" }
)]
pub struct DockerRuntimeMissing {
    /// Whether the configuration file names the runtime already.
    pub in_daemon_json: bool,
    /// Whether Docker runs without root, where the commands differ.
    pub rootless: bool,
    /// Whether the engine runs elsewhere: outside of this container, or on another machine.
    pub elsewhere: bool,
    /// Whether this machine is a runner and no hook of the toolkit helps, so that its jobs get no GPU.
    pub needed: bool,
}

impl DockerRuntimeMissing {
    pub(super) const CODE: &str = "gpu/docker-runtime-missing";
    pub(super) const FOLLOWS_FROM: &[&str] =
        &["gpu/container-toolkit-missing", "gpu/docker-is-snap"];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let containers = &facts.containers;
        let Some(engine) = containers.docker.found() else { return Vec::new() };
        let has_runtime = engine.runtimes.iter().any(|runtime| runtime.contains("nvidia"));
        let has_cdi = !engine.cdi_folders.is_empty() && !containers.cdi.is_empty();
        let elsewhere = evidence::engine_files_are_hidden(facts);
        let is_judged = match elsewhere {
            // Which specifications lie in its folders is not seen from here.
            true => {
                need.profile == Profile::Runner
                    && evidence::has_gpu(facts)
                    && engine.cdi_folders.is_empty()
            }
            false => evidence::runs_engine_here(facts, need),
        };
        if has_runtime || has_cdi || !is_judged {
            return Vec::new();
        }
        let names = containers.daemon_json_runtimes.found();
        let in_daemon_json = !elsewhere
            && names.is_some_and(|names| names.iter().any(|name| name.contains("nvidia")));
        let hook = containers.nvidia_container_runtime.found();
        let has_hook = hook.is_some() && !engine.rootless && !elsewhere;
        let needed = need.profile == Profile::Runner && !has_hook;
        vec![Self { in_daemon_json, rootless: engine.rootless, elsewhere, needed }]
    }
}

impl Diagnosis for DockerRuntimeMissing {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.elsewhere {
            return vec![Fix::by_hand(
                "where the engine runs, install `nvidia-container-toolkit`, then \
                 `sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`",
            )];
        }
        let restart = if self.rootless {
            "systemctl --user restart docker"
        } else {
            "sudo systemctl restart docker"
        };
        if self.in_daemon_json {
            return vec![Fix::by_command("restart Docker; this ends its containers", restart)];
        }
        vec![steps::configure_docker(self.rootless)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, without_toolkit};
    use crate::{CdiSpec, Reading};

    #[test]
    fn a_runtime_or_a_cdi_device_is_enough() {
        assert_eq!(DockerRuntimeMissing::find(&example::h200(), &Need::default()), []);
        let mut facts = without_toolkit();
        assert_eq!(DockerRuntimeMissing::find(&facts, &Need::default()).len(), 1);
        facts.containers.cdi = vec![CdiSpec::default()];
        assert_eq!(DockerRuntimeMissing::find(&facts, &Need::default()), []);
    }

    #[test]
    fn a_docker_that_was_not_restarted_is_told_so() {
        let mut facts = without_toolkit();
        facts.containers.daemon_json_runtimes = Reading::Found(vec!["nvidia".to_owned()]);
        let found = DockerRuntimeMissing::find(&facts, &Need::default());
        assert!(found[0].to_string().contains("restarted"));
    }

    #[test]
    fn a_docker_that_did_not_answer_is_not_judged() {
        let mut facts = without_toolkit();
        facts.containers.docker = Reading::Unknown("no answer in 2 s".to_owned());
        assert_eq!(DockerRuntimeMissing::find(&facts, &Need::default()), []);
    }
}
