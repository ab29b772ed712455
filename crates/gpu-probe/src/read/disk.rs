//! Free space, and how the folder for temporary files is mounted.

use super::root::{Root, reading};
use crate::{
    DiskSpace, Environment, MountedFolder,
    Reading::{self, Absent, Found, Unknown},
};
use std::path::Path;

/// Where Docker keeps its images unless it is told otherwise.
const DOCKER_FOLDER: &str = "/var/lib/docker";

/// The space on the file systems of `/`, of Docker's images and of temporary files.
pub(crate) fn disks(root: &Root, environment: &Environment) -> Vec<DiskSpace> {
    let configured = root.text("/etc/docker/daemon.json");
    let docker = configured.found().and_then(|text| parse_data_root(text));
    let docker = docker.unwrap_or_else(|| DOCKER_FOLDER.to_owned());
    let mut folders = vec!["/".to_owned()];
    if root.exists(&docker) {
        folders.push(docker);
    }
    folders.push(temporary_path(environment).to_owned());
    folders.dedup();
    folders.into_iter().map(|folder| space(root, folder)).collect()
}

fn space(root: &Root, folder: String) -> DiskSpace {
    let read = rustix::fs::statvfs(root.path(&folder)).map_err(Into::into);
    let mib = |blocks: u64, size: u64| {
        let bytes = u128::from(blocks) * u128::from(size);
        u64::try_from(bytes >> 20).unwrap_or(u64::MAX)
    };
    let sizes = reading(read, Path::new(&folder))
        .map(|it| (mib(it.f_bavail, it.f_frsize), mib(it.f_blocks, it.f_frsize)));
    DiskSpace {
        free_mib: sizes.clone().map(|(free, _)| free),
        total_mib: sizes.map(|(_, total)| total),
        path: folder,
    }
}

/// The folder for temporary files.
pub(crate) fn temporary_folder(root: &Root, environment: &Environment) -> MountedFolder {
    let path = temporary_path(environment).to_owned();
    // The mount is that of the place a link leads to.
    let place = match root.canonical(&path) {
        Found(place) => place.display().to_string(),
        Absent | Unknown(_) => path.clone(),
    };
    let noexec = match root.text("/proc/self/mountinfo") {
        Found(text) => parse_noexec(&text, &place).into(),
        Absent => Unknown(root.without("/proc/self/mountinfo")),
        Unknown(reason) => Unknown(reason),
    };
    MountedFolder { path, noexec }
}

fn temporary_path(environment: &Environment) -> &str {
    environment.get("TMPDIR").filter(|path| path.starts_with('/')).unwrap_or("/tmp")
}

/// `data-root` (or `graph`, as it was called before) of Docker's `daemon.json`.
pub(super) fn parse_data_root(text: &str) -> Option<String> {
    let config: serde_json::Value = serde_json::from_str(text).ok()?;
    let folder = config.get("data-root").or_else(|| config.get("graph"))?.as_str()?;
    folder.starts_with('/').then(|| folder.to_owned())
}

/// Whether the mount that holds `folder` has `noexec`, by `/proc/self/mountinfo`.
pub(super) fn parse_noexec(text: &str, folder: &str) -> Option<bool> {
    let mounts = text.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(4);
        Some((unescaped(fields.next()?), fields.next()?))
    });
    let holds = mounts.filter(|(place, _)| Path::new(folder).starts_with(place));
    // Of two mounts on the same place the later one is on top.
    let (_, options) = holds.max_by_key(|(place, _)| place.len())?;
    Some(options.split(',').any(|option| option == "noexec"))
}

/// The kernel writes a space, a tab, a newline and a backslash as three octal digits.
fn unescaped(place: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    let replace = |text: String, (code, char): (&str, &str)| text.replace(code, char);
    escapes.into_iter().fold(place.to_owned(), replace)
}

/// The memory of the machine in MiB, by `/proc/meminfo`.
pub(crate) fn memory_mib(root: &Root) -> Reading<u64> {
    match root.text("/proc/meminfo") {
        Found(text) => match parse_memory(&text) {
            Some(mib) => Found(mib),
            None => Unknown("`/proc/meminfo` names no `MemTotal`".to_owned()),
        },
        Absent => Unknown(root.without("/proc/meminfo")),
        Unknown(reason) => Unknown(reason),
    }
}

pub(super) fn parse_memory(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::Tree;
    use proptest::prelude::*;

    const MOUNTS: &str = "\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:30 / /tmp rw,nosuid,nodev,noexec,relatime shared:3 - tmpfs tmpfs rw
41 27 0:31 / /mnt/my\\040disk rw,noexec - ext4 /dev/vdb rw
42 41 0:32 / /mnt/my\\040disk rw - ext4 /dev/vdc rw
";

    #[test]
    fn finds_noexec() {
        for (folder, expected) in [
            ("/tmp", Some(true)),
            ("/tmp/build", Some(true)),
            ("/tmpfs", Some(false)),
            ("/home", Some(false)),
            ("/mnt/my disk/x", Some(false)),
        ] {
            assert_eq!(parse_noexec(MOUNTS, folder), expected, "{folder}");
        }
        assert_eq!(parse_noexec("", "/tmp"), None);
    }

    #[test]
    fn reads_the_folders() {
        let tree = Tree::new(&[
            ("/etc/docker/daemon.json", r#"{"data-root": "/srv/docker"}"#),
            ("/srv/docker/x", ""),
            ("/scratch/x", ""),
            ("/proc/self/mountinfo", MOUNTS),
        ]);
        let variables = [("TMPDIR".to_owned(), "/scratch".to_owned())].into();
        let environment = Environment { variables };
        let read = disks(&tree.root(), &environment);
        let paths: Vec<&str> = read.iter().map(|disk| disk.path.as_str()).collect();
        assert_eq!(paths, ["/", "/srv/docker", "/scratch"]);
        assert!(read.iter().all(|disk| disk.total_mib.found().is_some()));
        let folder = temporary_folder(&tree.root(), &environment);
        assert_eq!(folder, MountedFolder { path: "/scratch".to_owned(), noexec: Found(false) });
    }

    #[test]
    fn reads_memory() {
        assert_eq!(parse_memory("MemTotal:       24684092 kB\nMemFree: 1 kB\n"), Some(24_105));
        assert_eq!(parse_memory("MemFree: 1 kB"), None);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,200}", folder in ".{0,30}") {
            parse_noexec(&text, &folder);
            parse_data_root(&text);
            parse_memory(&format!("MemTotal:{text}"));
        }
    }
}
