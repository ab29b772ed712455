//! Docker, CDI and the NVIDIA container toolkit.

use super::Reading;
use serde::{Deserialize, Serialize};

/// What can start a container with a GPU.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Containers {
    /// The Docker Engine. `Absent` where there is no socket; `Unknown` where it did not answer.
    pub docker: Reading<DockerEngine>,
    /// A Docker socket that is there and refused us. `Absent` where none refused.
    pub docker_refused: Reading<DockerRefusal>,
    /// Whether Docker came as a snap, which cannot reach the driver's libraries.
    pub docker_is_snap: Reading<bool>,
    /// Runtimes that `/etc/docker/daemon.json` names. `Absent` where the file is not there.
    pub daemon_json_runtimes: Reading<Vec<String>>,
    /// The path of `nvidia-ctk`.
    pub nvidia_ctk: Reading<String>,
    /// The path of `nvidia-container-runtime`.
    pub nvidia_container_runtime: Reading<String>,
    /// The path of `containerd`'s socket.
    pub containerd_socket: Reading<String>,
    /// Whether containerd's configuration names an NVIDIA runtime or CDI.
    pub containerd_has_nvidia: Reading<bool>,
    /// The path of CRI-O's socket.
    pub crio_socket: Reading<String>,
    /// The version of `podman`, where it could be told from its files; `Absent` without podman.
    pub podman: Reading<String>,
    /// Whether a kubelet lives here (`/var/lib/kubelet`).
    pub kubelet: Reading<bool>,
    /// The CDI specifications for `nvidia.com/gpu` (and its relatives), one per file.
    pub cdi: Vec<CdiSpec>,
}

/// A socket that refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerRefusal {
    /// The socket.
    pub socket: String,
    /// The name of the `errno` (`EACCES`, `ECONNREFUSED`) or the client's words.
    pub reason: String,
}

/// What the Docker Engine says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerEngine {
    /// The socket that answered.
    pub socket: String,
    /// The version of the engine.
    pub version: String,
    /// The runtimes that it knows, sorted: `runc`, `nvidia`.
    pub runtimes: Vec<String>,
    /// The runtime that is used where nobody names one.
    pub default_runtime: String,
    /// The folders in which it looks for CDI specifications; empty where CDI is off.
    pub cdi_folders: Vec<String>,
    /// `systemd` or `cgroupfs`.
    pub cgroup_driver: String,
    /// Whether the engine runs without root.
    pub rootless: bool,
}

/// One CDI specification file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdiSpec {
    /// Where it is.
    pub path: String,
    /// `cdiVersion`, such as `0.7.0`. `Unknown` where the file could not be read or understood.
    pub version: Reading<String>,
    /// `kind`, such as `nvidia.com/gpu`.
    pub kind: Reading<String>,
    /// The names of its devices.
    pub devices: Vec<String>,
    /// The device nodes that it gives to a container.
    pub nodes: Vec<CdiDevice>,
    /// Files of the host that it mounts, or runs as hooks, and that are not there any more.
    pub missing_files: Vec<String>,
}

/// A device node in a CDI specification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdiDevice {
    /// Its path.
    pub path: String,
    /// The major and minor number that the file states. `Absent` where it states none.
    pub stated: Reading<(u32, u32)>,
    /// The numbers that the node has now. `Absent` where there is no such node.
    pub live: Reading<(u32, u32)>,
}
