//! The nodes in `/dev` that CUDA needs, each opened once.
//!
//! The `errno` of one `open(2)` tells apart what every tool calls an unknown error: no node, no
//! permission, a container that lost its GPU, a GPU that is gone.

use super::root::Root;
use crate::{
    DeviceNode, KernelModule, Machine, NodeAccess, PciGpu,
    Reading::{self, Absent, Found, Unknown},
};
use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};
use std::{collections::BTreeSet, path::Path};

/// Reads and opens the nodes that are there, and lists those that ought to be.
pub(crate) fn read(
    root: &Root,
    pci: &[PciGpu],
    module: &KernelModule,
    machine: &Machine,
    wake: bool,
) -> Reading<Vec<DeviceNode>> {
    let names = match root.names("/dev") {
        Found(names) => names,
        Absent => return Unknown("there is no `/dev`".to_owned()),
        Unknown(reason) => return Unknown(reason),
    };
    let mut paths: BTreeSet<String> = names
        .iter()
        .filter(|name| is_node(name) && !root.path(format!("/dev/{name}")).is_dir())
        .map(|name| format!("/dev/{name}"))
        .collect();
    let caps = root.names("/dev/nvidia-caps");
    paths.extend(caps.found().into_iter().flatten().map(|name| format!("/dev/nvidia-caps/{name}")));
    let gpus = gpus_of_driver(root);
    if module.loaded.found().is_some() {
        paths.insert("/dev/nvidiactl".to_owned());
        paths.insert("/dev/nvidia-uvm".to_owned());
        paths.extend(expected_gpus(&gpus, pci, machine));
    }
    if machine.wsl.found() == Some(&2) {
        paths.insert("/dev/dxg".to_owned());
    }
    let asleep = if wake { BTreeSet::new() } else { asleep(&gpus, pci) };
    Found(paths.into_iter().map(|path| node(root, path, &asleep)).collect())
}

fn is_node(name: &str) -> bool {
    name.starts_with("nvidia") || name == "dxg"
}

/// The PCI address and the minor number of each GPU that the driver holds.
fn gpus_of_driver(root: &Root) -> Vec<(String, u32)> {
    let folder = "/proc/driver/nvidia/gpus";
    let names = root.names(folder);
    let gpu = |address: &String| {
        let text = root.text(format!("{folder}/{address}/information"));
        Some((address.to_ascii_lowercase(), parse_minor(text.found()?)?))
    };
    names.found().into_iter().flatten().filter_map(gpu).collect()
}

/// The line `Device Minor: 0` of `/proc/driver/nvidia/gpus/…/information`.
pub(super) fn parse_minor(text: &str) -> Option<u32> {
    text.lines().find_map(|line| line.strip_prefix("Device Minor:"))?.trim().parse().ok()
}

fn expected_gpus(gpus: &[(String, u32)], pci: &[PciGpu], machine: &Machine) -> Vec<String> {
    let path = |minor: u32| format!("/dev/nvidia{minor}");
    if !gpus.is_empty() {
        return gpus.iter().map(|(_, minor)| path(*minor)).collect();
    }
    // A container sees every GPU on the bus and is given some: there is nothing to expect.
    if machine.container.found().is_some() {
        return Vec::new();
    }
    (0..).zip(pci.iter().filter(|gpu| is_held(gpu))).map(|(minor, _)| path(minor)).collect()
}

fn is_held(gpu: &PciGpu) -> bool {
    gpu.driver.found().is_some_and(|driver| driver == "nvidia")
}

/// The nodes whose GPU sleeps. Where the driver does not say which node is whose, every GPU's node
/// is left alone as soon as one GPU sleeps.
fn asleep(gpus: &[(String, u32)], pci: &[PciGpu]) -> BTreeSet<String> {
    let sleeps = |gpu: &&PciGpu| gpu.runtime_status.found().is_some_and(|it| it == "suspended");
    let sleeping: Vec<&PciGpu> = pci.iter().filter(sleeps).collect();
    let minor = |gpu: &&PciGpu| gpus.iter().find(|(address, _)| *address == gpu.address);
    let known: Vec<u32> = sleeping.iter().filter_map(minor).map(|(_, minor)| *minor).collect();
    if known.len() == sleeping.len() {
        return known.into_iter().map(|minor| format!("/dev/nvidia{minor}")).collect();
    }
    (0..pci.len()).map(|minor| format!("/dev/nvidia{minor}")).collect()
}

fn node(root: &Root, path: String, asleep: &BTreeSet<String>) -> DeviceNode {
    let real = root.path(&path);
    let (device, mode) = match rustix::fs::stat(&real) {
        Ok(stat) => (device_number(&stat), Found(Mode::from_raw_mode(stat.st_mode).as_raw_mode())),
        Err(Errno::NOENT) => (Absent, Absent),
        Err(errno) => {
            let reason = format!("`stat` gave {}", errno_name(errno));
            (Unknown(reason.clone()), Unknown(reason))
        }
    };
    let access = match asleep.contains(&path) {
        true => {
            NodeAccess::NotTried("the GPU sleeps, and opening its node would wake it".to_owned())
        }
        false => open(&real),
    };
    DeviceNode { path, device, mode, access }
}

fn device_number(stat: &rustix::fs::Stat) -> Reading<(u32, u32)> {
    let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
    let is_device = kind.is_char_device() || kind.is_block_device();
    is_device.then(|| (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev))).into()
}

