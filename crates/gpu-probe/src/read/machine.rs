//! What kind of machine this is: bare metal or virtual, host or container, WSL, Jetson, laptop.

use super::root::Root;
use crate::{
    Machine,
    Reading::{self, Absent, Found, Unknown},
    evidence::UNNAMED_HYPERVISOR,
};

/// Reads the kind of machine.
pub(crate) fn read(root: &Root) -> Machine {
    let wsl = wsl(root);
    let hypervisor = hypervisor(root, &wsl);
    Machine {
        container: container(root),
        vgpu_guest: vgpu_guest(root, &hypervisor),
        tegra: tegra(root),
        laptop: laptop(root),
        hypervisor,
        wsl,
    }
}

fn wsl(root: &Root) -> Reading<u32> {
    match (root.text("/proc/sys/kernel/osrelease"), root.text("/proc/version")) {
        (Found(release), version) => {
            parse_wsl(&release, version.found().map_or("", String::as_str)).into()
        }
        (_, Found(version)) => parse_wsl("", &version).into(),
        (Unknown(reason), _) | (_, Unknown(reason)) => Unknown(reason),
        (Absent, Absent) => Unknown(root.without("/proc/version")),
    }
}

/// The version of WSL by the kernel's release and `/proc/version`.
///
/// WSL 1 calls itself `4.4.0-19041-Microsoft`, WSL 2 `5.15.153.1-microsoft-standard-WSL2`. A kernel
/// that the user built for WSL 2 has the lower-case word in `/proc/version` at least.
pub(super) fn parse_wsl(release: &str, version: &str) -> Option<u32> {
    let says = |word: &str| release.contains(word) || version.contains(word);
    if says("WSL2") || says("microsoft-standard") {
        return Some(2);
    }
    if says("Microsoft") && !says("Hyper-V") && !says("@microsoft") {
        return Some(1);
    }
    release.contains("microsoft").then_some(2)
}

fn container(root: &Root) -> Reading<String> {
    let named = |name: &str| Found(name.to_owned());
    if root.exists("/var/run/secrets/kubernetes.io") {
        return named("kubernetes");
    }
    if root.exists("/.dockerenv") {
        return named("docker");
    }
    if root.exists("/run/.containerenv") {
        return named("podman");
    }
    let cgroup = root.text("/proc/1/cgroup");
    let mounts = root.text("/proc/self/mountinfo");
    let environment = root.text("/proc/1/environ");
    let by_environment = environment.found().and_then(|text| parse_init_environment(text));
    let found = by_environment
        .or_else(|| cgroup.found().and_then(|text| parse_cgroup(text)).map(str::to_owned))
        .or_else(|| {
            mounts.found().and_then(|text| parse_container_mounts(text)).map(str::to_owned)
        });
    match (found, cgroup, mounts) {
        (Some(name), _, _) => Found(name),
        (None, Unknown(reason), Absent | Unknown(_)) => Unknown(reason),
        (None, Absent, Absent) => Unknown(root.without("/proc/1/cgroup")),
        (None, _, _) => Absent,
    }
}

/// The `container=` variable, which systemd-nspawn, LXC and podman give to the first process.
pub(super) fn parse_init_environment(text: &str) -> Option<String> {
    let value = text.split('\0').find_map(|pair| pair.strip_prefix("container="))?;
    match value {
        // systemd sets this inside WSL, which is no container.
        "" | "wsl" => None,
        "oci" => Some("podman".to_owned()),
        other => Some(other.chars().take(64).collect()),
    }
}

/// The container technology by the control groups of the first process (version 1 only: inside a
/// container, version 2 shows `0::/`).
pub(super) fn parse_cgroup(text: &str) -> Option<&'static str> {
    const WORDS: &[(&str, &str)] = &[
        ("/kubepods", "kubernetes"),
        ("/docker", "docker"),
        ("/libpod", "podman"),
        ("/lxc", "lxc"),
        ("/containerd", "containerd"),
        ("/buildkit", "buildkit"),
    ];
    let paths = || text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    let is_in = |word: &&(&str, &str)| paths().any(|path| path.contains(word.0));
    WORDS.iter().find(is_in).map(|(_, name)| *name)
}

