//! The engine's answers, recorded, and sockets that do not answer.

use super::*;
use std::{collections::BTreeMap, io::Write, os::unix::net::UnixListener};

#[test]
fn reads_docker_host() {
    let check = |host: &str, expected: Result<&str, &str>| {
        let got = docker_host(host);
        let got = got.as_ref().map(String::as_str).map_err(String::as_str);
        assert_eq!(got, expected, "{host}");
    };
    check("unix:///run/user/1000/docker.sock", Ok("/run/user/1000/docker.sock"));
    check("unix://", Ok("/var/run/docker.sock"));
    check("/var/run/docker.sock", Ok("/var/run/docker.sock"));
    let reason = |scheme: &str| {
        format!(
            "`DOCKER_HOST` starts with `{scheme}://`: only a `unix://` socket of this machine is \
             asked"
        )
    };
    check("tcp://10.0.0.1:2376", Err(&reason("tcp")));
    check("ssh://secret@host", Err(&reason("ssh")));
    check("nonsense", Err(&reason("")));
}

#[test]
fn makes_facts_of_the_answer() {
    let recorded = include_str!("info-20.10.json");
    let mut info: SystemInfo = serde_json::from_str(recorded).unwrap();
    let engine = docker_engine("/var/run/docker.sock", &info);
    let expected = DockerEngine {
        socket: "/var/run/docker.sock".to_owned(),
        version: "20.10.24+dfsg1".to_owned(),
        runtimes: ["io.containerd.runc.v2", "io.containerd.runtime.v1.linux", "runc"]
            .map(str::to_owned)
            .to_vec(),
        default_runtime: "runc".to_owned(),
        cdi_folders: Vec::new(),
        cgroup_driver: "cgroupfs".to_owned(),
        rootless: false,
    };
    assert_eq!(engine, expected);

    info.security_options =
        Some(vec!["name=seccomp,profile=builtin".to_owned(), "name=rootless".to_owned()]);
    info.cdi_spec_dirs = Some(vec!["/etc/cdi".to_owned(), "/var/run/cdi".to_owned()]);
    let engine = docker_engine("/run/user/1000/docker.sock", &info);
    assert!(engine.rootless);
    assert_eq!(engine.cdi_folders, ["/etc/cdi", "/var/run/cdi"]);
    assert_eq!(docker_engine("s", &SystemInfo::default()).version, "");
}

fn asked_with(socket: &str, prepare: impl FnOnce(&Path)) -> Asked {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join(socket.trim_start_matches('/'));
    std::fs::create_dir_all(real.parent().unwrap()).unwrap();
    prepare(&real);
    let variables = BTreeMap::from([("DOCKER_HOST".to_owned(), format!("unix://{socket}"))]);
    read(&Root::new(folder.path()), &Environment { variables })
}

#[test]
fn no_socket_is_no_docker() {
    let asked = asked_with("/run/d.sock", |_| {});
    let expected = Asked { engine: Reading::Absent, refused: Reading::Absent, data_folder: None };
    assert_eq!(asked, expected);
}

#[test]
fn a_socket_that_nobody_listens_on_refuses() {
    let asked = asked_with("/run/d.sock", |path| drop(UnixListener::bind(path).unwrap()));
    let refusal = asked.refused.found().unwrap();
    assert_eq!(refusal.reason, "ECONNREFUSED");
    assert_eq!(refusal.socket, "/run/d.sock");
    assert!(asked.engine.unknown().unwrap().starts_with("`/run/d.sock`: "), "{asked:?}");
}

#[test]
fn a_file_in_place_of_a_socket_is_not_docker() {
    let asked = asked_with("/run/d.sock", |path| std::fs::write(path, "x").unwrap());
    assert!(asked.engine.unknown().is_some(), "{asked:?}");
}

#[test]
fn a_socket_that_cannot_be_reached_is_not_absent() {
    let asked =
        asked_with("/run/d.sock", |path| std::os::unix::fs::symlink("/run/d.sock", path).unwrap());
    assert!(asked.engine.unknown().is_some(), "{asked:?}");
}

#[test]
fn an_engine_that_does_not_answer_is_given_up() {
    let mut listener = None;
    let asked = asked_with("/run/d.sock", |path| listener = UnixListener::bind(path).ok());
    assert_eq!(asked.engine.unknown(), Some("`/run/d.sock`: no answer in 2 s"));
    assert!(asked.refused.is_absent());
}

#[test]
fn a_stranger_on_the_socket_is_not_docker() {
    let asked = asked_with("/run/d.sock", |path| {
        let listener = UnixListener::bind(path).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
            stream.write_all(answer.as_bytes()).unwrap();
        });
    });
    assert!(asked.engine.unknown().is_some(), "{asked:?}");
    assert!(asked.refused.is_absent());
}
