//! Whether containerd's configuration names an NVIDIA runtime or CDI.

use crate::{Reading, read::root::Root};
use toml::{Table, Value};

const FILES: [&str; 4] = [
    "/etc/containerd/config.toml",
    "/var/lib/rancher/k3s/agent/etc/containerd/config.toml",
    "/var/lib/rancher/rke2/agent/etc/containerd/config.toml",
    "/var/snap/microk8s/current/args/containerd.toml",
];
const DROP_INS: &str = "/etc/containerd/conf.d";

/// `Absent` where containerd has no configuration.
pub(super) fn read(root: &Root) -> Reading<bool> {
    let listed = root.names(DROP_INS);
    let names = listed.found().map(Vec::as_slice).unwrap_or_default();
    let drop_ins = names.iter().filter(|name| name.ends_with(".toml"));
    let drop_ins = drop_ins.map(|name| format!("{DROP_INS}/{name}"));
    let mut answer = match &listed {
        Reading::Unknown(reason) => Reading::Unknown(reason.clone()),
        Reading::Found(_) | Reading::Absent => Reading::Absent,
    };
    for path in FILES.map(str::to_owned).into_iter().chain(drop_ins) {
        let one = root.text(&path).and_then(|text| match parse_containerd(&text) {
            Ok(names_nvidia) => Reading::Found(names_nvidia),
            Err(reason) => Reading::Unknown(format!("`{path}`: {reason}")),
        });
        answer = stronger(answer, one);
    }
    answer
}

/// One file that names NVIDIA settles it; one that could not be read leaves it open.
fn stronger(one: Reading<bool>, other: Reading<bool>) -> Reading<bool> {
    let weight = |reading: &Reading<bool>| match reading {
        Reading::Found(true) => 3,
        Reading::Unknown(_) => 2,
        Reading::Found(false) => 1,
        Reading::Absent => 0,
    };
    if weight(&other) > weight(&one) { other } else { one }
}

pub(in crate::read) fn parse_containerd(text: &str) -> Result<bool, String> {
    let table: Table = toml::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    Ok(names_nvidia(&table))
}

/// The plugin's name, and so the place of these keys, differs between versions 1, 2 and 3 of the
/// format; the keys do not.
fn names_nvidia(table: &Table) -> bool {
    table.iter().any(|(key, value)| match (key.as_str(), value) {
        ("enable_cdi", Value::Boolean(on)) => *on,
        ("default_runtime_name" | "BinaryName", Value::String(text)) => text.contains("nvidia"),
        ("runtimes", Value::Table(runtimes)) => {
            runtimes.keys().any(|name| name.contains("nvidia")) || names_nvidia(runtimes)
        }
        (_, Value::Table(inner)) => names_nvidia(inner),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tree::Tree;
    use proptest::prelude::*;

    const NVIDIA_V2: &str = r#"
version = 2
[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".containerd]
      default_runtime_name = "runc"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]
        runtime_type = "io.containerd.runc.v2"
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia.options]
          BinaryName = "/usr/bin/nvidia-container-runtime"
"#;

    #[test]
    fn reads_each_version_of_the_format() {
        let check = |text: &str, expected: Option<bool>| {
            assert_eq!(parse_containerd(text).ok(), expected, "{text}");
        };
        check(NVIDIA_V2, Some(true));
        check(
            "version = 3\n[plugins.'io.containerd.cri.v1.runtime']\n  enable_cdi = true\n",
            Some(true),
        );
        check("version = 2\n[plugins.cri]\nenable_cdi = false\n", Some(false));
        check(
            "[plugins.cri.containerd.runtimes.gpu.options]\nBinaryName = 'nvidia-container-runtime'",
            Some(true),
        );
        check("[plugins.cri.containerd.runtimes.runc]\nruntime_type = 'nvidia'", Some(false));
        check("disabled_plugins = [\"cri\"]\n", Some(false));
        check("", Some(false));
        check("version = ", None);
        check("<xml/>", None);
    }

    #[test]
    fn one_file_settles_it() {
        let check = |files: &[(&str, &str)], expected: Option<bool>, unknown: bool| {
            let got = read(&Tree::new(files).root());
            assert_eq!(got.found().copied(), expected, "{files:?}");
            assert_eq!(got.unknown().is_some(), unknown, "{files:?}");
        };
        let main = "etc/containerd/config.toml";
        let drop_in = "etc/containerd/conf.d/99-nvidia.toml";
        check(&[], None, false);
        check(&[(main, "version = 2")], Some(false), false);
        check(&[(main, "version = 2"), (drop_in, NVIDIA_V2)], Some(true), false);
        check(&[(main, "broken"), (drop_in, NVIDIA_V2)], Some(true), false);
        check(&[(main, "broken"), (drop_in, "version = 3")], None, true);
        check(&[("etc/containerd/conf.d/note.md", NVIDIA_V2)], None, false);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*") {
            let _ = parse_containerd(&text);
        }

        #[test]
        fn never_panics_on_a_damaged_file(at in 0..NVIDIA_V2.len(), junk in "[\\PC\n]{0,4}") {
            let _ = parse_containerd(&format!("{}{junk}{}", &NVIDIA_V2[..at], &NVIDIA_V2[at..]));
        }
    }
}
