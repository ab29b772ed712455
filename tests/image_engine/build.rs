//! `image build`: what is sent, what is shown, what gets a name.

use super::docker::{BASE, Engine, build};
use crate::support::Scene;
use std::os::unix::fs::symlink;

#[test]
fn builds_names_and_keeps_the_log() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    scene
        .file("app/main.py", "print()")
        .file("app/secret.key", "x")
        .file(".dockerignore", "**/*.key");
    let text = format!(
        "FROM {BASE} AS builder\nRUN echo one >/made && echo the step speaks >&2\n\
         FROM {BASE} AS app\nCOPY --from=builder /made /made\nCOPY app /app\n\
         RUN [\"test\", \"-e\", \"/app/main.py\"]\nRUN [\"test\", \"!\", \"-e\", \"/app/secret.key\"]\n"
    );
    let name = "altlas-test/named:1.0";
    let run = build(&scene, &text, name);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let id = engine.image(name)["Id"].as_str().unwrap().to_owned();
    assert!(run.stdout.contains(&id) && run.stdout.contains(name), "{run:#?}");
    // Not on a terminal, every step gets a line when it ends.
    assert!(run.stderr.contains("RUN echo one"), "{}", run.stderr);
    let log = std::fs::read_to_string(scene.path("target/altlas/build/image.log")).unwrap();
    assert!(log.contains("the step speaks"), "{log}");
}

#[test]
fn shows_the_plan_as_data_and_builds_nothing() {
    let scene = Scene::new().env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    scene.file("Dockerfile", "FROM scratch\n").file("data", "12345");
    let name = "altlas-test/planned:1.0";
    let arguments = ["image", "build", "--file", "Dockerfile", "--tag", name, "--dry-run"];
    let run = scene.run(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!(run.code, Some(0), "{run:#?}");
    let image = &run.json()["images"][0];
    assert_eq!(image["references"][0], name);
    assert_eq!(image["context"]["files"], 1);
    assert_eq!(image["context"]["bytes"], 5);
    assert_eq!(image["engine"], "unix:///nowhere/docker.sock");
    assert!(!scene.path("target").exists());
    // Without `--dry-run` it is said that nobody is there.
    let run = scene.run(&["image", "build", "--file", "Dockerfile", "--tag", name]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("no Docker Engine answers at `unix:///nowhere/docker.sock`"));
}

#[test]
fn a_failed_step_is_shown_and_nothing_is_named() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    let name = "altlas-test/failed:1.0";
    let text = format!("FROM {BASE}\nRUN echo the reason >&2; exit 7\n");
    let run = build(&scene, &text, name);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("the build failed") && run.stderr.contains("exit code: 7"));
    assert!(run.stderr.contains("\nthe reason\n"), "{}", run.stderr);
    assert!(run.stderr.contains("target/altlas/build/image.log"));
    assert!(!engine.has(name));
}

#[test]
fn refuses_files_that_cannot_be_sent() {
    let scene = Scene::new();
    scene.file("Dockerfile", "FROM scratch\n");
    let arguments = ["image", "build", "--file", "Dockerfile", "--tag", "a:1", "--dry-run"];
    symlink("/etc/passwd", scene.path("link")).unwrap();
    let run = scene.run(&arguments);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("`link` is a link to `/etc/passwd`, which is outside"));
    scene.file(".dockerignore", "link\n[");
    let run = scene.run(&arguments);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("line 2: `[` is no pattern"), "{}", run.stderr);
    scene.file(".dockerignore", "link\n");
    assert_eq!(scene.run(&arguments).code, Some(0));
}

#[test]
fn asks_for_a_name_and_a_way_to_the_engine() {
    let scene = Scene::new();
    scene.file("Dockerfile", "FROM scratch\n");
    let check = |arguments: &[&str], expected: &str| {
        let run = scene.run(&[&["image"], arguments].concat());
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    };
    check(&["build"], "there is no config; name a Dockerfile with `--file`");
    check(&["build", "--file", "Dockerfile"], "name it with `--tag REPOSITORY:TAG`");
    check(&["build", "--file", "Dockerfile", "--tag", "A:1"], "lower case");
    check(&["push", "name"], "is no image of the config");
    check(&["push"], "there is no config, so name an image");
    check(&["push", "a:1", "--host", "ssh://host"], "forward the socket");
}
