//! `doctor` through the program: a machine without a GPU, saved facts, formats and faults.

use crate::support::{
    Run, Scene, driver,
    machine::{self, Machine},
};
use serde_json::Value;

/// The doctor on a tree without a GPU: its root is an empty machine.
fn on_empty_machine(scene: &Scene, more: &[&str]) -> Run {
    scene.file("root/sys/bus/pci/devices/.keep", "");
    scene.file("root/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n");
    let mut arguments = vec!["doctor", "--root", "root"];
    arguments.extend(more);
    scene.run(&arguments)
}

#[test]
fn a_machine_without_a_gpu_is_told_so() {
    let scene = Scene::new();
    let run = on_empty_machine(&scene, &["--format", "json"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let report = run.json();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["exit_code"], 1);
    assert_eq!(report["root_cause"], "gpu/no-nvidia-device");
    let finding = &report["findings"][0];
    for key in ["code", "level", "message", "place", "help", "data"] {
        assert!(!finding[key].is_null(), "{key} in {finding}");
    }
}

#[test]
fn saved_facts_are_judged_the_same() {
    let scene = Scene::new();
    let live = on_empty_machine(&scene, &["--format", "json", "--save", "facts.json"]).json();
    let saved = scene.run(&["doctor", "--from", "facts.json", "--format", "json"]);
    assert_eq!(saved.code, Some(1), "{saved:#?}");
    assert_eq!(saved.json(), live);
    let again = scene.run(&["doctor", "--from", "facts.json", "--save", "again.json"]);
    assert_eq!(again.code, Some(1), "{again:#?}");
    let read = |name: &str| std::fs::read(scene.path(name)).unwrap();
    assert_eq!(read("facts.json"), read("again.json"), "round trip");
}

#[test]
fn facts_come_from_standard_input_too() {
    let scene = Scene::new();
    on_empty_machine(&scene, &["--save", "facts.json"]);
    let facts = std::fs::read(scene.path("facts.json")).unwrap();
    let run = scene.run_with_input(&["doctor", "--from", "-", "--format", "json"], &facts);
    assert_eq!(run.json()["root_cause"], "gpu/no-nvidia-device");
}

#[test]
fn a_bad_facts_file_is_named() {
    let scene = Scene::new();
    on_empty_machine(&scene, &["--save", "facts.json"]);
    let facts = std::fs::read_to_string(scene.path("facts.json")).unwrap();
    let check = |content: &[u8], expected: &str| {
        scene.file("bad.json", content);
        let run = scene.run(&["doctor", "--from", "bad.json"]);
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains(expected), "no {expected:?} in {run:#?}");
        assert!(run.stderr.contains("bad.json"), "{run:#?}");
    };
    check(facts.replacen("\"schema\": 1", "\"schema\": 2", 1).as_bytes(), "newer");
    check(&facts.as_bytes()[..facts.len() / 2], "ends in the middle");
    check(b"{\"name\": \"something else\"}", "schema");
    check(b"", "empty");
    check(b"\xff\xfe{\0", "UTF-16");
    check(b"\x7fELF\x02\xff", "not text");
    check(b"{]", "JSON");
    assert_eq!(scene.run(&["doctor", "--from", "nowhere.json"]).code, Some(2));
}