fn open(path: &Path) -> NodeAccess {
    // Without O_NONBLOCK the driver waits for a GPU that is being reset.
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(_) => NodeAccess::Opened,
        Err(errno) => NodeAccess::Refused(errno_name(errno)),
    }
}

/// The name of an `errno` that opening a device can give.
pub(crate) fn errno_name(errno: Errno) -> String {
    const NAMES: &[(Errno, &str)] = &[
        (Errno::ACCESS, "EACCES"),
        (Errno::AGAIN, "EAGAIN"),
        (Errno::BUSY, "EBUSY"),
        (Errno::INTR, "EINTR"),
        (Errno::INVAL, "EINVAL"),
        (Errno::IO, "EIO"),
        (Errno::ISDIR, "EISDIR"),
        (Errno::LOOP, "ELOOP"),
        (Errno::MFILE, "EMFILE"),
        (Errno::NFILE, "ENFILE"),
        (Errno::NODEV, "ENODEV"),
        (Errno::NOENT, "ENOENT"),
        (Errno::NOMEM, "ENOMEM"),
        (Errno::NOTDIR, "ENOTDIR"),
        (Errno::NXIO, "ENXIO"),
        (Errno::PERM, "EPERM"),
        (Errno::ROFS, "EROFS"),
        (Errno::TIMEDOUT, "ETIMEDOUT"),
    ];
    let name = NAMES.iter().find(|(known, _)| *known == errno).map(|(_, name)| *name);
    name.map_or_else(|| format!("errno {}", errno.raw_os_error()), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LoadedModule, read::tree::Tree};
    use proptest::prelude::*;

    fn loaded() -> KernelModule {
        let loaded = LoadedModule { version: "570.86.15".parse().unwrap(), open: Found(true) };
        KernelModule { loaded: Found(loaded), ..KernelModule::default() }
    }

    fn gpu(address: &str, status: &str) -> PciGpu {
        PciGpu {
            address: address.to_owned(),
            driver: Found("nvidia".to_owned()),
            runtime_status: Found(status.to_owned()),
            ..PciGpu::default()
        }
    }

    fn check(
        tree: &Tree,
        pci: &[PciGpu],
        module: &KernelModule,
        wake: bool,
        expected: &[(&str, &str)],
    ) {
        let nodes = read(&tree.root(), pci, module, &Machine::default(), wake);
        let got: Vec<(String, String)> = nodes
            .found()
            .unwrap()
            .iter()
            .map(|node| {
                (
                    node.path.clone(),
                    match &node.access {
                        NodeAccess::Opened => "opened".to_owned(),
                        NodeAccess::Refused(errno) => errno.clone(),
                        NodeAccess::NotTried(_) => "not tried".to_owned(),
                    },
                )
            })
            .collect();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(path, access)| (path.to_string(), access.to_string())).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn lists_what_is_missing() {
        let tree = Tree::new(&[
            ("/dev/nvidia0", ""),
            ("/dev/null", ""),
            ("/dev/nvidia-caps/nvidia-cap1", ""),
        ]);
        let pci = [gpu("0000:01:00.0", "active"), gpu("0000:02:00.0", "active")];
        check(
            &tree,
            &pci,
            &loaded(),
            false,
            &[
                ("/dev/nvidia-caps/nvidia-cap1", "opened"),
                ("/dev/nvidia-uvm", "ENOENT"),
                ("/dev/nvidia0", "opened"),
                ("/dev/nvidia1", "ENOENT"),
                ("/dev/nvidiactl", "ENOENT"),
            ],
        );
        check(&Tree::new(&[("/dev/null", "")]), &[], &KernelModule::default(), false, &[]);
    }

    #[test]
    fn lets_a_gpu_sleep() {
        let tree = Tree::new(&[
            ("/dev/nvidia0", ""),
            ("/dev/nvidia1", ""),
            ("/dev/nvidiactl", ""),
            ("/dev/nvidia-uvm", ""),
            (
                "/proc/driver/nvidia/gpus/0000:01:00.0/information",
                "Model: \t x\nDevice Minor: \t 1\n",
            ),
            ("/proc/driver/nvidia/gpus/0000:02:00.0/information", "Device Minor: \t 0\n"),
        ]);
        let pci = [gpu("0000:01:00.0", "suspended"), gpu("0000:02:00.0", "active")];
        let expected = |one: &'static str| {
            [
                ("/dev/nvidia-uvm", "opened"),
                ("/dev/nvidia0", "opened"),
                ("/dev/nvidia1", one),
                ("/dev/nvidiactl", "opened"),
            ]
        };
        check(&tree, &pci, &loaded(), false, &expected("not tried"));
        check(&tree, &pci, &loaded(), true, &expected("opened"));
    }

    #[test]
    fn reads_a_real_device() {
        let root = Root::new(Path::new("/"));
        let null = node(&root, "/dev/null".to_owned(), &BTreeSet::new());
        assert_eq!(null.device, Found((1, 3)));
        assert_eq!(null.mode.found().unwrap() & 0o7000, 0);
        assert_eq!(null.access, NodeAccess::Opened);
        let none = node(&root, "/dev/nvidia-none".to_owned(), &BTreeSet::new());
        assert_eq!(none.access, NodeAccess::Refused("ENOENT".to_owned()));
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,100}", code in 1..4000_i32) {
            parse_minor(&format!("Device Minor:{text}"));
            errno_name(Errno::from_raw_os_error(code));
        }
    }
}
