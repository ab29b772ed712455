//! `image lock` and `image check --resolve`, with the real uv and package indexes of our own.

mod wheel;

use crate::support::{Run, Scene, checkout};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use wheel::{Mood, serve};

const CONFIG: &str = "schema = 1\n[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                      [image.dev]\nbase = 'runtime'\nrequirements = ['requirements.txt']\n\
                      pip = ['tool>=1']\n[image.test]\nfrom = 'dev'\npip = ['checker']\n";

/// The program uv, which `test.sh` installs.
#[expect(clippy::disallowed_methods, reason = "the test looks where uv is")]
fn uv() -> PathBuf {
    let installed = checkout().join("target/test-tools/bin/uv");
    let named = std::env::var_os("ALTLAS_TEST_UV").map(PathBuf::from).unwrap_or(installed);
    assert!(
        named.is_file(),
        "this test needs the program uv and there is no `{}`: `./test.sh` installs it, or name \
         yours in ALTLAS_TEST_UV",
        named.display()
    );
    named
}

fn run(scene: &Scene, arguments: &[&str]) -> Run {
    let uv = uv().display().to_string();
    scene.run(&[arguments, &["--uv", &uv]].concat())
}

/// A scene with a folder of wheels, to which the requirements are closed.
fn scene(requirements: &str) -> Scene {
    let scene = Scene::new();
    let folder = scene.path("wheels");
    let any = "py3-none-any";
    wheel::write(&folder, "tool", "1.0", any, &["base>=1"]);
    wheel::write(&folder, "base", "1.0", any, &[]);
    wheel::write(&folder, "base", "2.0", any, &[]);
    wheel::write(&folder, "checker", "1.0", any, &["base<2", "other; sys_platform == 'win32'"]);
    wheel::write(&folder, "gpu", "1.0", "cp311-cp311-manylinux_2_28_x86_64", &[]);
    wheel::write(&folder, "gpu", "2.0", "cp312-cp312-manylinux_2_28_x86_64", &[]);
    wheel::write(&folder, "gpu", "3.0", "cp311-cp311-manylinux_2_39_x86_64", &[]);
    wheel::write(&folder, "gpu", "4.0", "cp311-cp311-win_amd64", &[]);
    scene.file("altlas.toml", CONFIG);
    scene.file("requirements.txt", format!("--no-index\n--find-links ./wheels\n{requirements}"));
    scene
}

fn text(scene: &Scene, name: &str) -> String {
    std::fs::read_to_string(scene.path(name)).unwrap()
}

/// The pins of a lock, with what each comes from.
fn pins(lock: &str) -> Vec<String> {
    let lines = lock.lines().filter(|line| !line.starts_with([' ', '#', '-']));
    lines.map(|line| line.trim_end_matches([' ', '\\']).to_owned()).collect()
}

