//! The kernel module: loaded, on disk, known to DKMS, forbidden, and its parameters.

use super::{module_file, root::Root};
use crate::{
    DiskModule, DkmsModule, KernelModule, LoadedModule, Machine, ModuleParameters,
    Reading::{self, Absent, Found, Unknown},
};
use cuda_compat::DriverVersion;

/// Reads everything about the module.
pub(crate) fn read(root: &Root, machine: &Machine) -> KernelModule {
    let release = root.text("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned());
    let release = release.found().map_or("", String::as_str);
    let in_container = machine.container.found().is_some();
    KernelModule {
        loaded: loaded(root),
        uvm_loaded: is_loaded(root, "nvidia_uvm"),
        nouveau_loaded: is_loaded(root, "nouveau"),
        on_disk: on_disk(root, release, in_container),
        dkms: dkms(root, release, in_container),
        kernel_headers: kernel_headers(root, release, in_container),
        forbidden_by: forbidden_by(root, in_container),
        parameters: parameters(root),
    }
}

const HIDDEN: &str = "a container does not see the modules of its host";

fn loaded(root: &Root) -> Reading<LoadedModule> {
    let own = root.text("/proc/driver/nvidia/version");
    if let Some(loaded) = own.found().and_then(|text| parse_proc_version(text)) {
        return Found(loaded);
    }
    let by_sysfs = root.text("/sys/module/nvidia/version");
    if let Some(version) = by_sysfs.found().and_then(|text| text.trim().parse().ok()) {
        return Found(LoadedModule { version, open: Unknown("only `/sys` was there".to_owned()) });
    }
    match (own, is_loaded(root, "nvidia")) {
        (Unknown(reason), _) | (_, Unknown(reason)) => Unknown(reason),
        (Found(text), _) => Unknown(format!(
            "`/proc/driver/nvidia/version` names no version: `{}`",
            text.lines().next().unwrap_or_default()
        )),
        (Absent, Found(true)) => Unknown("the module is loaded and shows no version".to_owned()),
        (Absent, _) => Absent,
    }
}

/// Reads `/proc/driver/nvidia/version`, whose first line is one of
/// `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue …` and
/// `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build …`.
pub(super) fn parse_proc_version(text: &str) -> Option<LoadedModule> {
    let line = text.lines().find(|line| line.starts_with("NVRM version:"))?;
    let is_version = |word: &&str| word.contains('.') && word.parse::<DriverVersion>().is_ok();
    let version = line.split_whitespace().find(is_version)?.parse().ok()?;
    Some(LoadedModule { version, open: Found(line.contains("Open Kernel Module")) })
}

fn is_loaded(root: &Root, name: &str) -> Reading<bool> {
    if root.exists(format!("/sys/module/{name}")) {
        return Found(true);
    }
    match root.text("/proc/modules") {
        Found(text) => Found(text.lines().any(|line| line.split(' ').next() == Some(name))),
        // A kernel without loadable modules has no such file.
        Absent if root.exists("/sys/module") || root.exists("/proc/version") => Found(false),
        Absent => Unknown(root.without("/proc/modules")),
        Unknown(reason) => Unknown(reason),
    }
}

/// Where installers put the module, below `/lib/modules/RELEASE`.
const FOLDERS: &[&str] =
    &["updates", "extra", "extramodules", "weak-updates", "misc", "video", "kernel/drivers/video"];

fn on_disk(root: &Root, release: &str, in_container: bool) -> Reading<Vec<DiskModule>> {
    if release.is_empty() {
        return Unknown("the release of the kernel is not known".to_owned());
    }
    let base = format!("/lib/modules/{release}");
    let mut folders: Vec<String> = FOLDERS.iter().map(|name| format!("{base}/{name}")).collect();
    match root.names(format!("{base}/kernel")) {
        // Ubuntu's signed modules: `kernel/nvidia-570`, `kernel/nvidia-570srv-open`.
        Found(names) => folders.extend(
            names
                .iter()
                .filter(|name| name.starts_with("nvidia"))
                .map(|name| format!("{base}/kernel/{name}")),
        ),
        Absent if in_container && !root.exists(&base) => return Unknown(HIDDEN.to_owned()),
        Absent => {}
        Unknown(reason) => return Unknown(reason),
    }
    let mut paths = Vec::new();
    for folder in folders {
        find_modules(root, &folder, 4, &mut paths);
    }
    // Unpacking one takes a while, and there are rarely more than two.
    std::thread::scope(|scope| {
        let read = |path| scope.spawn(move || disk_module(root, path));
        let readers: Vec<_> = paths.into_iter().map(read).collect();
        Found(readers.into_iter().filter_map(|reader| reader.join().ok()).collect())
    })
}

fn find_modules(root: &Root, folder: &str, depth: u32, found: &mut Vec<String>) {
    let names = root.names(folder);
    for name in names.found().into_iter().flatten() {
        let path = format!("{folder}/{name}");
        if is_module_name(name) {
            found.push(path);
        } else if depth > 0 && !name.contains(".ko") && root.path(&path).is_dir() {
            find_modules(root, &path, depth - 1, found);
        }
    }
}

fn is_module_name(name: &str) -> bool {
    matches!(name, "nvidia.ko" | "nvidia.ko.xz" | "nvidia.ko.zst" | "nvidia.ko.gz")
}

fn disk_module(root: &Root, path: String) -> DiskModule {
    let module_file::ModuleFile { version, license, signer } = module_file::read(&root.path(&path));
    DiskModule { path, version, license, signer }
}

/// `/var/lib/dkms/nvidia/VERSION/KERNEL/ARCHITECTURE/module/nvidia.ko*`; some packages name the
/// folder after their branch (`nvidia-open`, `nvidia-srv`).
fn dkms(root: &Root, release: &str, in_container: bool) -> Reading<Vec<DkmsModule>> {
    let names = match root.names("/var/lib/dkms") {
        Found(names) => names,
        Absent if in_container => return Unknown(HIDDEN.to_owned()),
        Absent => return Absent,
        Unknown(reason) => return Unknown(reason),
    };
    let mut modules = Vec::new();
    for name in names.iter().filter(|name| is_driver_of_dkms(name)) {
        let folder = format!("/var/lib/dkms/{name}");
        let versions = root.names(&folder);
        for version in versions.found().into_iter().flatten() {
            // Beside the versions are links such as `kernel-6.8.0-40-generic-x86_64`.
            if !version.starts_with(|first: char| first.is_ascii_digit()) {
                continue;
            }
            let mut found = Vec::new();
            find_modules(root, &format!("{folder}/{version}/{release}"), 3, &mut found);
            let built = !release.is_empty() && !found.is_empty();
            modules.push(DkmsModule { version: version.clone(), built });
        }
    }
    Found(modules)
}

fn is_driver_of_dkms(name: &str) -> bool {
    name == "nvidia" || name.starts_with("nvidia-") && !name.starts_with("nvidia-fs")
}

fn kernel_headers(root: &Root, release: &str, in_container: bool) -> Reading<bool> {
    if release.is_empty() {
        return Unknown("the release of the kernel is not known".to_owned());
    }
    let base = format!("/lib/modules/{release}");
    if in_container && !root.exists(&base) {
        return Unknown(HIDDEN.to_owned());
    }
    Found(
        root.exists(format!("{base}/build/Makefile"))
            || root.exists(format!("{base}/build/include")),
    )
}

/// Where `modprobe` reads, from the strongest to the weakest.
const MODPROBE: &[&str] =
    &["/etc/modprobe.d", "/run/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"];

fn forbidden_by(root: &Root, in_container: bool) -> Reading<Vec<String>> {
    let command_line = root.text("/proc/cmdline");
    let command_line = command_line.found().is_some_and(|text| command_line_forbids(text));
    let mut found: Vec<String> =
        command_line.then(|| "/proc/cmdline".to_owned()).into_iter().collect();
    // The files of a container are not those of its host; the kernel's command line is.
    if in_container {
        return if command_line { Found(found) } else { Unknown(HIDDEN.to_owned()) };
    }
    // A file hides the files of the same name in weaker folders; `/lib` may be `/usr/lib`.
    let mut seen: Vec<String> = Vec::new();
    for folder in MODPROBE {
        let names = match root.names(folder) {
            Found(names) => names,
            Absent => continue,
            Unknown(reason) => return Unknown(reason),
        };
        for name in names.into_iter().filter(|name| name.ends_with(".conf")) {
            if seen.contains(&name) {
                continue;
            }
            let path = format!("{folder}/{name}");
            match root.text(&path) {
                Found(text) if forbids(&text) => found.push(path),
                Unknown(reason) => return Unknown(reason),
                Found(_) | Absent => {}
            }
            seen.push(name);
        }
    }
    Found(found)
}

/// Whether a file of `modprobe.d` keeps the module out: `blacklist nvidia`, `alias nvidia off`,
/// `install nvidia /bin/false`.
pub(super) fn forbids(text: &str) -> bool {
    text.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().take(3).collect();
        match words.as_slice() {
            ["blacklist", "nvidia", ..] | ["alias", "nvidia", "off"] => true,
            ["install", "nvidia", command] => {
                matches!(command.rsplit('/').next(), Some("false" | "true"))
            }
            _ => false,
        }
    })
}

