//! What is left when somebody dies in the middle: the engine, or the program by Ctrl-C.
#![expect(clippy::disallowed_methods, reason = "the test sends a signal with `kill`")]

use super::docker::{BASE, Engine, OwnEngine};
use crate::support::{Run, Scene};
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const NAME: &str = "altlas-test/interrupted:1.0";

/// Starts a build, and waits until it is in the middle of a long step.
fn in_the_middle(scene: &Scene) -> Child {
    scene.file("Dockerfile", format!("FROM {BASE}\nRUN echo in the middle && sleep 15\n"));
    let arguments = [
        "image",
        "build",
        "--file",
        "Dockerfile",
        "--network",
        "none",
        "--tag",
        NAME,
        "--no-cache",
    ];
    let child =
        scene.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let log = scene.path("target/altlas/build/image.log");
    let started = Instant::now();
    let is_there =
        || std::fs::read_to_string(&log).is_ok_and(|log| log.contains("\nin the middle\n"));
    while !is_there() {
        assert!(started.elapsed() < Duration::from_secs(60), "the step does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn ended_soon(scene: &Scene, child: Child) -> Run {
    let started = Instant::now();
    let run = scene.read(child.wait_with_output().unwrap());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    run
}

#[test]
fn an_engine_that_dies_leaves_no_name() {
    if Engine::shared().is_none() {
        return;
    }
    let own = OwnEngine::start();
    let scene = own.engine.scene();
    let child = in_the_middle(&scene);
    own.kill();
    let run = ended_soon(&scene, child);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(
        run.stderr.contains("stopped answering in the middle of the build; nothing was tagged"),
        "{}",
        run.stderr
    );
    let run = scene.run(&["image", "push", NAME]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("no Docker Engine answers"), "{}", run.stderr);
}

#[test]
fn ctrl_c_leaves_no_name() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    let child = in_the_middle(&scene);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let run = ended_soon(&scene, child);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("stopped in the middle of the build; nothing was tagged"));
    assert!(!engine.has(NAME));
}
