//! The steps of a fix that several checks propose, and the commands in them.

use crate::{Facts, Fix, PackageManager};

/// The step that installs the driver.
pub(crate) fn install_driver(packages: Option<PackageManager>, distribution: Option<&str>) -> Fix {
    let text = "install the driver from the distribution's packages";
    match (packages, distribution) {
        (Some(PackageManager::Apt), Some("ubuntu" | "linuxmint" | "zorin" | "neon")) => {
            Fix::by_command(
                text,
                "sudo apt install ubuntu-drivers-common && sudo ubuntu-drivers install",
            )
        }
        (Some(PackageManager::Apt), Some("debian")) => Fix::by_command(
            "install the driver (`non-free` and `non-free-firmware` have to be among the components of \
             the package sources)",
            "sudo apt install \"linux-headers-$(dpkg --print-architecture)\" nvidia-driver",
        ),
        (Some(PackageManager::Dnf), Some("fedora")) => Fix::by_command(
            "install the driver (RPM Fusion has to be among the package sources)",
            "sudo dnf install akmod-nvidia xorg-x11-drv-nvidia-cuda",
        ),
        (Some(PackageManager::Pacman), _) => {
            Fix::by_command(text, "sudo pacman -S nvidia-open nvidia-utils")
        }
        _ => Fix::by_hand(
            "install the NVIDIA driver by your distribution's packages or by NVIDIA's package \
             source (docs.nvidia.com, \"Driver Installation Guide\")",
        ),
    }
}

/// The step that lets the next boot see a changed option of a module.
pub(crate) fn write_initramfs(packages: Option<PackageManager>) -> Fix {
    packages.map_or_else(
        || Fix::by_hand("write the initramfs anew with your distribution's tool"),
        |packages| Fix::by_command("write the initramfs anew", packages.rebuild_initramfs()),
    )
}

/// The step that renews the driver of a WSL guest, which is Windows' own.
pub(crate) fn renew_windows_driver() -> Fix {
    Fix::by_hand(
        "in Windows, install the newest NVIDIA driver, run `wsl --update`, then run `wsl --shutdown`",
    )
}

/// The command that installs a package; `None` on a distribution that we do not know.
pub(crate) fn install_command(facts: &Facts, package: &str) -> Option<String> {
    let installer = match PackageManager::of(facts)? {
        PackageManager::Apt => "apt install",
        PackageManager::Dnf => "dnf install",
        PackageManager::Zypper => "zypper install",
        PackageManager::Pacman => "pacman -S",
    };
    Some(format!("sudo {installer} {package}"))
}

/// The step that tells Docker about the toolkit.
pub(crate) fn configure_docker(rootless: bool) -> Fix {
    let command = if rootless {
        "nvidia-ctk runtime configure --runtime=docker --config=\"$HOME/.config/docker/daemon.json\" && \
         systemctl --user restart docker"
    } else {
        "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker"
    };
    Fix::by_command(
        "tell Docker about the NVIDIA runtime; the restart ends its containers",
        command,
    )
}

/// The step that keeps the CDI specification fresh.
pub(crate) fn keep_spec_fresh() -> Fix {
    Fix::by_command(
        "let it be written anew after each driver update and boot, where the toolkit has the service",
        "sudo systemctl enable --now nvidia-cdi-refresh.path nvidia-cdi-refresh.service",
    )
}

/// The step that resets a GPU.
pub(crate) fn reset_gpu(index: u32, why: &str) -> Fix {
    Fix::by_command(
        format!(
            "{why}: end every program that uses the GPU and reset it (on the host, not in a \
             container), or reboot"
        ),
        format!("sudo nvidia-smi --gpu-reset --id={index}"),
    )
}

/// The step that lets the loader find the libraries that are on disk.
pub(crate) fn renew_loader_list() -> Fix {
    Fix::by_command("renew the loader's list", "sudo ldconfig")
}

/// The step that gives the whole GPU to the next measurement.
pub(crate) fn measure_alone() -> Fix {
    Fix::by_command("end other programs that use this GPU and measure again", LIST_PROGRAMS)
}

/// The command that lists the programs on the GPUs, with the memory they hold.
pub(crate) const LIST_PROGRAMS: &str =
    "nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv";