/// Whether the kernel's command line keeps the module out.
pub(super) fn command_line_forbids(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let list = word
            .strip_prefix("module_blacklist=")
            .or_else(|| word.strip_prefix("modprobe.blacklist="))
            .or_else(|| word.strip_prefix("rd.driver.blacklist="));
        list.is_some_and(|list| list.split(',').any(|name| name == "nvidia"))
    })
}

fn parameters(root: &Root) -> ModuleParameters {
    let text = root.text("/proc/driver/nvidia/params");
    let flag = |key: &str| {
        text.clone().and_then(|text| parse_parameter(&text, key).map(|value| value != 0).into())
    };
    let hmm = root.text("/sys/module/nvidia_uvm/parameters/uvm_disable_hmm");
    ModuleParameters {
        profiling_admin_only: flag("RmProfilingAdminOnly"),
        preserve_video_memory: flag("PreserveVideoMemoryAllocations"),
        uvm_disable_hmm: hmm.and_then(|text| match text.trim() {
            "Y" | "1" => Found(true),
            "N" | "0" => Found(false),
            other => Unknown(format!("`uvm_disable_hmm` is `{other}`")),
        }),
    }
}

/// One line `Name: number` of `/proc/driver/nvidia/params`.
pub(super) fn parse_parameter(text: &str, key: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests;
