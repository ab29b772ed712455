//! Whole reports of whole machines, as a person or a program gets them.

use crate::support::{
    Run,
    machine::{self, Machine},
};

fn doctor(machine: Machine, faults: &str, more: &[&str]) -> Run {
    let scene = machine::scene(machine, faults);
    let mut arguments = vec!["doctor", "--root", "root"];
    arguments.extend(more);
    let output = machine::command(&scene, machine, &arguments).output().unwrap();
    scene.read(output)
}

/// The report of a machine whose files and driver are stood in for. What differs from one machine
/// that runs the test to the next is taken out.
fn shown(machine: Machine, faults: &str, more: &[&str]) -> String {
    let run = doctor(machine, faults, more);
    let architecture = format!(", {}", std::env::consts::ARCH);
    let text = run.stdout.replace(&architecture, ", ARCH");
    format!("exit {:?}\n{text}", run.code)
}

#[test]
fn a_healthy_machine_is_one_screen() {
    for machine in [Machine::H200, Machine::EightH100, Machine::A100Mig, Machine::Wsl] {
        let text = shown(machine, "", &[]);
        assert!(text.lines().count() <= 24, "{machine:?}: {text}");
    }
}

#[test]
fn healthy() {
    insta::assert_snapshot!("h200", shown(Machine::H200, "", &[]));
    insta::assert_snapshot!("eight-h100", shown(Machine::EightH100, "", &[]));
    insta::assert_snapshot!("rtx-4060-wsl", shown(Machine::Wsl, "", &[]));
}

#[test]
fn broken() {
    insta::assert_snapshot!("no-gpu", shown(Machine::NoGpu, "", &[]));
    let mismatch = "nvmlInit_v2=18;cuInit=803";
    let text = shown(Machine::H200, mismatch, &[]);
    let sample = text.split_once('\n').unwrap().1.replace(", ARCH", ", x86_64");
    let readme = std::fs::read_to_string(crate::support::checkout().join("README.md")).unwrap();
    assert!(readme.contains(sample.trim_end()), "the sample in the README is not this:\n{sample}");
    insta::assert_snapshot!("version-mismatch", text);
    insta::assert_snapshot!("lost-gpu", shown(Machine::EightH100, "lost_gpu@3", &[]));
    let wrong = "wrong_result";
    insta::assert_snapshot!("wrong-result", shown(Machine::H200, wrong, &[]));
    insta::assert_snapshot!("hung", shown(Machine::H200, "cuInit=hang", &["--deadline", "1"]));
}

#[test]
fn formats() {
    for format in ["json", "sarif", "junit", "github", "gitlab"] {
        let text = shown(Machine::NoGpu, "", &["--format", format]);
        insta::assert_snapshot!(format!("no-gpu-{format}"), text);
    }
    let faults = "nvmlInit_v2=18;cuInit=803";
    insta::assert_snapshot!("fix-script", shown(Machine::H200, faults, &["--fix-script"]));
}