/// The container technology by the files that it mounts over `/etc/hosts` and its neighbours.
pub(super) fn parse_container_mounts(text: &str) -> Option<&'static str> {
    const WORDS: &[(&str, &str)] = &[
        ("/kubelet/pods/", "kubernetes"),
        ("/docker/containers/", "docker"),
        ("/overlay-containers/", "podman"),
        ("/io.containerd.", "containerd"),
    ];
    let given = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];
    let sources = text.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (source, place) = (fields.next()?, fields.next()?);
        given.contains(&place).then_some(source)
    });
    let name = |source: &str| WORDS.iter().find(|word| source.contains(word.0)).map(|word| word.1);
    sources.filter_map(name).next()
}

fn hypervisor(root: &Root, wsl: &Reading<u32>) -> Reading<String> {
    if wsl.found().is_some() {
        return Found("hyperv".to_owned());
    }
    let dmi = |name: &str| root.text(format!("/sys/class/dmi/id/{name}"));
    let (vendor, product) = (dmi("sys_vendor"), dmi("product_name"));
    let text = |reading: &Reading<String>| reading.found().map_or(String::new(), String::clone);
    if let Some(name) = hypervisor_by_name(&text(&vendor), &text(&product)) {
        return Found(name.to_owned());
    }
    if let Found(kind) = root.text("/sys/hypervisor/type") {
        return Found(kind.trim().to_owned());
    }
    let processors = root.text("/proc/cpuinfo");
    match processors.found().and_then(|text| parse_hypervisor_flag(text)) {
        Some(true) => Found(UNNAMED_HYPERVISOR.to_owned()),
        Some(false) => Absent,
        // Processors that have no such flag: only the firmware's names can tell.
        None if vendor.found().is_some() => Absent,
        None => Unknown("neither the firmware's names nor `/proc/cpuinfo` say it".to_owned()),
    }
}

/// The hypervisor by the names that the firmware gives to the machine.
pub(super) fn hypervisor_by_name(vendor: &str, product: &str) -> Option<&'static str> {
    let (vendor, product) = (vendor.trim(), product.trim());
    // The bare-metal instances of a cloud carry its name too.
    if product.ends_with(".metal") || product.contains(".metal-") {
        return None;
    }
    let machines = [
        (product.contains("KVM") || vendor == "QEMU" || vendor == "Red Hat", "kvm"),
        (vendor == "OpenStack Foundation" || vendor == "Google", "kvm"),
        (vendor == "Amazon EC2" || vendor == "DigitalOcean" || vendor == "Hetzner", "kvm"),
        (vendor == "Alibaba Cloud" || vendor == "Nebius", "kvm"),
        (vendor.starts_with("VMware") || product.starts_with("VMware"), "vmware"),
        (vendor == "Microsoft Corporation" && product == "Virtual Machine", "hyperv"),
        (vendor == "innotek GmbH" || product == "VirtualBox", "virtualbox"),
        (vendor == "Xen" || product.starts_with("HVM domU"), "xen"),
        (vendor.starts_with("Parallels"), "parallels"),
    ];
    machines.iter().find(|(is, _)| *is).map(|(_, name)| *name)
}

/// Whether the processor says that it is a virtual one; `None` where it has no such flags.
pub(super) fn parse_hypervisor_flag(text: &str) -> Option<bool> {
    let line = text.lines().find(|line| line.starts_with("flags"))?;
    Some(line.split_whitespace().any(|flag| flag == "hypervisor"))
}