#[test]
fn locks_for_the_python_and_the_c_library_of_the_image() {
    let scene = scene("gpu\n");
    let run = run(&scene, &["image", "lock"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(
        run.stdout,
        "requirements-dev.lock is written: 3 packages for Python 3.11 on x86_64-manylinux_2_35\n\
         requirements-test.lock is written: 4 packages for Python 3.11 on x86_64-manylinux_2_35\n"
    );
    let lock = text(&scene, "requirements-dev.lock");
    assert_eq!(pins(&lock), ["base==2.0", "gpu==1.0", "tool==1.0"]);
    assert!(lock.starts_with(
        "# Locked by `cargo altlas image lock dev`; run it again after a change.\n\
         # For Python 3.11 on x86_64-manylinux_2_35.\n--find-links ./wheels\n"
    ));
    assert_eq!(lock.matches("--hash=sha256:").count(), 3);
    assert!(lock.contains("# via -r requirements.txt"), "{lock}");
    let lock = text(&scene, "requirements-test.lock");
    assert_eq!(pins(&lock), ["base==1.0", "checker==1.0", "gpu==1.0", "tool==1.0"]);
}

#[test]
fn a_lock_is_stable_and_says_when_it_is_not_fresh() {
    let scene = scene("gpu\n");
    let check = |arguments: &[&str], code: i32, words: &str| {
        let run = run(&scene, &[&["image", "lock", "dev"], arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(code), words), "{run:#?}");
    };
    check(&["--check"], 1, "requirements-dev.lock is missing\n");
    let done = "3 packages for Python 3.11 on x86_64-manylinux_2_35\n";
    check(&[], 0, &format!("requirements-dev.lock is written: {done}"));
    check(&["--check"], 0, "requirements-dev.lock is fresh\n");
    // A new release changes nothing, until it is asked for.
    wheel::write(&scene.path("wheels"), "base", "3.0", "py3-none-any", &[]);
    check(&["--check"], 0, "requirements-dev.lock is fresh\n");
    check(&[], 0, &format!("requirements-dev.lock is unchanged: {done}"));
    check(&["--upgrade"], 0, &format!("requirements-dev.lock is written: {done}"));
    let lock = text(&scene, "requirements-dev.lock");
    assert_eq!(pins(&lock)[0], "base==3.0");
    // A wish that the lock does not meet.
    scene.file("requirements.txt", "--no-index\n--find-links ./wheels\nbase<3\nchecker\n");
    check(
        &["--check"],
        1,
        "requirements-dev.lock is stale: `base==3.0` is now `base==1.0`, it lacks `checker==1.0`, \
         nothing needs `gpu`\n",
    );
    assert_eq!(text(&scene, "requirements-dev.lock"), lock);
    let report = scene.run(&["image", "check", "--format", "json"]).json();
    let stale: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == "image/lock-stale")
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        stale,
        ["`requirements-dev.lock` has 3.0 where `base<3` is asked for, lacks `checker`"]
    );
}

#[test]
fn a_contradiction_is_told_by_its_lines() {
    let scene = scene("gpu\n# older\nbase<1.5\n\nmore\n");
    wheel::write(&scene.path("wheels"), "more", "1.0", "py3-none-any", &["base>=2"]);
    let words = "the requirements of image `dev` cannot be met together: you ask for `more` \
                 (requirements.txt:7), ";
    let locked = run(&scene, &["image", "lock", "dev"]);
    assert_eq!(locked.code, Some(1), "{locked:#?}");
    assert!(locked.stderr.starts_with(&format!("error: {words}")), "{locked:#?}");
    assert!(locked.stderr.contains("help: loosen one of "), "{locked:#?}");
    assert!(!scene.path("requirements-dev.lock").exists());

    let checked = run(&scene, &["image", "check", "--resolve", "--format", "json"]);
    let report = checked.json();
    let findings = report["findings"].as_array().unwrap();
    let found: Vec<_> = findings
        .iter()
        .filter(|finding| finding["code"] == "image/requirements-do-not-resolve")
        .collect();
    // `test` inherits it from `dev`.
    assert_eq!(found.len(), 1, "{report:#}");
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.starts_with(words), "{message}");
    assert!(message.contains("every release of `more` needs `base>=2`"), "{message}");
    assert!(message.contains("you ask for `base<1.5` (requirements.txt:5)"), "{message}");
    assert_eq!(found[0]["place"]["path"], "requirements.txt");
    assert!(found[0]["data"]["original"].as_str().unwrap().contains("we can conclude that"));

    let verbose = run(&scene, &["image", "lock", "dev", "--verbose"]);
    assert!(verbose.stderr.contains("we can conclude that"), "{verbose:#?}");
}

#[test]
fn an_index_that_does_not_answer_is_said_so() {
    let unreachable = "--index-url http://127.0.0.1:9/simple\ntool\n";
    let scene = scene("").env("UV_HTTP_RETRIES", "0");
    scene.file("requirements.txt", unreachable);
    let locked = run(&scene, &["image", "lock", "dev"]);
    assert_eq!(locked.code, Some(3), "{locked:#?}");
    let words = "error: could not look at http://127.0.0.1:9/simple/tool/: Connection refused";
    assert!(locked.stderr.starts_with(words), "{locked:#?}");

    let checked = run(&scene, &["image", "check", "--resolve", "--format", "json"]);
    assert_eq!(checked.code, Some(3), "{checked:#?}");
    let unlooked = &checked.json()["could_not_look"];
    assert_eq!(unlooked[0]["what"], "http://127.0.0.1:9/simple/tool/", "{unlooked}");

    let port = serve(&scene.path("wheels"), Mood::Broken);
    scene.file("requirements.txt", format!("--index-url http://127.0.0.1:{port}/simple\ntool\n"));
    let broken = run(&scene, &["image", "lock", "dev"]);
    assert_eq!(broken.code, Some(3), "{broken:#?}");
    assert!(broken.stderr.contains("500 Internal Server Error"), "{broken:#?}");
}

