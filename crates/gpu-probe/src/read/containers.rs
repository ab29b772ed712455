//! Docker, containerd, CRI-O, Podman, the kubelet and NVIDIA's container toolkit.

pub(super) mod containerd;

use super::{
    cdi, docker,
    root::Root,
    search::{first_there, names_or_none, on_path},
};
use crate::{Containers, Environment, Reading};

/// Reads what can start a container with a GPU.
pub(crate) fn read(root: &Root, environment: &Environment) -> Containers {
    let asked = docker::read(root, environment);
    let cdi_folders =
        asked.engine.found().map(|engine| engine.cdi_folders.clone()).unwrap_or_default();
    Containers {
        docker_is_snap: Reading::Found(is_snap(root, asked.data_folder.as_deref())),
        docker: asked.engine,
        docker_refused: asked.refused,
        daemon_json_runtimes: daemon_json(root),
        nvidia_ctk: program(root, environment, "nvidia-ctk"),
        nvidia_container_runtime: program(root, environment, "nvidia-container-runtime"),
        containerd_socket: first_there(
            root,
            &[
                "/run/containerd/containerd.sock",
                "/run/k3s/containerd/containerd.sock",
                "/var/snap/microk8s/common/run/containerd.sock",
            ],
        ),
        containerd_has_nvidia: containerd::read(root),
        crio_socket: first_there(root, &["/run/crio/crio.sock", "/var/run/crio/crio.sock"]),
        podman: podman(root, environment),
        kubelet: match first_there(root, &["/var/lib/kubelet"]) {
            Reading::Found(_) => Reading::Found(true),
            Reading::Absent => Reading::Found(false),
            Reading::Unknown(reason) => Reading::Unknown(reason),
        },
        cdi: cdi::read(root, &cdi_folders),
    }
}

/// The engine that answers says where its data is. Without it, a snap counts only where no other
/// Docker is installed.
fn is_snap(root: &Root, data_folder: Option<&str>) -> bool {
    match data_folder {
        Some(folder) => folder.starts_with("/var/snap/docker"),
        None => {
            let snap = ["/snap/bin/docker", "/var/snap/docker"];
            snap.iter().any(|path| root.exists(path)) && !root.exists("/usr/bin/dockerd")
        }
    }
}

/// The first `name` on `PATH`, or where the packages and the GPU operator put it.
fn program(root: &Root, environment: &Environment, name: &str) -> Reading<String> {
    if let Some(path) = on_path(root, environment, name).first() {
        return Reading::Found(path.display().to_string());
    }
    let folders = ["/usr/bin", "/usr/local/bin", "/usr/local/nvidia/toolkit"];
    let paths = folders.map(|folder| format!("{folder}/{name}"));
    first_there(root, &paths.each_ref().map(String::as_str))
}

fn daemon_json(root: &Root) -> Reading<Vec<String>> {
    let path = "/etc/docker/daemon.json";
    root.text(path).and_then(|text| match parse_daemon_json(&text) {
        Ok(runtimes) => Reading::Found(runtimes),
        Err(reason) => Reading::Unknown(format!("`{path}`: {reason}")),
    })
}

/// The names of the runtimes, sorted. An empty file is an empty configuration, as for Docker.
pub(super) fn parse_daemon_json(text: &str) -> Result<Vec<String>, String> {
    #[derive(serde::Deserialize)]
    struct DaemonJson {
        runtimes: Option<serde_json::Map<String, serde_json::Value>>,
    }
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let daemon: DaemonJson = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut runtimes: Vec<String> =
        daemon.runtimes.into_iter().flatten().map(|(name, _)| name).collect();
    runtimes.sort();
    Ok(runtimes)
}

/// Podman's version from the package databases that are plain text.
fn podman(root: &Root, environment: &Environment) -> Reading<String> {
    if on_path(root, environment, "podman").is_empty() && !root.exists("/usr/bin/podman") {
        return Reading::Absent;
    }
    let by_dpkg = root.text("/var/lib/dpkg/status");
    let by_dpkg = by_dpkg.found().and_then(|text| parse_dpkg_version(text, "podman"));
    let by_pacman = || {
        let names = names_or_none(root, "/var/lib/pacman/local");
        names.iter().find_map(|name| {
            let version = name.strip_prefix("podman-")?;
            version.starts_with(|first: char| first.is_ascii_digit()).then(|| upstream(version))
        })
    };
    match by_dpkg.or_else(by_pacman) {
        Some(version) => Reading::Found(version),
        None => Reading::Unknown("no package list that is plain text names `podman`".to_owned()),
    }
}

/// The upstream version of an installed package in the text of `/var/lib/dpkg/status`.
pub(super) fn parse_dpkg_version(status: &str, package: &str) -> Option<String> {
    let mut lines = status.lines();
    lines.find(|line| line.strip_prefix("Package: ").is_some_and(|name| name.trim() == package))?;
    let block: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).collect();
    let field = |name: &str| block.iter().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let installed = field("Status: ").is_none_or(|status| status.ends_with(" installed"));
    let version = field("Version: ").filter(|version| installed && !version.is_empty())?;
    Some(upstream(version))
}

