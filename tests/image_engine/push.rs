//! `image push`: from the config to the registry and back.

use super::{
    docker::{BASE, Engine, build},
    registry::{PASSWORD, Registry, USER, Wish},
};
use crate::support::Scene;
use std::process::Stdio;

/// A product in a Git checkout, whose images go to `repository`.
fn product(scene: &Scene, repository: &str, also: &[String]) {
    let config = format!(
        "schema = 1\n[project]\nname = \"shop\"\nversion = \"1.2.0\"\n\
         [registry]\nrepository = \"{repository}\"\nalso = {also:?}\nfrontend = \"\"\n\
         tag = \"{{version}}-{{image}}-g{{commit}}\"\n\
         [image.prod]\nbase = \"{BASE}\"\ncopy = [\"app\"]\nentrypoint = [\"/bin/sh\"]\n"
    );
    scene.file("altlas.toml", config).file("app/main.sh", "echo hello\n");
    scene.file(".gitignore", ".cache\n.docker\n");
    assert!(scene.tool("git", &["init", "--quiet"]));
    commit(scene);
}

fn commit(scene: &Scene) {
    assert!(scene.tool("git", &["add", "--all"]));
    let name = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    assert!(scene.tool("git", &[&name[..], &["commit", "--quiet", "-m", "state"]].concat()));
}

