//! The parsers of what readers find on a machine, for the targets below `fuzz/`.
//!
//! Each function takes the bytes of one kind of file and gives them to all that reads such a file,
//! decoded as the readers decode them.

use super::{
    cdi,
    containers::{self, containerd},
    cudnn, device_nodes, disk, docker, driver_libraries, elf, host, host_compiler, kernel_log,
    kernel_module, loader, machine, module_file, pci, profilers,
    python::{self, build, conda, metadata, packages},
    toolkits::{self, version},
    user,
};
use std::{
    borrow::Cow,
    fs::File,
    io::{self, Seek},
    path::Path,
};

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// `/etc/os-release`.
pub fn os_release(bytes: &[u8]) {
    let _ = host::parse_os_release(&text(bytes));
}

/// `/proc/self/status`.
pub fn process_status(bytes: &[u8]) {
    let _ = host::parse_allowed_processors(&text(bytes));
    let _ = user::parse_status(&text(bytes));
}

/// `/etc/passwd` and `/etc/group`.
pub fn accounts(bytes: &[u8]) {
    let _ = user::name_of(&text(bytes), 1000);
}

/// `/proc/self/mountinfo`.
pub fn mountinfo(bytes: &[u8]) {
    let _ = disk::parse_noexec(&text(bytes), "/tmp/a b");
    let _ = machine::parse_container_mounts(&text(bytes));
}

/// `/proc/meminfo` and `/proc/cpuinfo`.
pub fn memory_and_processors(bytes: &[u8]) {
    let _ = disk::parse_memory(&text(bytes));
    let _ = machine::parse_hypervisor_flag(&text(bytes));
}

/// `/proc/1/cgroup` and `/proc/1/environ`.
pub fn first_process(bytes: &[u8]) {
    let _ = machine::parse_cgroup(&text(bytes));
    let _ = machine::parse_init_environment(&text(bytes));
}

/// The names that the firmware and the kernel give: two lines.
pub fn machine_names(bytes: &[u8]) {
    let text = text(bytes);
    let (first, second) = text.split_once('\n').unwrap_or((&text, ""));
    let _ = machine::hypervisor_by_name(first, second);
    let _ = machine::parse_wsl(first, second);
}

/// The variable `SecureBoot` of the firmware.
pub fn secure_boot(bytes: &[u8]) {
    let _ = host::parse_secure_boot(bytes);
}

/// The constants of `libc.so.6`.
pub fn glibc(bytes: &[u8]) {
    let _ = host::parse_glibc(bytes);
}

/// `resource`, `device` and the like of a PCI device.
pub fn pci_device(bytes: &[u8]) {
    let _ = pci::parse_windows(&text(bytes));
    let _ = pci::parse_id(&text(bytes));
}

/// `/proc/driver/nvidia/version`, `params` and `gpus/…/information`.
pub fn proc_driver(bytes: &[u8]) {
    let text = text(bytes);
    let _ = kernel_module::parse_proc_version(&text);
    let _ = kernel_module::parse_parameter(&text, "RmProfilingAdminOnly");
    let _ = device_nodes::parse_minor(&text);
    let _ = machine::parse_model(&text).map(machine::is_vgpu_model);
}

/// A file of `/etc/modprobe.d`, and `/proc/cmdline`.
pub fn modprobe(bytes: &[u8]) {
    let _ = kernel_module::forbids(&text(bytes));
    let _ = kernel_module::command_line_forbids(&text(bytes));
}

/// A file with the log of the kernel, of which the part since the last boot counts.
pub fn kernel_log_file(bytes: &[u8]) {
    let text = text(bytes);
    let _ = crate::parse_kernel_log(kernel_log::since_last_boot(&text), "/var/log/kern.log");
}

/// A kernel module; the ending of the name says how it is compressed.
pub fn module_file(path: &Path) {
    let _ = module_file::read(path);
}

