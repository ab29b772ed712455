//! Small trees of `/proc`, `/sys`, `/dev`, `/etc` and `/usr`: what a machine of each kind shows,
//! with the stand-in driver in it.

use super::{Scene, driver};

/// The kernel of the servers.
pub(crate) const KERNEL: &str = "5.15.0-130-generic";
/// The driver of the servers: of the module and of the libraries.
pub(crate) const DRIVER: &str = "580.95.05";

/// A kind of machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Machine {
    /// A server with one H200.
    H200,
    /// A server with eight H100.
    EightH100,
    /// A server with one A100, divided by MIG.
    A100Mig,
    /// A PC with an RTX 4060, seen from WSL2.
    Wsl,
    /// A server without a GPU.
    NoGpu,
}

impl Machine {
    /// The stand-in's profile.
    pub(crate) fn profile(self) -> &'static str {
        match self {
            Self::H200 => "h200",
            Self::EightH100 => "8xh100",
            Self::A100Mig => "a100-mig",
            Self::Wsl => "rtx4060-wsl",
            Self::NoGpu => "none",
        }
    }

    /// The folder with the driver's libraries, below the root.
    pub(crate) fn library_folder(self) -> &'static str {
        if self == Self::Wsl { driver::WSL_FOLDER } else { driver::FOLDER }
    }

    /// PCI addresses and the device id.
    fn gpus(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::H200 => (&["18"], "0x2335"),
            Self::EightH100 => (&["18", "2a", "3a", "5d", "9a", "ab", "ba", "db"], "0x2330"),
            Self::A100Mig => (&["18"], "0x20b2"),
            Self::Wsl | Self::NoGpu => (&[], ""),
        }
    }
}

/// A scene with this machine below `root`, and these faults of its driver.
pub(crate) fn scene(machine: Machine, faults: &str) -> Scene {
    let faults = format!("profile={};{faults}", machine.profile());
    let scene = Scene::new().env("ALTLAS_FAKE_DRIVER", faults);
    build(&scene, machine);
    scene
}

/// The program on that machine, ready to be started.
pub(crate) fn command(
    scene: &Scene,
    machine: Machine,
    arguments: &[&str],
) -> std::process::Command {
    let mut command = scene.command(arguments);
    command.env("LD_LIBRARY_PATH", scene.path("root").join(machine.library_folder()));
    command
}

/// Writes the tree below `root`.
pub(crate) fn build(scene: &Scene, machine: Machine) {
    system(scene, machine);
    match machine {
        Machine::NoGpu => {}
        Machine::Wsl => {
            write(scene, "dev/dxg", "");
            driver::install_wsl(scene);
        }
        Machine::H200 | Machine::EightH100 | Machine::A100Mig => {
            module(scene);
            driver::install(scene, driver::FOLDER, DRIVER);
            let (buses, device) = machine.gpus();
            for (minor, bus) in buses.iter().enumerate() {
                gpu(scene, minor, bus, device);
            }
        }
    }
}

fn write(scene: &Scene, path: &str, content: &str) {
    scene.file(&format!("root/{path}"), content);
}

fn system(scene: &Scene, machine: Machine) {
    let is_wsl = machine == Machine::Wsl;
    let release = if is_wsl { "5.15.167.4-microsoft-standard-WSL2" } else { KERNEL };
    let os = "ID=ubuntu\nVERSION_ID=\"22.04\"\nPRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\n";
    write(scene, "etc/os-release", os);
    write(scene, "proc/sys/kernel/osrelease", &format!("{release}\n"));
    write(scene, "proc/sys/kernel/hostname", "server-1\n");
    write(scene, "proc/sys/kernel/arch", "x86_64\n");
    write(scene, "proc/sys/kernel/perf_event_paranoid", "2\n");
    write(scene, "proc/version", &format!("Linux version {release} (build) #1 SMP\n"));
    write(scene, "proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro\n");
    write(scene, "proc/modules", "ext4 1 1 - Live 0x0\n");
    write(scene, "proc/meminfo", "MemTotal:       528000000 kB\n");
    write(scene, "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu sse2 avx2\n");
    write(scene, "proc/1/cgroup", "0::/init.scope\n");
    write(scene, "proc/1/environ", "");
    write(scene, "proc/self/mountinfo", "25 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n");
    let status = "Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n\
                  Groups:\t1000\nCapEff:\t0000000000000000\nCpus_allowed_list:\t0-95\n";
    write(scene, "proc/self/status", status);
    write(scene, "etc/passwd", "dev:x:1000:1000::/home/dev:/bin/bash\n");
    write(scene, "etc/group", "dev:x:1000:\n");
    write(scene, "tmp/.keep", "");
    write(scene, "dev/kmsg", "6,1,0,-;Linux version\n");
    write(scene, "sys/kernel/.keep", "");
    write(scene, "sys/module/.keep", "");
    write(scene, "sys/class/power_supply/.keep", "");
    write(scene, "sys/bus/pci/devices/.keep", "");
    if !is_wsl {
        write(scene, "sys/class/dmi/id/sys_vendor", "Supermicro\n");
        write(scene, "sys/class/dmi/id/product_name", "SYS-821GE\n");
        write(scene, "sys/class/dmi/id/chassis_type", "23\n");
    }
    libc(scene);
}

