//! You may not talk to Docker.
//!
//! Docker's socket is there and refused you, because it belongs to root and the group `docker`, and
//! you are not in that group. Containers with a GPU cannot be started or looked at.
//!
//! Confirm with `docker info`. Whoever is in the group `docker` has the rights of root on this
//! machine; where that is not wanted, use rootless Docker or Podman.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, Profile, evidence};
use serde::Serialize;

/// The socket refused for lack of permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("Docker's socket `{socket}` is closed to this user ({reason})")]
pub struct DockerPermission {
    /// The socket.
    pub socket: String,
    /// The name of the `errno` or the client's words.
    pub reason: String,
    /// Whether this machine is a runner, which cannot do without Docker.
    pub needed: bool,
}

impl DockerPermission {
    pub(super) const CODE: &str = "gpu/docker-permission";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let Some(refusal) = facts.containers.docker_refused.found() else { return Vec::new() };
        if !evidence::is_permission(&refusal.reason) {
            return Vec::new();
        }
        vec![Self {
            socket: refusal.socket.clone(),
            reason: refusal.reason.clone(),
            needed: need.profile == Profile::Runner,
        }]
    }
}

impl Diagnosis for DockerPermission {
    fn place(&self) -> Place {
        Place::Path { path: self.socket.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "join the group `docker` (it has the rights of root)",
                "sudo usermod --append --groups docker \"$USER\"",
            ),
            Fix::by_command("log out and in again, or for this shell only", "newgrp docker"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DockerRefusal, Reading, example};

    #[test]
    fn finds_a_refused_socket() {
        assert_eq!(DockerPermission::find(&example::h200(), &Need::default()), []);
        let check = |reason: &str, expected: usize| {
            let mut facts = example::h200();
            facts.containers.docker_refused = Reading::Found(DockerRefusal {
                socket: "/var/run/docker.sock".to_owned(),
                reason: reason.to_owned(),
            });
            assert_eq!(DockerPermission::find(&facts, &Need::default()).len(), expected);
        };
        check("EACCES", 1);
        check("ECONNREFUSED", 0);
    }

    #[test]
    fn a_runner_cannot_do_without() {
        let mut facts = crate::example::h200();
        facts.containers.docker_refused = crate::Reading::Found(crate::DockerRefusal {
            socket: "/var/run/docker.sock".to_owned(),
            reason: "EACCES".to_owned(),
        });
        for (profile, needed) in
            [(Profile::Dev, false), (Profile::Runner, true), (Profile::Node, false)]
        {
            let need = Need { profile, ..Need::default() };
            assert_eq!(DockerPermission::find(&facts, &need)[0].needed, needed);
        }
    }
}
