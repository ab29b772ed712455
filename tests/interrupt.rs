//! Ctrl-C in the middle of a burn: the run ends soon, and what was measured is reported.
#![expect(clippy::disallowed_methods, reason = "the test sends a signal with `kill`")]

use crate::support::machine::{self, Machine};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

#[test]
fn a_burn_ends_early_and_reports() {
    let scene = machine::scene(Machine::H200, "");
    let arguments = ["doctor", "--root", "root", "--burn", "5", "--format", "json"];
    let mut child = machine::command(&scene, Machine::H200, &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first line of progress says that kernels run.
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("running kernels") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "no progress was shown");
    }
    let started = Instant::now();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let run = scene.read(child.wait_with_output().unwrap());
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert_eq!(run.code, Some(3), "{run:#?}");
    let report = run.json();
    let unlooked = report["could_not_look"].to_string();
    assert!(unlooked.contains("the rest of the run on the GPUs"), "{unlooked}");
}
