//! `image explain` and `image size`: the same answer from the engine, a registry and an archive.

use super::{
    docker::{BASE, Engine, build},
    registry::Registry,
};
use crate::support::Scene;
use std::io::{Read, Write};

const SITE: &str = "opt/venv/lib/python3.11/site-packages";

/// An image that says one thing by its tag and holds another.
fn image(scene: &Scene, name: &str) {
    let torch = format!("root/{SITE}/torch-2.7.1+cu118.dist-info/METADATA");
    scene
        .file("root/etc/os-release", "ID=ubuntu\nVERSION_ID=\"22.04\"\n")
        .file("root/usr/local/cuda-12.6/version.json", "{\"cuda\":{\"version\":\"12.6.3\"}}")
        .file("root/usr/lib/x86_64-linux-gnu/libcudnn.so.9.5.1", "x".repeat(2000))
        .file(&torch, "Name: torch\nVersion: 2.7.1+cu118\n")
        .file(&format!("root/{SITE}/torch/lib/libtorch.so"), "x".repeat(70_000))
        .file("cache/root/.cache/pip/wheel", "x".repeat(50_000));
    let text = format!(
        "FROM {BASE}\nCOPY root /\nCOPY cache /\nRUN [\"rm\", \"-r\", \"/root/.cache\"]\n\
         ENV NVIDIA_REQUIRE_CUDA=\"cuda>=12.6\"\nUSER 10001\n"
    );
    let run = build(scene, &text, name);
    assert_eq!(run.code, Some(0), "{run:#?}");
}

/// What is inside, without the place that it was read from.
fn explained(scene: &Scene, arguments: &[&str]) -> serde_json::Value {
    let run = scene.run(&[&["image", "explain", "--format", "json"], arguments].concat());
    assert_eq!(run.code, Some(0), "{run:#?}");
    let mut contents = run.json()["contents"].clone();
    contents["names"] = serde_json::Value::Null;
    contents
}

/// What `docker save` writes.
fn save(engine: &Engine, name: &str) -> Vec<u8> {
    let mut stream = std::os::unix::net::UnixStream::connect(&engine.socket).unwrap();
    let request = format!("GET /images/{name}/get HTTP/1.0\r\nHost: docker\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    bytes.split_off(head)
}

#[test]
fn is_the_same_wherever_it_is_read() {
    let Some(engine) = Engine::shared() else { return };
    let registry = Registry::start();
    let scene = engine.scene();
    let name = format!("{}/team/inside:cuda-11.8", registry.name());
    image(&scene, &name);
    let contents = explained(&scene, &[&name]);
    assert_eq!(contents["os"]["value"], "ubuntu22.04");
    assert_eq!(contents["cuda"][0]["value"], "12.6.3");
    assert_eq!(contents["cudnn"][0]["value"], "9.5.1");
    assert_eq!(contents["python"][0]["value"], "3.11");
    assert_eq!(contents["frameworks"][0]["version"], "2.7.1+cu118");
    assert_eq!(contents["frameworks"][0]["cuda"], "11.8");
    assert_eq!(contents["user"], "10001");
    let run = scene.run(&["image", "explain", &name]);
    assert!(run.stdout.contains("450.80.02 by minor-version"), "{}", run.stdout);
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);

    assert_eq!(scene.run(&["image", "push", &name]).code, Some(0));
    assert_eq!(explained(&scene, &[&name, "--registry"]), contents);
    std::fs::write(scene.path("image.tar"), save(&engine, &name)).unwrap();
    assert_eq!(explained(&scene, &["image.tar"]), contents);

    let whole = std::fs::read(scene.path("image.tar")).unwrap();
    std::fs::write(scene.path("half.tar"), &whole[..whole.len() / 2]).unwrap();
    let run = scene.run(&["image", "explain", "half.tar"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("cannot be read to its end"), "{}", run.stderr);
    let run = scene.run(&["image", "explain", "altlas-test/nowhere:1"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("has no image `altlas-test/nowhere:1`"), "{}", run.stderr);
}

#[test]
fn says_what_costs_and_what_could_go() {
    let Some(engine) = Engine::shared() else { return };
    let scene = engine.scene();
    image(&scene, "altlas-test/costs:1");
    let run = scene.run(&["image", "size", "altlas-test/costs:1", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let size = run.json()["size"].clone();
    let steps = size["steps"].as_array().unwrap();
    let cache = steps.iter().find(|step| step["created_by"].as_str().unwrap().contains("cache"));
    assert_eq!(cache.unwrap()["hidden"], 50_000, "{size:#}");
    assert_eq!(size["packages"][0]["name"], "torch");
    assert_eq!(size["packages"][0]["size"], 70_000 + 33);
    assert_eq!(size["needless"][0]["what"], "files that a later layer hides");
    let run = scene.run(&["image", "size", "altlas-test/costs:1"]);
    assert!(run.stdout.contains("a product could do without:"), "{}", run.stdout);
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
}
