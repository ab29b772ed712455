//! The package manager of a distribution, for fixes that can be typed.

use crate::Facts;
use serde::Serialize;

/// A distribution's package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageManager {
    /// Debian, Ubuntu and their children.
    Apt,
    /// Fedora, RHEL and their children.
    Dnf,
    /// openSUSE and SLES.
    Zypper,
    /// Arch and its children.
    Pacman,
}

impl PackageManager {
    /// The one of this machine; `None` where the distribution is not known.
    pub(crate) fn of(facts: &Facts) -> Option<Self> {
        Self::of_distribution(&facts.host.os.found()?.id)
    }

    fn of_distribution(id: &str) -> Option<Self> {
        match id {
            "debian" | "ubuntu" | "linuxmint" | "pop" | "kali" | "raspbian" | "zorin"
            | "elementary" | "neon" => Some(Self::Apt),
            "fedora" | "rhel" | "centos" | "rocky" | "almalinux" | "ol" | "amzn" => Some(Self::Dnf),
            "arch" | "manjaro" | "endeavouros" | "cachyos" => Some(Self::Pacman),
            _ if id.starts_with("opensuse") || id == "sles" => Some(Self::Zypper),
            _ => None,
        }
    }

    /// The command that installs the headers of the running kernel.
    pub(crate) fn install_headers(self) -> &'static str {
        match self {
            Self::Apt => "sudo apt install linux-headers-$(uname -r)",
            Self::Dnf => "sudo dnf install kernel-devel-$(uname -r)",
            Self::Zypper => "sudo zypper install kernel-default-devel",
            Self::Pacman => "sudo pacman -S linux-headers",
        }
    }

    /// The command that writes the first file system of the boot anew.
    pub(crate) fn rebuild_initramfs(self) -> &'static str {
        match self {
            Self::Apt => "sudo update-initramfs -u",
            Self::Dnf | Self::Zypper => "sudo dracut --force",
            Self::Pacman => "sudo mkinitcpio -P",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_distributions() {
        let check = |id: &str, expected: Option<PackageManager>| {
            assert_eq!(PackageManager::of_distribution(id), expected, "{id}");
        };
        check("ubuntu", Some(PackageManager::Apt));
        check("rocky", Some(PackageManager::Dnf));
        check("opensuse-leap", Some(PackageManager::Zypper));
        check("arch", Some(PackageManager::Pacman));
        check("nixos", None);
        check("", None);
    }
}
