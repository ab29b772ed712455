//! Docker was installed as a snap.
//!
//! A snap is shut into its own file system and cannot reach the driver's libraries or NVIDIA's
//! container tools of the host. `docker run --gpus all` then says `could not select device driver
//! "" with capabilities: [[gpu]]` or `load library failed: libnvidia-ml.so.1`.
//!
//! Confirm with `snap list docker`. Remove the snap and install Docker Engine from Docker's own
//! package repository. Images and volumes of the snap live in `/var/snap/docker` and go with it.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, Profile, Reading, evidence};
use serde::Serialize;

/// Docker is the snap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("Docker is installed as a snap, which cannot reach the GPU driver's libraries")]
pub struct DockerIsSnap {
    /// Whether this machine is a runner, whose jobs need the GPU in Docker.
    pub needed: bool,
}

impl DockerIsSnap {
    pub(super) const CODE: &str = "gpu/docker-is-snap";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let needed = need.profile == Profile::Runner;
        let is_snap = facts.containers.docker_is_snap == Reading::Found(true);
        if is_snap && evidence::has_gpu(facts) { vec![Self { needed }] } else { Vec::new() }
    }
}

impl Diagnosis for DockerIsSnap {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "save what you need, then remove the snap; its images and volumes go with it",
                "sudo snap remove docker",
            ),
            Fix::by_hand("install Docker Engine as described on docs.docker.com/engine/install"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn finds_the_snap() {
        let check = |snap: Reading<bool>, expected: usize| {
            let mut facts = example::h200();
            facts.containers.docker_is_snap = snap;
            assert_eq!(DockerIsSnap::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Found(false), 0);
        check(Reading::Found(true), 1);
        check(Reading::Unknown("`/snap` is not readable".to_owned()), 0);
    }
}
