//! Registries that fail: each failure has its sentence, what passes is tried again, and no tag names
//! half an image.

use super::{
    docker::{BASE, Engine, build},
    proxy::{ALWAYS, Fault, Proxy, Rule},
    push::random,
    registry::{Registry, Wish, free_port},
};
use crate::support::Run;
use std::time::{Duration, Instant};

/// What is asked before the push and after it.
const QUESTION: (&str, &str) = ("GET", "/manifests/");
/// Where a layer begins to be sent.
const UPLOAD: (&str, &str) = ("POST", "/blobs/uploads/");

/// Where it is sent.
const LAYER: (&str, &str) = ("PATCH", "/blobs/uploads/");

/// Pushes through a proxy with this rule; what the program said, and whether the tag is there.
fn push_through(engine: &Engine, rules: Vec<Rule>) -> (Run, bool, Duration) {
    let registry = Registry::start();
    let proxy = Proxy::start(registry.port, rules);
    let scene = engine.scene();
    scene.file("random", random(3 << 20));
    let name = format!("{}/team/app:1.0", proxy.name());
    let built = build(&scene, &format!("FROM {BASE}\nCOPY random /\n"), &name);
    assert_eq!(built.code, Some(0), "{built:#?}");
    let started = Instant::now();
    let run = scene.run(&["image", "push", &name, "--format", "json"]);
    (run, registry.manifest("team/app", "1.0").is_some(), started.elapsed())
}

fn rule(what: (&'static str, &'static str), times: usize, fault: Fault) -> Rule {
    Rule { method: what.0, path: what.1, skip: 0, times, fault }
}

#[test]
fn each_failure_has_its_sentence() {
    let Some(engine) = Engine::shared() else { return };
    let check = |(what, fault, expected): (_, Fault, &str)| {
        let (run, there, _) = push_through(&engine, vec![rule(what, ALWAYS, fault.clone())]);
        assert_eq!(run.code, Some(3), "{fault:?}: {run:#?}");
        assert!(run.stderr.contains(expected), "{fault:?}: {}", run.stderr);
        let error = run.json()["images"][0]["error"].as_str().unwrap().to_owned();
        assert!(error.contains(expected), "{error}");
        assert!(!there, "{fault:?}");
    };
    let answer = |status| Fault::Answer(status, "");
    let cases = [
        (QUESTION, answer(401), "run `docker login"),
        (QUESTION, answer(403), "forbids it (403)"),
        (QUESTION, answer(429), "is asked too often (429)"),
        (QUESTION, answer(500), "failed (500), several times in a row"),
        (QUESTION, Fault::Cut(0), "cut the connection, several times in a row"),
        (UPLOAD, answer(401), "(401)"),
        (UPLOAD, answer(403), "forbids it (403)"),
        (UPLOAD, answer(404), "(404)"),
        (UPLOAD, answer(500), "failed (500)"),
        (UPLOAD, answer(507), "has no space left (507)"),
        (LAYER, Fault::Cut(1 << 20), "what is there already is not sent twice"),
        (("PUT", "/manifests/"), answer(500), "failed (500)"),
    ];
    // The engine itself tries for 50 s to send a layer: all at once takes no longer than one.
    std::thread::scope(|scope| {
        for case in cases {
            scope.spawn(|| check(case));
        }
    });
}

#[test]
fn what_passes_is_tried_again() {
    let Some(engine) = Engine::shared() else { return };
    let check = |rules: Vec<Rule>, attempts: u64, at_least: Duration| {
        let (run, there, took) = push_through(&engine, rules.clone());
        assert_eq!(run.code, Some(0), "{rules:?}: {run:#?}");
        assert!(there);
        assert_eq!(run.json()["images"][0]["attempts"], attempts, "{rules:?}: {run:#?}");
        assert!(took >= at_least, "{took:?}");
    };
    let no_wait = Duration::ZERO;
    check(vec![rule(QUESTION, 2, Fault::Answer(500, ""))], 1, no_wait);
    check(vec![rule(QUESTION, 2, Fault::Cut(0))], 1, no_wait);
    // The engine tries again by itself, 5 s later: in the middle of a layer of 3 MiB.
    check(vec![rule(LAYER, 1, Fault::Cut(1 << 20))], 1, Duration::from_secs(5));
    check(vec![rule(("PUT", "/manifests/"), 1, Fault::Answer(503, ""))], 2, no_wait);
    let later = Fault::Answer(429, "Retry-After: 2\r\n");
    check(vec![rule(QUESTION, 1, later.clone())], 1, Duration::from_secs(2));
    // The engine does not tell what the registry asks for; the program asks it once more.
    let again = Rule { skip: 1, ..rule(QUESTION, 1, later.clone()) };
    check(vec![rule(UPLOAD, 1, later), again], 2, Duration::from_secs(2));
}

#[test]
fn a_registry_that_wants_an_hour_is_not_waited_for() {
    let Some(engine) = Engine::shared() else { return };
    let later = Fault::Answer(429, "Retry-After: 3600\r\n");
    let (run, there, took) = push_through(&engine, vec![rule(QUESTION, ALWAYS, later)]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("left alone for 3600 s"), "{}", run.stderr);
    assert!(!there && took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_registry_that_loses_the_image_is_found_out() {
    let Some(engine) = Engine::shared() else { return };
    // The second question is the one after the push.
    let lost = Rule { skip: 1, ..rule(QUESTION, ALWAYS, Fault::Answer(404, "")) };
    let (run, _, _) = push_through(&engine, vec![lost]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("but the registry has `nothing` under that tag"), "{}", run.stderr);
}

#[test]
fn a_full_disk_is_told() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    let folder = scene.path("disk");
    std::fs::create_dir(&folder).unwrap();
    let disk = folder.display().to_string();
    assert!(scene.tool("mount", &["-t", "tmpfs", "-o", "size=2m", "tmpfs", &disk]));
    let registry = Registry::start_with(&Wish { data: Some(&folder), ..Wish::default() });
    scene.file("random", random(3 << 20)).file(".dockerignore", "disk");
    let name = format!("{}/team/app:1.0", registry.name());
    let built = build(&scene, &format!("FROM {BASE}\nCOPY random /\n"), &name);
    let run = scene.run(&["image", "push", &name]);
    let there = registry.manifest("team/app", "1.0").is_some();
    drop(registry);
    assert!(scene.tool("umount", &["--lazy", &disk]));
    assert_eq!(built.code, Some(0), "{built:#?}");
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("such as a full disk"), "{}", run.stderr);
    assert!(!there);
}

#[test]
fn nobody_and_something_else_are_told_apart() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    let check = |port: u16, expected: &str| {
        let name = format!("127.0.0.1:{port}/team/app:1.0");
        assert_eq!(build(&scene, &format!("FROM {BASE}\n"), &name).code, Some(0));
        let run = scene.run(&["image", "push", &name]);
        assert_eq!(run.code, Some(3), "{run:#?}");
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    };
    check(free_port(), "cannot be reached (the connection is refused)");
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut client, b"SSH-2.0-OpenSSH_9.2\r\n");
            // What was sent is read, so that the greeting arrives.
            let _ = std::io::Read::read(&mut client, &mut [0; 4096]);
        }
    });
    check(port, "is no registry");
}
