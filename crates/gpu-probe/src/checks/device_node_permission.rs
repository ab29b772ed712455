//! You may not open a device node of the driver.
//!
//! The nodes `/dev/nvidia*` are normally open to everybody (mode 0666). Where the driver was told
//! otherwise (`NVreg_DeviceFileMode`) or a udev rule changed them, only root or a group may use the
//! GPU. `ls -l /dev/nvidia*` shows mode and group, `id` your groups.
//!
//! Join the group that the node belongs to and log in again, or give the mode 0666 back.

use super::{Diagnosis, Fix, Place};
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
}

impl DeviceNodePermission {
    pub(super) const CODE: &str = "gpu/device-node-permission";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let errnos: &[&str] =
            if evidence::in_container(facts) { &["EACCES"] } else { &["EACCES", "EPERM"] };
        let refused: Vec<_> = evidence::refused_nodes(facts, errnos)
            .filter(|(node, _)| is_needed(&node.path))
            .collect();
        let Some((first, errno)) = refused.first() else { return Vec::new() };
        vec![Self {
            errno: (*errno).to_owned(),
            mode: first.mode.found().copied(),
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
        let group = Fix::by_command(
            "see which group owns the nodes, join it with `sudo usermod -aG GROUP $USER` and log \
             in again",
            "ls -l /dev/nvidia*",
        );
        let mode = Fix::by_command(
            "or open them to everybody until the next boot",
            format!("sudo chmod 0666 {}", self.nodes.join(" ")),
        );
        if self.mode.is_some_and(|mode| mode & 0o060 == 0o060) {
            vec![group, mode]
        } else {
            vec![mode]
        }
    }
}

/// Whether CUDA needs the node; those under `/dev/nvidia-caps` are for root and for MIG.
fn is_needed(path: &str) -> bool {
    path == "/dev/nvidiactl" || path == "/dev/nvidia-uvm" || evidence::is_gpu_node(path)
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
}
