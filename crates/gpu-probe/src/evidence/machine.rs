//! What kind of machine this is: a container, a WSL guest, a Jetson, one with Ubuntu's packages.

use crate::Facts;

/// Whether this is a WSL guest, whose driver is Windows' own.
pub(crate) fn in_wsl(facts: &Facts) -> bool {
    facts.host.machine.wsl.found().is_some()
}

/// Whether this is a container, whose kernel is the host's.
pub(crate) fn in_container(facts: &Facts) -> bool {
    facts.host.machine.container.found().is_some()
}

/// ` (kvm)`, or nothing where the hypervisor has no name.
pub(crate) fn hypervisor_words(hypervisor: &str) -> String {
    // Facts of older versions say `an unnamed hypervisor`.
    match hypervisor {
        UNNAMED_HYPERVISOR | "an unnamed hypervisor" => String::new(),
        name => format!(" ({name})"),
    }
}

/// What stands in the place of the name of a hypervisor that has none.
pub(crate) const UNNAMED_HYPERVISOR: &str = "unknown";

/// Whether this is certainly not a container.
pub(crate) fn certainly_on_host(facts: &Facts) -> bool {
    facts.host.machine.container.is_absent()
}

/// Whether the driver is the usual one: a module `nvidia` with nodes `/dev/nvidia*`.
pub(crate) fn has_usual_driver(facts: &Facts) -> bool {
    !in_wsl(facts) && facts.host.machine.tegra.found().is_none()
}

/// Whether the container was told to leave out a part of the driver: `compute`, which is CUDA, or
/// `utility`, which is NVML. Where nothing is named, the toolkit takes its default, which has both.
pub(crate) fn capabilities_lack(facts: &Facts, part: &str) -> bool {
    let text = facts.environment.get("NVIDIA_DRIVER_CAPABILITIES").unwrap_or_default();
    let mut words = text.split(',').map(str::trim).filter(|word| !word.is_empty()).peekable();
    in_container(facts) && words.peek().is_some() && words.all(|word| word != "all" && word != part)
}

/// Whether NVML is not meant to be there: in a container without `utility`, on a Jetson.
pub(crate) fn nvml_is_left_out(facts: &Facts) -> bool {
    facts.host.machine.tegra.found().is_some() || capabilities_lack(facts, "utility")
}

/// Where a person installs a driver, to be put behind `install …`.
pub(crate) fn install_place(wsl: bool, container: bool) -> &'static str {
    match (wsl, container) {
        (true, _) => " in Windows, not in WSL",
        (false, true) => " on the host, not in the container",
        (false, false) => " and reboot",
    }
}

/// Whether the distribution has Ubuntu's package names, such as `nvidia-driver-570-open`.
pub(crate) fn has_ubuntu_packages(facts: &Facts) -> bool {
    let id = facts.host.os.found().map_or("", |os| os.id.as_str());
    matches!(id, "ubuntu" | "linuxmint" | "pop" | "zorin" | "elementary" | "neon")
}