/// An ELF object, of which sections are read.
///
/// # Errors
/// Where the file cannot be read or is no such object.
pub fn elf_object(file: &mut File) -> io::Result<()> {
    for name in [".rodata", ".modinfo", ""] {
        file.rewind()?;
        let _ = elf::section(file, name)?;
    }
    Ok(())
}

/// `/etc/ld.so.cache`.
pub fn loader_cache(bytes: &[u8]) {
    let _ = loader::parse_cache(bytes);
}

/// `/etc/ld.so.conf`, and `LD_LIBRARY_PATH`.
pub fn loader_configuration(bytes: &[u8]) {
    let _ = loader::parse_configuration(&text(bytes));
    let _ = cudnn::parse_ld_so_conf(&text(bytes));
    let _ = driver_libraries::parse_library_path(&text(bytes));
}

/// A CDI specification, as YAML and as JSON.
pub fn cdi(bytes: &[u8]) {
    let _ = cdi::parse_cdi(&text(bytes), false);
    let _ = cdi::parse_cdi(&text(bytes), true);
}

/// Docker's `daemon.json`.
pub fn daemon_json(bytes: &[u8]) {
    let _ = containers::parse_daemon_json(&text(bytes));
    let _ = disk::parse_data_root(&text(bytes));
}

/// What the Docker Engine answers to `GET /info`.
pub fn docker_info(bytes: &[u8]) {
    if let Ok(info) = serde_json::from_slice(bytes) {
        let _ = docker::docker_engine("/var/run/docker.sock", &info);
    }
}

/// `DOCKER_HOST`.
pub fn docker_host(bytes: &[u8]) {
    let _ = docker::docker_host(&text(bytes));
}

/// `/var/lib/dpkg/status`.
pub fn dpkg_status(bytes: &[u8]) {
    let _ = containers::parse_dpkg_version(&text(bytes), "podman");
}

/// containerd's `config.toml`.
pub fn containerd(bytes: &[u8]) {
    let _ = containerd::parse_containerd(&text(bytes));
}

/// `version.json` and `version.txt` of a toolkit.
pub fn toolkit_version(bytes: &[u8]) {
    let _ = version::parse_version_json(&text(bytes));
    let _ = version::parse_version_txt(&text(bytes));
}

/// `cuda.h`, `crt/host_config.h` and `cudnn_version.h`.
pub fn header(bytes: &[u8]) {
    let _ = version::parse_cuda_h(&text(bytes));
    let _ = toolkits::parse_host_config(&text(bytes));
    let _ = cudnn::parse_header(&text(bytes));
}

/// `METADATA` of a Python package, and what it says of CUDA.
pub fn python_metadata(bytes: &[u8]) {
    if let Ok(package) = metadata::parse_metadata(&text(bytes)) {
        let _ = build::by_metadata(&package);
    }
}

/// `pyvenv.cfg`.
pub fn pyvenv(bytes: &[u8]) {
    let _ = python::parse_pyvenv(&text(bytes));
}

/// The files in which Python packages say what they were built for.
pub fn python_build(bytes: &[u8]) {
    let _ = build::parse_assignments(&text(bytes));
    let _ = build::parse_tensorflow(&text(bytes));
    let _ = build::parse_xformers(&text(bytes));
}

/// The name of a file or folder, of which each reader makes what it can.
pub fn file_name(bytes: &[u8]) {
    let name = text(bytes);
    let _ = build::parse_tag(&name);
    let _ = conda::parse_file_name(&name);
    let _ = cudnn::full_version(&name);
    let _ = driver_libraries::kind_of(&name);
    let _ = driver_libraries::version_of(Path::new(name.as_ref()));
    let _ = host_compiler::parse_compiler_name(&name);
    let _ = packages::is_left_over(&name);
    let _ = packages::parse_entry(&name);
    let _ = profilers::nsight_version(&name);
    let _ = python::folder_version(&name);
    let _ = version::conda_version(&name);
}
