//! Specifications as `nvidia-ctk` writes them, and broken ones.

use super::*;
use crate::{
    Reading::{Absent, Found},
    read::tree::Tree,
};
use proptest::prelude::*;

const YAML: &str = r#"---
cdiVersion: 0.5.0
containerEdits:
  deviceNodes:
  - path: /dev/nvidiactl
  - path: /dev/nvidia-uvm
    major: 511
    minor: 0
    fileMode: 438
    permissions: rw
  env:
  - NVIDIA_VISIBLE_DEVICES=void
  hooks:
  - args:
    - nvidia-cdi-hook
    - update-ldcache
    - --folder
    - /usr/lib/x86_64-linux-gnu
    hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
  mounts:
  - containerPath: /usr/lib/x86_64-linux-gnu/libcuda.so.570.86.15
    hostPath: /usr/lib/x86_64-linux-gnu/libcuda.so.570.86.15
    options:
    - ro
    - nosuid
  - containerPath: /usr/bin/nvidia-smi
    hostPath: /usr/bin/nvidia-smi
devices:
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
      hostPath: /dev/nvidia0
  name: "0"
- containerEdits:
    deviceNodes:
    - path: /dev/nvidia0
      hostPath: /dev/nvidia0
  name: all
kind: nvidia.com/gpu
"#;

fn in_tree(files: &[(&str, &str)], also: &[&str]) -> Vec<CdiSpec> {
    let also: Vec<String> = also.iter().map(|&path| path.to_owned()).collect();
    read(&Tree::new(files).root(), &also)
}

#[test]
fn reads_what_nvidia_ctk_writes() {
    let specs = in_tree(
        &[("etc/cdi/nvidia.yaml", YAML), ("usr/bin/nvidia-smi", ""), ("dev/nvidia0", "")],
        &[],
    );
    let [spec] = specs.as_slice() else { panic!("{specs:?}") };
    assert_eq!(spec.path, "/etc/cdi/nvidia.yaml");
    assert_eq!(spec.version, Found("0.5.0".to_owned()));
    assert_eq!(spec.kind, Found("nvidia.com/gpu".to_owned()));
    assert_eq!(spec.devices, ["0", "all"]);
    let nodes: Vec<_> = spec.nodes.iter().map(|node| (node.path.as_str(), &node.stated)).collect();
    let expected = [
        ("/dev/nvidia-uvm", &Found((511, 0))),
        ("/dev/nvidia0", &Absent),
        ("/dev/nvidiactl", &Absent),
    ];
    assert_eq!(nodes, expected);
    assert_eq!(spec.nodes[0].live, Absent);
    assert_eq!(spec.nodes[1].live.unknown(), Some("`/dev/nvidia0` is not a device node"));
    let gone = ["/usr/bin/nvidia-cdi-hook", "/usr/lib/x86_64-linux-gnu/libcuda.so.570.86.15"];
    assert_eq!(spec.missing_files, gone);
}

#[test]
fn reads_the_live_numbers() {
    assert_eq!(live_numbers(&Root::new(Path::new("/")), "/dev/null"), Found((1, 3)));
}

#[test]
fn keeps_nvidia_and_the_unreadable() {
    let json = r#"{"cdiVersion": "0.7.0", "kind": "nvidia.com/mig", "devices": [{"name": "0:0"}]}"#;
    let specs = in_tree(
        &[
            ("etc/cdi/a.json", json),
            ("etc/cdi/b.json", "{"),
            ("etc/cdi/c.yaml", "cdiVersion: 0.6.0\nkind: intel.com/gpu\n"),
            ("etc/cdi/notes.txt", "kind: nvidia.com/gpu"),
            ("run/cdi/e.yml", "cdiVersion: 0.6.0\nkind: management.nvidia.com/gpu\ndevices:\n"),
            ("var/run/cdi/d.yaml", "\u{0}\u{1}"),
        ],
        &["/run/cdi", "/etc/cdi", "/none"],
    );
    let paths: Vec<&str> = specs.iter().map(|spec| spec.path.as_str()).collect();
    let expected = ["/etc/cdi/a.json", "/etc/cdi/b.json", "/var/run/cdi/d.yaml", "/run/cdi/e.yml"];
    assert_eq!(paths, expected);
    assert_eq!(specs[0].devices, ["0:0"]);
    assert!(specs[1].version.unknown().unwrap().starts_with("`/etc/cdi/b.json`: "));
    assert!(specs[2].kind.unknown().is_some());
}

#[test]
fn understands_what_people_write_by_hand() {
    let check = |text: &str, expected: Option<(&str, &str)>| {
        let got = parse_cdi(text, false).ok();
        let device = |stated: &Stated| stated.devices.as_ref()?.first()?.name.clone();
        let got = got.as_ref().map(|got| (device(got), got.kind.as_deref()));
        let expected = expected.map(|(device, kind)| (Some(device.to_owned()), Some(kind)));
        assert_eq!(got, expected, "{text}");
    };
    check("kind: nvidia.com/gpu\ndevices:\n- name: 0\n", Some(("0", "nvidia.com/gpu")));
    check("{\"kind\": \"a/b\", \"devices\": [{\"name\": \"x\"}]}", Some(("x", "a/b")));
    check("devices: no", None);
    check("a: [", None);
}

proptest! {
    #[test]
    fn never_panics(text in ".*", json: bool) {
        let _ = parse_cdi(&text, json);
    }

    #[test]
    fn never_panics_on_a_damaged_file(at in 0..YAML.len(), junk in "[\\PC\n\t:&*!-]{0,4}") {
        let text = format!("{}{junk}{}", &YAML[..at], &YAML[(at + 1).min(YAML.len())..]);
        let _ = parse_cdi(&text, false);
    }
}
