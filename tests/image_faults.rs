//! `image check` against Dockerfiles with known CUDA faults: it finds each at its line, and nothing else.

use crate::support::{Scene, checkout};
use serde::Deserialize;
use std::{collections::BTreeSet, path::PathBuf};

#[derive(Deserialize)]
struct Known {
    file: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    name: String,
    #[serde(default)]
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    line: u64,
    code: String,
    why: String,
    source: String,
    missed_because: Option<String>,
}

fn folder() -> PathBuf {
    checkout().join("tests/fixtures/dockerfiles")
}

fn known() -> Vec<File> {
    let text = std::fs::read_to_string(folder().join("faults.toml")).unwrap();
    toml::from_str::<Known>(&text).unwrap().file
}

#[test]
fn every_known_fault_is_found_and_nothing_else() {
    let scene = Scene::new();
    let mut wrong = Vec::new();
    for file in known() {
        let name = format!("{}.Dockerfile", file.name);
        scene.file(&name, std::fs::read(folder().join("faults").join(&name)).unwrap());
        let run = scene.run(&["image", "check", "--no-hadolint", "--format", "json", &name]);
        let report = run.json();
        let findings = report["findings"].as_array().unwrap();
        // A note says what is good to know, and is no alarm.
        let is_alarm = |level: &str| matches!(level, "error" | "warning");
        let found = |all: bool| -> BTreeSet<(u64, String)> {
            let counted = findings
                .iter()
                .filter(|finding| all || is_alarm(finding["level"].as_str().unwrap()));
            counted
                .map(|finding| {
                    let line = finding["place"]["line"].as_u64().unwrap_or(0);
                    (line, finding["code"].as_str().unwrap().to_owned())
                })
                .collect()
        };
        let faults: BTreeSet<(u64, String)> =
            file.faults.iter().map(|fault| (fault.line, fault.code.clone())).collect();
        let (all, alarms) = (found(true), found(false));
        for fault in &file.faults {
            let is_found = all.contains(&(fault.line, fault.code.clone()));
            match (&fault.missed_because, is_found) {
                (None, false) => {
                    wrong.push(format!("{name}:{} {} is missed", fault.line, fault.code))
                }
                (Some(_), true) => {
                    wrong.push(format!("{name}:{} {} is found by now", fault.line, fault.code));
                }
                (None, true) | (Some(_), false) => {}
            }
        }
        for (line, code) in alarms.difference(&faults) {
            wrong.push(format!("{name}:{line} {code} is a false alarm"));
        }
    }
    assert!(wrong.is_empty(), "\n  {}", wrong.join("\n  "));
}

#[test]
fn the_set_is_whole() {
    let known = known();
    assert_eq!(known.len(), 60);
    assert!(known.iter().filter(|file| file.faults.is_empty()).count() >= 10);
    let names: Vec<&str> = known.iter().map(|file| file.name.as_str()).collect();
    assert!(names.is_sorted());
    for fault in known.iter().flat_map(|file| &file.faults) {
        assert!(fault.why.len() > 20 && !fault.source.is_empty(), "{}", fault.code);
    }
    let files = std::fs::read_dir(folder().join("faults")).unwrap();
    let mut there: Vec<String> = files
        .map(|entry| entry.unwrap().file_name().to_string_lossy().replace(".Dockerfile", ""))
        .collect();
    there.sort();
    assert_eq!(there, names);
}

#[cfg(unix)]
mod with_hadolint {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A folder for `PATH` with a program `hadolint` that does this.
    fn hadolint(scene: &Scene, script: &str) -> String {
        scene.file("bin/hadolint", format!("#!/bin/sh\n{script}\n"));
        let path = scene.path("bin/hadolint");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        format!("{}:/usr/bin:/bin", scene.path("bin").display())
    }

    const CLEAN: &str = "FROM nvidia/cuda:12.8.1-base-ubuntu24.04\nUSER 1000\nCMD [\"/app\"]\n";
    const ANSWER: &str = r#"echo '[{"code":"DL3008","column":1,"file":"Dockerfile","level":"warning","line":2,"message":"Pin versions."}]'"#;

    #[test]
    fn its_findings_join_the_report() {
        let scene = Scene::new();
        let path = hadolint(&scene, ANSWER);
        let scene = scene.env("PATH", path);
        scene.file("Dockerfile", CLEAN);
        let run = scene.run(&["image", "check", "--format", "json", "Dockerfile"]);
        assert_eq!(run.code, Some(0), "{run:#?}");
        let report = run.json();
        let found = &report["findings"][0];
        assert_eq!(found["code"], "hadolint/DL3008");
        assert_eq!(found["level"], "warning");
        assert_eq!(found["place"]["line"], 2);
        let run = scene.run(&["image", "check", "--no-hadolint", "--format", "json", "Dockerfile"]);
        assert_eq!(run.json()["findings"].as_array().unwrap().len(), 0);
        scene.file("altlas.toml", "schema = 1\n[levels]\nhadolint = \"error\"\n");
        assert_eq!(scene.run(&["image", "check", "Dockerfile"]).code, Some(1));
        scene.file(
            "altlas.toml",
            "schema = 1\n[levels]\nhadolint = \"error\"\n[[accept]]\ncode = \"hadolint/DL3008\"\nreason = \"lab\"\n",
        );
        assert_eq!(scene.run(&["image", "check", "Dockerfile"]).code, Some(0));
        let run = scene.run(&["explain", "hadolint/DL3008"]);
        assert!(run.stdout.contains("hadolint/wiki/DL3008"), "{run:#?}");
    }

    #[test]
    fn one_that_fails_is_told() {
        let scene = Scene::new();
        let path = hadolint(&scene, "echo broken >&2; exit 7");
        let scene = scene.env("PATH", path);
        scene.file("Dockerfile", CLEAN);
        let run = scene.run(&["image", "check", "Dockerfile"]);
        assert_eq!(run.code, Some(3), "{run:#?}");
        assert!(run.stdout.contains("hadolint failed: broken"), "{run:#?}");
    }
}
