//! Which package manager a base image has.

use super::Base;
use crate::dockerfile::Manager;

impl Base {
    /// The package manager of its distribution; `None` where that is not known.
    pub(crate) fn manager(&self) -> Option<Manager> {
        match self {
            Self::Cuda { tag, .. } => of_distribution(&tag.os),
            Self::Other(reference) => {
                let path = reference.path.strip_prefix("library/").unwrap_or(&reference.path);
                let tag = reference.tag.as_deref().unwrap_or_default();
                match path {
                    "python" if tag.contains("alpine") => Some(Manager::Apk),
                    "python" if tag.contains("windows") || tag.contains("nanoserver") => None,
                    "python" | "continuumio/miniconda3" | "pytorch/pytorch" => Some(Manager::Apt),
                    "redhat/ubi8" | "redhat/ubi9" | "redhat/ubi10" => Some(Manager::Dnf),
                    _ if path.starts_with("ubi") => Some(Manager::Dnf),
                    _ if path.contains('/') => None,
                    _ => of_distribution(path),
                }
            }
            Self::Scratch | Self::Open(_) => None,
        }
    }

    /// Whether a call of that package manager can work; also where nothing is known of it.
    pub(crate) fn may_have(&self, manager: Manager) -> bool {
        self.manager().is_none_or(|own| own == manager)
    }
}

/// The package manager behind a name such as `ubi9`, `ubuntu22.04` or `fedora`.
fn of_distribution(name: &str) -> Option<Manager> {
    let end = name.find(|letter: char| letter.is_ascii_digit()).unwrap_or(name.len());
    match name.get(..end)? {
        "ubuntu" | "debian" => Some(Manager::Apt),
        "alpine" => Some(Manager::Apk),
        "almalinux" | "amazonlinux" | "amzn" | "azl" | "centos" | "cm" | "fedora"
        | "oraclelinux" | "rockylinux" | "ubi" => Some(Manager::Dnf),
        _ => None,
    }
}
