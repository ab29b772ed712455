//! You may not open a device node of the driver.
//!
//! The nodes `/dev/nvidia*` are normally open to everybody (mode 0666). Where the driver was told
//! otherwise (`NVreg_DeviceFileMode`) or a udev rule changed them, only root or a group may use the
//! GPU. `ls -l /dev/nvidia*` shows mode and group, `id` your groups.
//!
//! Join the group that the node belongs to and log in again, or give the mode 0666 back. Where the
//! mode is 0666 already, SELinux, AppArmor or a cgroup (of a job scheduler, of a service) refuses.

use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// Opening a node is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "you may not open `{}`: {errno}{}",
    .nodes.join("`, `"),
    .mode.map_or_else(String::new, |mode| format!(" (mode {mode:04o})"))
)]
pub struct DeviceNodePermission {
    /// The paths that refused.
    pub nodes: Vec<String>,
    /// What opening the first gave.
    pub errno: String,
    /// The permission bits of the first.
    pub mode: Option<u32>,
    /// The technology of the container; `None` on a host.
    pub container: Option<String>,
}

impl DeviceNodePermission {
    pub(super) const CODE: &str = "gpu/device-node-permission";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let works = evidence::cuda_works(facts);
        let errnos: &[&str] =
            if evidence::in_container(facts) { &["EACCES"] } else { &["EACCES", "EPERM"] };
        let refused: Vec<_> = evidence::refused_nodes(facts, errnos)
            .filter(|(node, _)| evidence::is_needed_node(&node.path))
            // A job scheduler gives some of the GPUs, and keeps the others shut.
            .filter(|(node, _)| !works || !evidence::is_gpu_node(&node.path))
            .collect();
        let Some((first, errno)) = refused.first() else { return Vec::new() };
        vec![Self {
            errno: (*errno).to_owned(),
            mode: first.mode.found().copied(),
            container: facts.host.machine.container.found().cloned(),
            nodes: refused.iter().map(|(node, _)| node.path.clone()).collect(),
        }]
    }
}

impl Diagnosis for DeviceNodePermission {
    fn place(&self) -> Place {
        match self.nodes.as_slice() {
            [path] => Place::Path { path: path.clone() },
            _ => Place::Machine,
        }
    }

    fn fixes(&self) -> Vec<Fix> {
        if let Some(container) = &self.container {
            return in_container(container);
        }
        if self.errno == "EPERM" {
            return vec![Fix::by_hand(
                "a cgroup keeps the GPU shut: ask the job scheduler for one (Slurm: `--gres=gpu:1`), or \
                 look for `DeviceAllow=` and `PrivateDevices=` in the service's unit",
            )];
        }
        if self.mode.is_some_and(|mode| mode & 0o006 == 0o006) {
            return vec![Fix::by_command(
                "the mode lets everybody in, so that SELinux or AppArmor keeps you out: see what it \
                 says",
                "sudo dmesg | grep -i -e avc -e apparmor",
            )];
        }
        let group = Fix::by_command(
            "see which group owns the nodes, join it with `sudo usermod -aG GROUP $USER` and log \
             in again",
            "ls -l /dev/nvidia*",
        );
        let nodes: Vec<String> = self.nodes.iter().map(|node| shell_word(node)).collect();
        let may_join = self.mode.is_some_and(|mode| mode & 0o060 == 0o060);
        let or = if may_join { "or " } else { "" };
        let mode = Fix::by_command(
            format!("{or}open them to everybody until the next boot"),
            format!("sudo chmod 0666 {}", nodes.join(" ")),
        );
        if may_join { vec![group, mode] } else { vec![mode] }
    }
}

fn in_container(container: &str) -> Vec<Fix> {
    let groups = Fix::by_hand(
        "keep the groups of your user in the container: `podman run --group-add keep-groups …`",
    );
    let label = Fix::by_hand(
        "on a host with SELinux, start the container with `--security-opt label=disable`",
    );
    let mode = Fix::by_hand(
        "see mode and group of the nodes on the host (`ls -l /dev/nvidia*`), and run the container as \
         a user who may open them",
    );
    if container == "podman" { vec![groups, label, mode] } else { vec![mode, label] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(DeviceNodePermission::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn refused_by_mode() {
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| faults::refuse_nodes(facts, "EACCES", |_| true), 1);
        check(example::h200(), |facts| faults::refuse_nodes(facts, "EIO", |_| true), 0);
        check(example::h200(), |facts| faults::refuse_nodes(facts, "EPERM", |_| true), 1);
        let container = |facts: &mut Facts| {
            facts.host.machine.container = crate::Reading::Found("docker".to_owned());
            faults::refuse_nodes(facts, "EPERM", |_| true);
        };
        check(example::h200(), container, 0);
    }

    #[test]
    fn a_job_scheduler_keeps_gpus_shut() {
        let mut facts = example::eight_h100();
        faults::refuse_nodes(&mut facts, "EPERM", |path| path == "/dev/nvidia3");
        assert_eq!(DeviceNodePermission::find(&facts, &Need::default()), []);
        faults::cuda_fails(&mut facts, 100);
        let found = DeviceNodePermission::find(&facts, &Need::default());
        assert!(found[0].fixes()[0].text.contains("--gres=gpu:1"));
    }
}