fn vgpu_guest(root: &Root, hypervisor: &Reading<String>) -> Reading<bool> {
    if hypervisor.is_absent() {
        return Found(false);
    }
    // Without the driver there is no virtual GPU to speak of.
    if !root.exists("/proc/driver/nvidia") && root.exists("/proc/version") {
        return Absent;
    }
    let gpus = root.names("/proc/driver/nvidia/gpus");
    let mut models = gpus.found().into_iter().flatten().filter_map(|gpu| {
        let path = format!("/proc/driver/nvidia/gpus/{gpu}/information");
        parse_model(root.text(path).found()?).map(str::to_owned)
    });
    match models.next() {
        None => Unknown("the driver shows no GPU in `/proc/driver/nvidia/gpus`".to_owned()),
        Some(first) => Found(is_vgpu_model(&first) || models.any(|model| is_vgpu_model(&model))),
    }
}

/// The `Model:` line of `/proc/driver/nvidia/gpus/…/information`.
pub(super) fn parse_model(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("Model:")).map(str::trim)
}

/// Whether the model is a virtual GPU: `GRID T4-8Q`, `NVIDIA A40-48C`, `NVIDIA H100-4-40C`.
pub(super) fn is_vgpu_model(model: &str) -> bool {
    let Some((_, size)) = model.rsplit_once('-') else { return false };
    let Some(size) = size.strip_suffix(['A', 'B', 'C', 'Q']) else { return false };
    !size.is_empty() && size.bytes().all(|digit| digit.is_ascii_digit())
}

fn tegra(root: &Root) -> Reading<String> {
    let tree = root.text("/proc/device-tree/model");
    let model = tree.found().map(|text| text.trim_matches(['\0', '\n', ' ']).to_owned());
    let compatible = root.text("/proc/device-tree/compatible");
    let is_tegra = compatible.found().is_some_and(|text| text.contains("nvidia,tegra"));
    if is_tegra || root.exists("/etc/nv_tegra_release") {
        return Found(model.unwrap_or_else(|| "a Tegra".to_owned()));
    }
    match model {
        Some(model) if model.contains("Jetson") || model.contains("Tegra") => Found(model),
        _ => Absent,
    }
}

/// The kinds of case that SMBIOS calls portable, laptop, notebook, sub-notebook, convertible and
/// detachable.
const PORTABLE: &[&str] = &["8", "9", "10", "14", "31", "32"];