/// The banner of glibc 2.35.
fn libc(scene: &Scene) {
    let banner = "GNU C Library (Ubuntu GLIBC 2.35) stable release version 2.35.\n";
    write(scene, "lib/x86_64-linux-gnu/libc.so.6", banner);
}

fn module(scene: &Scene) {
    let version = DRIVER;
    let line = format!(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {version}  Release Build\n"
    );
    write(scene, "proc/driver/nvidia/version", &line);
    let parameters = "RmProfilingAdminOnly: 0\nPreserveVideoMemoryAllocations: 0\n";
    write(scene, "proc/driver/nvidia/params", parameters);
    write(scene, "sys/module/nvidia/version", &format!("{version}\n"));
    write(scene, "sys/module/nvidia_uvm/parameters/uvm_disable_hmm", "N\n");
    module_on_disk(scene, version);
    for node in ["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"] {
        write(scene, &format!("dev/{node}"), "");
    }
}

/// Puts a module of `version` on the disk.
pub(crate) fn module_on_disk(scene: &Scene, version: &str) {
    let path = format!("root/lib/modules/{KERNEL}/updates/dkms/nvidia.ko");
    scene.file(&path, module_file(&format!("version={version}\0license=Dual MIT/GPL\0")));
    write(scene, &format!("lib/modules/{KERNEL}/build/Makefile"), "");
}

/// An ELF object with nothing but a section `.modinfo`.
fn module_file(text: &str) -> Vec<u8> {
    let names = b"\0.shstrtab\0.modinfo\0";
    let mut file = vec![0; 64];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file.extend(text.as_bytes());
    file.extend(names);
    let table = file.len();
    let sections = [(0_u32, 0, 0), (1, 64 + text.len(), names.len()), (11, 64, text.len())];
    for (name, offset, length) in sections {
        let mut header = [0; 64];
        header[..4].copy_from_slice(&name.to_le_bytes());
        header[0x18..0x20].copy_from_slice(&(offset as u64).to_le_bytes());
        header[0x20..0x28].copy_from_slice(&(length as u64).to_le_bytes());
        file.extend(header);
    }
    file[0x28..0x30].copy_from_slice(&(table as u64).to_le_bytes());
    file[0x3a..0x40].copy_from_slice(&[64, 0, 3, 0, 1, 0]);
    file
}

fn gpu(scene: &Scene, minor: usize, bus: &str, device: &str) {
    let address = format!("0000:{bus}:00.0");
    let folder = format!("sys/bus/pci/devices/{address}");
    let windows = "0x0000000090000000 0x0000000090ffffff 0x0000000000040200\n\
                   0x0000380000000000 0x0000383fffffffff 0x000000000014220c\n\
                   0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
    let files = [
        ("vendor", "0x10de\n"),
        ("class", "0x030200\n"),
        ("device", device),
        ("resource", windows),
        ("max_link_width", "16\n"),
        ("numa_node", "0\n"),
        ("power/runtime_status", "active\n"),
    ];
    for (name, content) in files {
        write(scene, &format!("{folder}/{name}"), content);
    }
    let own = scene.path("root").join(&folder).join("driver");
    driver::link("../../../../bus/pci/drivers/nvidia", &own);
    let information =
        format!("Model: \t\t NVIDIA\nBus Location: \t {address}\nDevice Minor: \t {minor}\n");
    write(scene, &format!("proc/driver/nvidia/gpus/{address}/information"), &information);
    write(scene, &format!("dev/nvidia{minor}"), "");
}
