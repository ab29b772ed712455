//! The machine around the GPU.

use super::Reading;
use serde::{Deserialize, Serialize};

/// Operating system, kind of machine, user and disk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// The name of the machine; blanked by redaction.
    pub name: Reading<String>,
    /// The distribution.
    pub os: Reading<OperatingSystem>,
    /// The kernel release, as `uname -r` prints it.
    pub kernel_release: Reading<String>,
    /// The processor architecture, as `uname -m` prints it: `x86_64`, `aarch64`.
    pub architecture: String,
    /// What kind of machine this is.
    pub machine: Machine,
    /// Who asks.
    pub user: User,
    /// Whether Secure Boot is on. `Absent` on a machine without EFI.
    pub secure_boot: Reading<bool>,
    /// The version of the C library, such as `2.36`.
    pub glibc: Reading<String>,
    /// The memory of the machine, in MiB.
    pub memory_mib: Reading<u64>,
    /// The number of processors that may be used.
    pub processors: Reading<u32>,
    /// Free space where CUDA, containers and temporary files live.
    pub disks: Vec<DiskSpace>,
    /// The folder for temporary files, and whether programs may be run from it.
    pub temporary_folder: MountedFolder,
}

/// The distribution, from `/etc/os-release`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatingSystem {
    /// `ID`, such as `ubuntu` or `debian`.
    pub id: String,
    /// `VERSION_ID`, such as `22.04`; empty where the distribution has none.
    pub version: String,
    /// `PRETTY_NAME`, for showing.
    pub name: String,
}

/// Where the program runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The Windows Subsystem for Linux: its version (`1` or `2`). `Absent` elsewhere.
    pub wsl: Reading<u32>,
    /// The container technology (`docker`, `podman`, `kubernetes`, `lxc`, …). `Absent` on a host.
    pub container: Reading<String>,
    /// The hypervisor (`kvm`, `vmware`, `hyperv`, …). `Absent` on bare metal.
    pub hypervisor: Reading<String>,
    /// Whether the GPU is a virtual one (NVIDIA vGPU guest).
    pub vgpu_guest: Reading<bool>,
    /// The Jetson or other Tegra model, from the device tree. `Absent` elsewhere.
    pub tegra: Reading<String>,
    /// Whether the machine looks like a laptop (it has a battery).
    pub laptop: Reading<bool>,
}

/// Who runs the program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The effective user id.
    pub uid: u32,
    /// The login name; blanked by redaction.
    pub name: Reading<String>,
    /// The groups that the process is in, by name where one is known, else by number.
    pub groups: Vec<String>,
    /// Whether the process holds `CAP_SYS_ADMIN`.
    pub cap_sys_admin: Reading<bool>,
    /// Whether the process holds `CAP_PERFMON`.
    pub cap_perfmon: Reading<bool>,
}

/// The space on one file system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskSpace {
    /// A folder on it, such as `/` or `/var/lib/docker`.
    pub path: String,
    /// Free for this user, in MiB.
    pub free_mib: Reading<u64>,
    /// In all, in MiB.
    pub total_mib: Reading<u64>,
}

/// A folder and how its file system is mounted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountedFolder {
    /// The folder, such as `/tmp`.
    pub path: String,
    /// Whether the mount has `noexec`, so that no program can be started from it.
    pub noexec: Reading<bool>,
}