#[test]
fn secrets_reach_the_index_and_nothing_else() {
    // `me:s3cret` in base64.
    let scene = scene("").env("UV_HTTP_RETRIES", "0");
    let port = serve(&scene.path("wheels"), Mood::Asks("bWU6czNjcmV0"));
    let index = format!("127.0.0.1:{port}/simple");
    scene.file("requirements.txt", format!("--index-url http://me:s3cret@{index}\ngpu\n"));
    let run_ = run(&scene, &["image", "lock", "dev", "--verbose"]);
    assert_eq!(run_.code, Some(0), "{run_:#?}");
    let lock = text(&scene, "requirements-dev.lock");
    assert_eq!(pins(&lock), ["base==2.0", "gpu==1.0", "tool==1.0"]);
    assert!(lock.contains(&format!("--index-url http://{index}\n")), "{lock}");
    let shown = format!("{lock}{}{}", run_.stdout, run_.stderr);
    assert!(!shown.contains("s3cret"), "{shown}");

    scene.file("requirements.txt", format!("--index-url http://me:wr0ng@{index}\ngpu\n"));
    let refused = run(&scene, &["image", "lock", "dev", "--verbose", "--upgrade"]);
    assert_eq!(refused.code, Some(3), "{refused:#?}");
    assert!(refused.stderr.contains("could not look at http://"), "{refused:#?}");
    assert!(!refused.stderr.contains("wr0ng"), "{refused:#?}");
}

#[test]
fn it_ends_at_the_deadline_and_with_ctrl_c() {
    let scene = scene("");
    let port = serve(&scene.path("wheels"), Mood::Silent);
    scene.file("requirements.txt", format!("--index-url http://127.0.0.1:{port}/simple\ngpu\n"));
    let started = Instant::now();
    let late = run(&scene, &["image", "lock", "dev", "--resolve-deadline", "1"]);
    assert_eq!(late.code, Some(3), "{late:#?}");
    assert!(late.stderr.contains("uv did not end within 1 s"), "{late:#?}");
    assert!(started.elapsed() < Duration::from_secs(20));

    let uv = uv().display().to_string();
    let mut command = scene.command(&["image", "lock", "dev", "--uv", &uv]);
    let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let id = child.id().to_string();
    assert!(scene.tool("kill", &["-INT", &id]));
    let interrupted = scene.read(child.wait_with_output().unwrap());
    assert_eq!(interrupted.code, Some(3), "{interrupted:#?}");
    assert!(interrupted.stderr.contains("the resolution was interrupted"), "{interrupted:#?}");
    assert!(started.elapsed() < Duration::from_secs(40));
}

#[test]
fn wrong_calls_and_files_have_a_sentence() {
    let check = |requirements: &str, arguments: &[&str], words: &str| {
        let scene = scene("");
        scene.file("requirements.txt", requirements);
        let run = run(&scene, &[&["image", "lock"], arguments].concat());
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert_eq!(run.stderr.trim_end(), words, "{run:#?}");
    };
    check("gpu\n", &["tst"], "error: there is no image `tst`; did you mean `test`?");
    check(
        "gpu\n-r requirements.txt\n",
        &[],
        "error: requirements.txt:2:4: the file includes itself",
    );
    check(
        "gpu\n-r ../../etc/hosts\n",
        &[],
        "error: requirements.txt:2:4: `../../etc/hosts` lies out of `$SCENE`, and a build does not see what is outside",
    );
    let missing = Scene::new();
    missing.file("altlas.toml", CONFIG).file("requirements.txt", "gpu\n");
    let run = missing.run(&["image", "lock", "--uv", "nowhere"]);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(2), "error: there is no program `nowhere`\n")
    );
    let missing = missing.env("PATH", "/nonexistent");
    let run = missing.run(&["image", "lock"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("install it with `pip install uv`"), "{run:#?}");
}