/// The reference that `image build` says it will give.
fn planned(scene: &Scene) -> String {
    let run = scene.run(&["image", "build", "--dry-run", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    run.json()["images"][0]["references"][0].as_str().unwrap().to_owned()
}

#[test]
fn a_product_goes_to_its_registries_and_comes_back_the_same() {
    let Some(engine) = Engine::shared() else { return };
    let (first, second) = (Registry::start(), Registry::start());
    let scene = engine.scene();
    let repository = format!("{}/team/shop", first.name());
    product(&scene, &repository, &[format!("{}/mirror", second.name())]);
    let reference = planned(&scene);
    let run = scene.run(&["image", "build", "--network", "none"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    // The log of the build and what it rendered do not make the checkout dirty.
    assert_eq!(planned(&scene), reference);
    // What it was rendered with tests it.
    let run = scene.run(&["image", "test", "--no-gpu"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(scene.path("target/altlas/evidence/prod.json").exists());
    let run = scene.run(&["image", "push", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let images = run.json()["images"].clone();
    assert_eq!(images[0]["result"], "pushed", "{images:#}");
    assert_eq!(images[0]["reference"], reference.as_str());
    assert_eq!(images[1]["result"], "pushed");
    let digest = images[0]["digest"].as_str().unwrap().to_owned();
    let tag = reference.rsplit(':').next().unwrap();
    assert!(tag.starts_with("1.2.0-prod-g"), "{tag}");
    assert_eq!(first.manifest("team/shop", tag).unwrap().digest, digest);
    assert_eq!(second.manifest("mirror", tag).unwrap().digest, digest);
    let id = engine.image(&reference)["Id"].clone();
    engine.pull_anew(&repository, tag);
    let back = engine.image(&reference);
    assert_eq!(back["Id"], id);
    assert_eq!(back["RepoDigests"][0], format!("{repository}@{digest}"));
    // A second time there is nothing to do.
    let run = scene.run(&["image", "push", "--format", "json"]);
    assert_eq!(run.json()["images"][0]["result"], "already-there");
    assert_eq!(run.code, Some(0));
}

#[test]
fn what_no_commit_has_is_not_pushed() {
    let Some(engine) = Engine::shared() else { return };
    let registry = Registry::start();
    let scene = engine.scene();
    product(&scene, &format!("{}/team/dirty", registry.name()), &[]);
    scene.file("app/main.sh", "echo changed\n");
    let reference = planned(&scene);
    assert!(reference.ends_with("-dirty"), "{reference}");
    let run = scene.run(&["image", "build", "--network", "none"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(engine.has(&reference));
    let run = scene.run(&["image", "push"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("files differ from the commit"), "{}", run.stderr);
    let tag = reference.rsplit(':').next().unwrap();
    assert_eq!(registry.manifest("team/dirty", tag), None);
    // Once they are committed, it is.
    commit(&scene);
    assert_eq!(scene.run(&["image", "build", "--network", "none"]).code, Some(0));
    assert_eq!(scene.run(&["image", "push"]).code, Some(0));
}

#[test]
fn a_version_is_pushed_once() {
    let Some(engine) = Engine::shared() else { return };
    let registry = Registry::start();
    let scene = engine.scene();
    let name = format!("{}/team/once:1.0", registry.name());
    assert_eq!(build(&scene, &format!("FROM {BASE}\nLABEL is=first\n"), &name).code, Some(0));
    assert_eq!(scene.run(&["image", "push", &name]).code, Some(0));
    let digest = registry.manifest("team/once", "1.0").unwrap().digest;
    assert_eq!(build(&scene, &format!("FROM {BASE}\nLABEL is=second\n"), &name).code, Some(0));
    let run = scene.run(&["image", "push", &name]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("is another image already"), "{}", run.stderr);
    assert!(run.stderr.contains(&digest) && run.stderr.contains("raise `[project] version`"));
    assert_eq!(registry.manifest("team/once", "1.0").unwrap().digest, digest);
}

#[test]
fn two_pushes_at_once_end_with_one_image() {
    let Some(engine) = Engine::shared() else { return };
    let registry = Registry::start();
    let scene = engine.scene();
    scene.file("random", random(4 << 20));
    let name = format!("{}/team/twice:1.0", registry.name());
    assert_eq!(build(&scene, &format!("FROM {BASE}\nCOPY random /\n"), &name).code, Some(0));
    let push = || {
        let mut command = scene.command(&["image", "push", &name, "--format", "json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [push(), push()].map(|child| scene.read(child.wait_with_output().unwrap()));
    let mut results: Vec<String> = Vec::new();
    for run in &both {
        assert_eq!(run.code, Some(0), "{run:#?}");
        results.push(run.json()["images"][0]["result"].as_str().unwrap().to_owned());
    }
    results.sort();
    assert_eq!(results, ["already-there", "pushed"]);
    assert_eq!(both[0].json()["images"][0]["digest"], both[1].json()["images"][0]["digest"]);
}

#[test]
fn a_password_with_any_sign_works_and_is_never_shown() {
    let Some(engine) = Engine::shared() else { return };
    let registry = Registry::start_with(&Wish { password: true, ..Wish::default() });
    let scene = engine.scene();
    let path = format!("{}:/usr/bin:/bin", scene.path("helpers").display());
    let scene = scene.env("PATH", path);
    let name = format!("{}/team/secret:1.0", registry.name());
    assert_eq!(build(&scene, &format!("FROM {BASE}\nLABEL is=secret\n"), &name).code, Some(0));
    let check = |config: Option<String>, code: i32, expected: &str| {
        let path = scene.path(".docker/config.json");
        let _ = std::fs::remove_file(&path);
        if let Some(config) = config {
            scene.file(".docker/config.json", config);
        }
        let run = scene.run(&["image", "push", &name]);
        assert_eq!(run.code, Some(code), "{run:#?}");
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(all.contains(expected), "{all}");
        assert!(!all.contains(PASSWORD) && !all.contains("wr0ng"), "{all}");
    };
    check(None, 3, "Docker's config has none for it; run `docker login");
    check(Some(registry.docker_config("wr0ng")), 3, "does not accept the credentials");
    check(Some("{".to_owned()), 3, "cannot read");
    // A helper reads which registry is meant.
    let helper = |script: &str| {
        let script = format!("#!/bin/sh\nread -r registry\n{script}\n");
        scene.file("helpers/docker-credential-test", script);
        assert!(scene.tool("chmod", &["755", "helpers/docker-credential-test"]));
        Some(format!(r#"{{"credHelpers": {{"{}": "test"}}}}"#, registry.name()))
    };
    // What a helper says when it fails may hold the secret.
    check(helper("echo wr0ng; echo wr0ng >&2; exit 1"), 3, "the credential helper that");
    let works = format!(r#"echo '{{"Username": "{USER}", "Secret": "{PASSWORD}"}}'"#);
    check(helper(&works), 0, "pushed");
    check(Some(registry.docker_config(PASSWORD)), 0, "is there already");
}

/// Bytes that no compression makes smaller, the same each time.
pub(crate) fn random(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..count).map(|_| next()).collect()
}