fn laptop(root: &Root) -> Reading<bool> {
    let chassis = root.text("/sys/class/dmi/id/chassis_type");
    if chassis.found().is_some_and(|kind| PORTABLE.contains(&kind.trim())) {
        return Found(true);
    }
    match root.names("/sys/class/power_supply") {
        Found(names) => Found(names.iter().any(|name| name.starts_with("BAT"))),
        Absent if root.exists("/sys/class") => Found(false),
        Absent => Unknown("`/sys` is not mounted".to_owned()),
        Unknown(reason) => Unknown(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::Tree;
    use proptest::prelude::*;

    #[test]
    fn tells_the_versions_of_wsl() {
        for (release, version, expected) in [
            ("5.15.153.1-microsoft-standard-WSL2\n", "Linux version 5.15.153.1", Some(2)),
            ("4.4.0-19041-Microsoft\n", "Linux version 4.4.0-19041-Microsoft", Some(1)),
            ("6.1.21-my-kernel", "Linux version 6.1.21-microsoft-standard-WSL2+", Some(2)),
            ("6.8.0-40-generic", "Linux version 6.8.0-40-generic (buildd@lcy02)", None),
            ("5.15.0-1064-azure", "Linux version 5.15.0-1064-azure (Ubuntu)", None),
        ] {
            assert_eq!(parse_wsl(release, version), expected, "{release}");
        }
    }

    #[test]
    fn tells_containers() {
        let check = |files: &[(&str, &str)], expected: Reading<String>| {
            let tree = Tree::new(files);
            assert_eq!(container(&tree.root()), expected, "{files:?}");
        };
        let named = |name: &str| Found(name.to_owned());
        check(&[("/.dockerenv", "")], named("docker"));
        check(&[("/run/.containerenv", "")], named("podman"));
        check(
            &[("/.dockerenv", ""), ("/run/secrets/kubernetes.io/x", ""), ("/var/run", "-> /run")],
            named("kubernetes"),
        );
        check(&[("/proc/1/environ", "A=b\0container=lxc\0")], named("lxc"));
        check(
            &[("/proc/1/cgroup", "12:memory:/kubepods/burstable/pod1\n0::/")],
            named("kubernetes"),
        );
        let mount =
            "616 599 8:2 /var/lib/docker/containers/ab/hosts /etc/hosts rw - ext4 /dev/sda rw";
        check(&[("/proc/1/cgroup", "0::/"), ("/proc/self/mountinfo", mount)], named("docker"));
        check(&[("/proc/1/cgroup", "0::/init.scope"), ("/proc/1/environ", "HOME=/\0")], Absent);
        check(&[], Unknown("there is no `/proc`".to_owned()));
    }

    #[test]
    fn tells_hypervisors() {
        for (vendor, product, expected) in [
            ("QEMU\n", "Standard PC (Q35 + ICH9, 2009)\n", Some("kvm")),
            ("Microsoft Corporation", "Virtual Machine", Some("hyperv")),
            ("Microsoft Corporation", "Surface Laptop Studio", None),
            ("VMware, Inc.", "VMware7,1", Some("vmware")),
            ("Amazon EC2", "g5.xlarge", Some("kvm")),
            ("Amazon EC2", "p4d.metal", None),
            ("Amazon EC2", "g4dn.metal-24xl", None),
            ("Google", "Google Compute Engine", Some("kvm")),
            ("Supermicro", "SYS-821GE-TNHR", None),
        ] {
            assert_eq!(hypervisor_by_name(vendor, product), expected, "{vendor} {product}");
        }
        assert_eq!(parse_hypervisor_flag("model\t: x\nflags\t\t: fpu hypervisor lm\n"), Some(true));
        assert_eq!(parse_hypervisor_flag("flags\t\t: fpu lm\n"), Some(false));
        assert_eq!(parse_hypervisor_flag("Features\t: fp asimd\n"), None);
    }

    #[test]
    fn tells_virtual_gpus() {
        for (model, expected) in [
            ("GRID T4-8Q", true),
            ("NVIDIA A40-48C", true),
            ("NVIDIA H100-4-40C", true),
            ("NVIDIA A100-SXM4-80GB", false),
            ("NVIDIA GeForce RTX 4060", false),
            ("Tesla V100-PCIE-16GB", false),
        ] {
            assert_eq!(is_vgpu_model(model), expected, "{model}");
        }
    }

    #[test]
    fn tells_jetsons_and_laptops() {
        let jetson = Tree::new(&[
            ("/proc/device-tree/model", "NVIDIA Jetson AGX Orin Developer Kit\0"),
            ("/proc/device-tree/compatible", "nvidia,p3737\0nvidia,tegra234\0"),
        ]);
        assert_eq!(tegra(&jetson.root()), Found("NVIDIA Jetson AGX Orin Developer Kit".to_owned()));
        let pi = Tree::new(&[("/proc/device-tree/model", "Raspberry Pi 4 Model B\0")]);
        assert_eq!(tegra(&pi.root()), Absent);
        let laptop_tree = Tree::new(&[("/sys/class/power_supply/BAT0/status", "Full")]);
        assert_eq!(laptop(&laptop_tree.root()), Found(true));
        let server = Tree::new(&[("/sys/class/net/lo/mtu", "")]);
        assert_eq!(laptop(&server.root()), Found(false));
        assert!(laptop(&Tree::new(&[]).root()).unknown().is_some());
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,200}", other in ".{0,50}") {
            parse_wsl(&text, &other);
            parse_init_environment(&text);
            parse_cgroup(&text);
            parse_container_mounts(&text);
            hypervisor_by_name(&text, &other);
            parse_hypervisor_flag(&text);
            parse_model(&text);
            is_vgpu_model(&text);
        }
    }
}
