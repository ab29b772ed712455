//! `explain`, `completions`, `man` and the help.

use crate::support::Scene;

#[test]
fn every_listed_code_is_explained() {
    let scene = Scene::new();
    let list = scene.run(&["explain", "--list"]);
    assert_eq!(list.code, Some(0));
    let codes: Vec<&str> =
        list.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(codes.len() >= 40, "{codes:?}");
    let first = scene.run(&["explain", codes[0]]);
    assert_eq!(first.code, Some(0));
    assert!(first.stdout.starts_with(codes[0]), "{first:#?}");
}

#[test]
fn a_code_may_be_typed_short_and_wrong() {
    let scene = Scene::new();
    assert_eq!(scene.run(&["explain", "driver-too-old"]).code, Some(0));
    let wrong = scene.run(&["explain", "gpu/driver-to-old"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("did you mean `gpu/driver-too-old`?"), "{wrong:#?}");
}

#[test]
fn help_names_the_commands() {
    let scene = Scene::new();
    for arguments in [&[][..], &["altlas"]] {
        let run = scene.run(arguments);
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains("doctor"), "{run:#?}");
        assert!(!run.stderr.contains("__child"), "{run:#?}");
    }
    assert_eq!(scene.run(&["--help"]).code, Some(0));
    assert_eq!(scene.run(&["altlas", "doctor", "--help"]).code, Some(0));
    assert_eq!(scene.run(&["--version"]).code, Some(0));
    assert_eq!(scene.run(&["docter"]).code, Some(2));
}

#[test]
fn shells_and_man_are_served() {
    let scene = Scene::new();
    for shell in ["bash", "zsh", "fish"] {
        let run = scene.run(&["completions", shell]);
        assert_eq!(run.code, Some(0));
        assert!(run.stdout.contains("doctor"), "{shell}");
    }
    assert!(scene.run(&["man"]).stdout.contains(".TH cargo-altlas"));
    assert_eq!(scene.run(&["man", "--output", "pages"]).code, Some(0));
    assert!(scene.path("pages/cargo-altlas-doctor.1").is_file());
}