/// `4:4.9.3+ds1-1ubuntu0.2` is `4.9.3`.
fn upstream(version: &str) -> String {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    version.split(['+', '-', '~']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::Tree;
    use proptest::prelude::*;

    #[test]
    fn reads_daemon_json() {
        let check = |text: &str, expected: Option<&[&str]>| {
            let got = parse_daemon_json(text).ok();
            let expected: Option<Vec<String>> =
                expected.map(|names| names.iter().map(|&name| name.to_owned()).collect());
            assert_eq!(got, expected, "{text}");
        };
        let nvidia = r#"{
    "default-runtime": "nvidia",
    "runtimes": {
        "nvidia": { "args": [], "path": "nvidia-container-runtime" },
        "crun": { "path": "/usr/bin/crun" }
    }
}"#;
        check(nvidia, Some(&["crun", "nvidia"]));
        check(&format!("\u{feff}{nvidia}"), Some(&["crun", "nvidia"]));
        check("{\"features\": {\"cdi\": true}}", Some(&[]));
        check("", Some(&[]));
        check("{\"runtimes\": null}", Some(&[]));
        check("{\"runtimes\": []}", None);
        check("{\"runtimes\": {},}", None);
        check("runtimes = 1", None);
    }

    #[test]
    fn reads_the_package_list() {
        let status = "Package: podman-docker\nStatus: install ok installed\nVersion: 9.9\n\n\
                      Package: podman\nStatus: install ok installed\nArchitecture: amd64\n\
                      Version: 4.9.3+ds1-1ubuntu0.2\n\nPackage: crun\nVersion: 1.14.1-1\n";
        let check = |status: &str, expected: Option<&str>| {
            assert_eq!(parse_dpkg_version(status, "podman").as_deref(), expected, "{status}");
        };
        check(status, Some("4.9.3"));
        check("Package: podman\nVersion: 1:3.4.4-1\n", Some("3.4.4"));
        check("Package: podman\nStatus: deinstall ok config-files\nVersion: 3.4\n", None);
        check("Package: podman\n\nPackage: crun\nVersion: 1\n", None);
        check("Package: podman\nVersion: \n", None);
        check("", None);
    }

    fn in_tree(files: &[(&str, &str)]) -> Containers {
        read(&Tree::new(files).root(), &Environment::default())
    }

    #[test]
    fn an_empty_machine_has_none() {
        let expected = Containers {
            docker: Reading::Absent,
            docker_refused: Reading::Absent,
            docker_is_snap: Reading::Found(false),
            daemon_json_runtimes: Reading::Absent,
            nvidia_ctk: Reading::Absent,
            nvidia_container_runtime: Reading::Absent,
            containerd_socket: Reading::Absent,
            containerd_has_nvidia: Reading::Absent,
            crio_socket: Reading::Absent,
            podman: Reading::Absent,
            kubelet: Reading::Found(false),
            cdi: Vec::new(),
        };
        assert_eq!(in_tree(&[]), expected);
    }

    #[test]
    fn finds_what_is_there() {
        let found = in_tree(&[
            ("snap/bin/docker", ""),
            ("etc/docker/daemon.json", "{"),
            ("usr/local/nvidia/toolkit/nvidia-ctk", ""),
            ("run/k3s/containerd/containerd.sock", ""),
            ("var/lib/kubelet/config.yaml", ""),
            ("usr/bin/podman", ""),
        ]);
        let text = |path: &str| Reading::Found(path.to_owned());
        assert_eq!(found.docker_is_snap, Reading::Found(true));
        assert!(found.daemon_json_runtimes.unknown().unwrap().contains("daemon.json"));
        assert_eq!(found.nvidia_ctk, text("/usr/local/nvidia/toolkit/nvidia-ctk"));
        assert_eq!(found.nvidia_container_runtime, Reading::Absent);
        assert_eq!(found.containerd_socket, text("/run/k3s/containerd/containerd.sock"));
        assert_eq!(found.kubelet, Reading::Found(true));
        assert!(found.podman.unknown().is_some());
        let packaged = in_tree(&[
            ("usr/bin/podman", ""),
            ("var/lib/pacman/local/podman-5.3.1-1/desc", ""),
            ("snap/bin/docker", ""),
            ("usr/bin/dockerd", ""),
        ]);
        assert_eq!(packaged.podman, text("5.3.1"));
        assert_eq!(packaged.docker_is_snap, Reading::Found(false));
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*") {
            let _ = parse_daemon_json(&text);
            let _ = parse_dpkg_version(&text, "podman");
            let status = format!("Package: podman\n{text}\nVersion: {text}");
            let _ = parse_dpkg_version(&status, "podman");
        }
    }
}