#[test]
fn nothing_personal_is_left_after_redaction() {
    let scene = Scene::new();
    scene.file("root/etc/hostname", "secret-host\n");
    scene.file("root/proc/sys/kernel/hostname", "secret-host\n");
    let run = on_empty_machine(&scene, &["--redact", "--save", "facts.json"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let facts = std::fs::read_to_string(scene.path("facts.json")).unwrap();
    assert!(!facts.contains("secret-host"), "{facts}");
    assert!(facts.contains("\"redacted\": true"), "{facts}");
}

#[test]
fn every_format_is_well_formed() {
    let scene = Scene::new();
    let of = |format: &str| on_empty_machine(&scene, &["--format", format]);
    let sarif: Value = of("sarif").json();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "gpu/no-nvidia-device");
    let gitlab: Value = of("gitlab").json();
    assert_eq!(gitlab[0]["check_name"], "gpu/no-nvidia-device");
    let github = of("github").stdout;
    assert!(github.contains("::error file=altlas.toml,title=gpu/no-nvidia-device::"), "{github}");
    let junit = of("junit").stdout;
    assert!(junit.contains("<testsuites"), "{junit}");
    assert!(junit.contains("gpu/no-nvidia-device"), "{junit}");
}

#[test]
fn the_report_fits_a_plain_terminal() {
    let run = on_empty_machine(&Scene::new(), &[]);
    assert!(!run.stdout.contains('\u{1b}'), "colour without a terminal: {run:#?}");
    for line in run.stdout.lines().filter(|line| !line.contains('$')) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn an_output_file_is_written_whole() {
    let scene = Scene::new();
    let run = on_empty_machine(&scene, &["--format", "json", "--output", "report.json"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stdout, "");
    let report = std::fs::read_to_string(scene.path("report.json")).unwrap();
    assert!(serde_json::from_str::<Value>(&report).is_ok());
    let nowhere = on_empty_machine(&scene, &["--output", "no/such/folder/report.json"]);
    assert_eq!(nowhere.code, Some(3), "{nowhere:#?}");
    assert!(nowhere.stderr.contains("no/such/folder/report.json"), "{nowhere:#?}");
}

#[test]
fn levels_and_accepts_change_the_verdict() {
    let scene = Scene::new();
    let with = |config: &str, more: &[&str], code: i32| {
        scene.file("altlas.toml", format!("schema = 1\n{config}"));
        let run = on_empty_machine(&scene, more);
        assert_eq!(run.code, Some(code), "{config} {run:#?}");
        run.stdout
    };
    // A lowered finding does not make a machine healthy: CUDA was not seen to work.
    let lowered = "[levels]\n\"gpu/no-nvidia-device\" = \"warning\"\n";
    with(lowered, &[], 3);
    with(lowered, &["--fail-on", "warning"], 1);
    let accepted = "[[accept]]\ncode = \"gpu/no-nvidia-device\"\nreason = \"a builder\"\n";
    let shown = with(accepted, &[], 3);
    assert!(shown.contains("a builder"), "{shown}");
    let expired = format!("{accepted}until = \"2020-01-31\"\n");
    let shown = with(&expired, &[], 1);
    assert!(shown.contains("config/accept-expired"), "{shown}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::Stdio;
    let scene = Scene::new();
    let mut child = scene
        .command(&["explain", "--list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_closed_pipe_does_not_make_a_machine_healthy() {
    use std::process::Stdio;
    let scene = Scene::new();
    on_empty_machine(&scene, &["--save", "facts.json"]);
    let mut child = scene
        .command(&["doctor", "--from", "facts.json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_fix_script_is_a_shell_script_that_runs_nothing() {
    let run = on_empty_machine(&Scene::new(), &["--fix-script"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stdout.starts_with("#!/bin/sh\n"), "{run:#?}");
    assert!(run.stdout.contains("gpu/no-nvidia-device"), "{run:#?}");
}

#[test]
fn a_gpu_that_hangs_hides_no_other() {
    let scene = Scene::new();
    machine::build(&scene, Machine::EightH100);
    let libraries = scene.path("root").join(driver::FOLDER).display().to_string();
    let scene = scene
        .env("LD_LIBRARY_PATH", libraries)
        .env("ALTLAS_FAKE_DRIVER", "profile=8xh100;nvmlDeviceGetTemperature@5=hang");
    let arguments = ["doctor", "--root", "root", "--no-smoke", "--deadline", "1"];
    let run = scene.run(&[&arguments[..], &["--redact", "--save", "facts.json"]].concat());
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stdout.contains("GPU 0-4,6-7  7 × NVIDIA H100 80GB HBM3, "), "{run:#?}");
    assert!(run.stdout.contains("GPU 5        did not answer"), "{run:#?}");
    assert!(run.stdout.contains("`nvmlDeviceGetTemperature(5)` did not return"), "{run:#?}");

    let facts = std::fs::read(scene.path("facts.json")).unwrap();
    let facts: Value = serde_json::from_slice(&facts).unwrap();
    let gpu = &facts["nvml"]["hung"]["partial"]["gpus"][6];
    assert_eq!(gpu["temperature_c"]["found"], 31, "{gpu}");
    assert_eq!(gpu["pcie"]["gpu_max"]["width"]["found"], 16, "{gpu}");
    // What is kept is redacted too.
    assert!(gpu["uuid"]["found"].as_str().unwrap().starts_with("GPU-redacted-"), "{gpu}");
    let saved = scene.run(&["doctor", "--from", "facts.json", "--format", "json"]);
    assert_eq!(saved.json()["root_cause"], "gpu/driver-hung");
}

#[test]
fn one_thing_is_not_written_over_another() {
    let scene = Scene::new();
    scene.file("altlas.toml", "schema = 1\n");
    for more in [
        &["--save", "altlas.toml"][..],
        &["--output", "altlas.toml"],
        &["--save", "same.json", "--output", "same.json"],
        &["--save", "-"],
    ] {
        let run = on_empty_machine(&scene, more);
        assert_eq!(run.code, Some(2), "{more:?} {run:#?}");
    }
    assert_eq!(std::fs::read_to_string(scene.path("altlas.toml")).unwrap(), "schema = 1\n");
}

#[test]
fn facts_go_through_a_pipe() {
    let scene = Scene::new();
    let sent = on_empty_machine(&scene, &["--save", "-", "--output", "report.txt"]);
    let judged = scene.run_with_input(&["doctor", "--from", "-"], sent.stdout.as_bytes());
    assert_eq!(judged.code, Some(1), "{judged:#?}");
    assert!(judged.stdout.starts_with("ok facts "), "{judged:#?}");
}
