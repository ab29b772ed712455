//! CDI specifications: the files that say which device nodes and libraries a container gets.
//!
//! `nvidia-ctk` writes them once; a driver update or a reboot can make them untrue, so what they
//! state is set beside what the machine has now.

use super::root::Root;
use crate::{CdiDevice, CdiSpec, Reading};
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

/// Where every container engine looks.
const FOLDERS: [&str; 2] = ["/etc/cdi", "/var/run/cdi"];

/// Reads the specifications for NVIDIA devices in the usual folders and in `also`, those that an
/// engine names. A file or folder that cannot be read is listed with the reason: it may be one.
pub(crate) fn read(root: &Root, also: &[String]) -> Vec<CdiSpec> {
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    let mut specs = Vec::new();
    for folder in FOLDERS.iter().copied().chain(also.iter().map(String::as_str)) {
        match root.canonical(folder) {
            Reading::Found(real) if seen.insert(real.clone()) => {
                specs.extend(read_folder(root, folder, &real));
            }
            Reading::Found(_) | Reading::Absent => {}
            Reading::Unknown(reason) => specs.push(unreadable(folder, reason)),
        }
    }
    specs
}

fn read_folder(root: &Root, folder: &str, real: &Path) -> Vec<CdiSpec> {
    let names = match root.names(real) {
        Reading::Found(names) => names,
        Reading::Absent => return Vec::new(),
        Reading::Unknown(reason) => return vec![unreadable(folder, reason)],
    };
    let is_spec =
        |name: &String| [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
    names
        .iter()
        .filter(|name| is_spec(name))
        .filter_map(|name| read_file(root, folder, name))
        .collect()
}

fn read_file(root: &Root, folder: &str, name: &str) -> Option<CdiSpec> {
    let path = Path::new(folder).join(name).display().to_string();
    let text = match root.text(&path) {
        Reading::Found(text) => text,
        Reading::Absent => {
            return Some(unreadable(&path, "it is a link that leads nowhere".to_owned()));
        }
        Reading::Unknown(reason) => return Some(unreadable(&path, reason)),
    };
    match parse_cdi(&text, name.ends_with(".json")) {
        Ok(stated) if !stated.is_nvidia() => None,
        Ok(stated) => Some(compare(root, path, stated)),
        Err(reason) => Some(unreadable(&path, format!("`{path}`: {reason}"))),
    }
}

fn unreadable(path: &str, reason: String) -> CdiSpec {
    CdiSpec {
        path: path.to_owned(),
        version: Reading::Unknown(reason.clone()),
        kind: Reading::Unknown(reason),
        ..CdiSpec::default()
    }
}

/// Sets what the file states beside what the machine has.
fn compare(root: &Root, path: String, stated: Stated) -> CdiSpec {
    let mut nodes: Vec<CdiDevice> = Vec::new();
    let mut missing: BTreeSet<String> = BTreeSet::new();
    let edits = stated.devices.iter().flatten().map(|device| &device.edits);
    for edits in edits.chain([&stated.edits]).flatten() {
        for node in edits.nodes.iter().flatten() {
            let node = compare_node(root, node);
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        let mounts = edits.mounts.iter().flatten().filter_map(|mount| mount.host_path.as_ref());
        let hooks = edits.hooks.iter().flatten().filter_map(|hook| hook.path.as_ref());
        let gone = mounts.chain(hooks).filter(|file| root.canonical(file).is_absent());
        missing.extend(gone.cloned());
    }
    nodes.sort_by(|one, other| one.path.cmp(&other.path));
    CdiSpec {
        path,
        version: stated.version.into(),
        kind: stated.kind.into(),
        devices: stated.devices.into_iter().flatten().filter_map(|device| device.name).collect(),
        nodes,
        missing_files: missing.into_iter().collect(),
    }
}

fn compare_node(root: &Root, node: &Node) -> CdiDevice {
    let path = node.host_path.as_ref().or(node.path.as_ref()).cloned().unwrap_or_default();
    CdiDevice { live: live_numbers(root, &path), stated: node.major.zip(node.minor).into(), path }
}

fn live_numbers(root: &Root, path: &str) -> Reading<(u32, u32)> {
    let real = match root.canonical(path) {
        Reading::Found(real) => root.path(real),
        Reading::Absent => return Reading::Absent,
        Reading::Unknown(reason) => return Reading::Unknown(reason),
    };
    match fs::metadata(real) {
        Ok(data) if data.file_type().is_char_device() => {
            Reading::Found((rustix::fs::major(data.rdev()), rustix::fs::minor(data.rdev())))
        }
        Ok(_) => Reading::Unknown(format!("`{path}` is not a device node")),
        Err(error) => Reading::Unknown(format!("`{path}`: {error}")),
    }
}

/// What a file says, as far as it is needed.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Stated {
    #[serde(rename = "cdiVersion")]
    version: Option<String>,
    kind: Option<String>,
    devices: Option<Vec<Device>>,
    #[serde(rename = "containerEdits")]
    edits: Option<Edits>,
}

impl Stated {
    /// Whether the file is about NVIDIA's devices: `nvidia.com/gpu`, `management.nvidia.com/gpu`.
    /// A file that names no kind may be.
    fn is_nvidia(&self) -> bool {
        self.kind.as_ref().is_none_or(|kind| kind.contains("nvidia.com/"))
    }
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Device {
    name: Option<String>,
    #[serde(rename = "containerEdits")]
    edits: Option<Edits>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Edits {
    #[serde(rename = "deviceNodes")]
    nodes: Option<Vec<Node>>,
    mounts: Option<Vec<Mount>>,
    hooks: Option<Vec<Hook>>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Node {
    path: Option<String>,
    #[serde(rename = "hostPath")]
    host_path: Option<String>,
    major: Option<u32>,
    minor: Option<u32>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Mount {
    #[serde(rename = "hostPath")]
    host_path: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Hook {
    path: Option<String>,
}

pub(super) fn parse_cdi(text: &str, json: bool) -> Result<Stated, String> {
    let text = text.trim_start_matches('\u{feff}');
    if json {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    serde_saphyr::from_str(text).map_err(|error| first_line(&error.to_string()))
}

/// The parser draws the place below its sentence; the sentence is enough.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests;
