//! Docker does not answer on a machine that is meant to run containers.
//!
//! A runner starts its jobs in containers. There is no Docker socket, or nobody listens on it:
//! Docker is not installed, or its service does not run. On a developer's machine this is not asked
//! for.
//!
//! Confirm with `systemctl status docker` and `docker info`. `DOCKER_HOST` in the environment
//! points the client to another socket. In a container the socket of the host has to be handed in
//! (`-v /var/run/docker.sock:/var/run/docker.sock`).

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, Profile, Reading, evidence};
use serde::Serialize;

/// There is no Docker to talk to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("a runner needs Docker, and {why}")]
pub struct DockerUnreachable {
    /// Why, in words.
    pub why: String,
    /// Whether a socket is there.
    pub socket: bool,
    /// Whether this is a WSL guest.
    pub wsl: bool,
    /// Whether this is a container.
    pub container: bool,
}

impl DockerUnreachable {
    pub(super) const CODE: &str = "gpu/docker-unreachable";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/docker-permission"];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        if need.profile != Profile::Runner || !facts.containers.docker.is_absent() {
            return Vec::new();
        }
        let wsl = evidence::in_wsl(facts);
        let container = evidence::in_container(facts);
        match &facts.containers.docker_refused {
            Reading::Found(refusal) if evidence::is_permission(&refusal.reason) => Vec::new(),
            Reading::Found(refusal) => vec![Self {
                why: format!("`{}` does not answer ({})", refusal.socket, refusal.reason),
                socket: true,
                wsl,
                container,
            }],
            Reading::Absent | Reading::Unknown(_) => {
                let why = match container {
                    true => "none is reachable from this container: it has no Docker socket",
                    false => "there is no Docker socket",
                };
                vec![Self { why: why.to_owned(), socket: false, wsl, container }]
            }
        }
    }
}

impl Diagnosis for DockerUnreachable {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        let install = Fix::by_hand(
            "install Docker Engine as described on docs.docker.com/engine/install (not the snap)",
        );
        let start = Fix::by_command("start its service", "sudo systemctl enable --now docker");
        if self.container {
            return vec![Fix::by_hand(
                "start this container with the engine's socket \
                 (`-v /var/run/docker.sock:/var/run/docker.sock`), or run this on the machine that starts the \
                 jobs",
            )];
        }
        if self.wsl {
            return vec![Fix::by_hand(
                "in Windows, start Docker Desktop and turn on its integration with this distribution; or \
                 install Docker Engine in WSL",
            )];
        }
        if self.socket { vec![start] } else { vec![install, start] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DockerRefusal, example};

    #[test]
    fn only_a_runner_needs_docker() {
        let runner = Need { profile: Profile::Runner, ..Need::default() };
        let mut facts = example::h200();
        assert_eq!(DockerUnreachable::find(&facts, &runner), []);
        facts.containers.docker = Reading::Absent;
        assert_eq!(DockerUnreachable::find(&facts, &runner).len(), 1);
        assert_eq!(DockerUnreachable::find(&facts, &Need::default()), []);
        facts.containers.docker_refused = Reading::Found(DockerRefusal {
            socket: "/var/run/docker.sock".to_owned(),
            reason: "ECONNREFUSED".to_owned(),
        });
        assert!(DockerUnreachable::find(&facts, &runner)[0].socket);
    }

    #[test]
    fn a_docker_that_could_not_be_asked_is_not_absent() {
        let runner = Need { profile: Profile::Runner, ..Need::default() };
        let mut facts = example::h200();
        facts.containers.docker = Reading::Unknown("no answer in 2 s".to_owned());
        assert_eq!(DockerUnreachable::find(&facts, &runner), []);
    }

    #[test]
    fn a_healthy_runner_is_healthy() {
        let runner = Need { profile: Profile::Runner, ..Need::default() };
        for facts in [example::h200(), example::eight_h100()] {
            assert_eq!(crate::diagnose(&facts, &runner).problems, []);
        }
    }
}
