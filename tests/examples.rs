//! The files below `examples/` and in the README are read by the program.

use crate::support::{Scene, checkout};

#[test]
fn examples_are_configs() {
    let scene = Scene::new();
    for entry in std::fs::read_dir(checkout().join("examples")).unwrap() {
        let path = entry.unwrap().path().join("altlas.toml");
        let run = scene.run(&["--config", path.to_str().unwrap(), "config", "check"]);
        assert_eq!(run.code, Some(0), "{run:#?}");
    }
}

#[test]
fn the_images_of_the_examples_are_sound() {
    let scene = Scene::new();
    for entry in std::fs::read_dir(checkout().join("examples")).unwrap() {
        let path = entry.unwrap().path().join("altlas.toml");
        let run = scene.run(&["--config", path.to_str().unwrap(), "image", "check"]);
        assert_eq!(run.code, Some(0), "{run:#?}");
        assert!(!run.stdout.contains("warning"), "{run:#?}");
    }
}

#[test]
fn the_config_of_the_readme_is_one() {
    let readme = std::fs::read_to_string(checkout().join("README.md")).unwrap();
    let toml = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let scene = Scene::new();
    scene.file("altlas.toml", toml);
    let run = scene.run(&["config", "check"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
}
