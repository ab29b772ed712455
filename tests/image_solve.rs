//! `cargo altlas image solve`: from wishes to a patch of the config, and why nothing fits.

use crate::support::{Run, Scene};

/// A Dockerfile as people write them: an old base, a Python that it does not have, everything unpinned.
const DOCKERFILE: &str = "\
FROM nvidia/cuda:11.8.0-cudnn8-devel-ubuntu20.04
RUN apt-get install python3.11 python3.11-pip python3.11-venv
WORKDIR /app
COPY requirements-gpu.txt .
RUN pip3.11 install -r requirements-gpu.txt
COPY . .
CMD [\"python3.11\", \"main.py\"]
";

const REQUIREMENTS: &str = "tensorflow\ntorch\ncupy\nnumba\ncudf-cu11\npandas\n";

fn check(run: &Run, code: i32, expected: &[&str]) {
    assert_eq!(run.code, Some(code), "{run:#?}");
    let all = format!("{}{}", run.stdout, run.stderr);
    for part in expected {
        assert!(all.contains(part), "no {part:?} in {all}");
    }
    assert!(!all.contains("panicked"), "{all}");
    for line in run.stdout.lines().filter(|line| !line.starts_with(['+', '-', ' '])) {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
}

#[test]
fn makes_a_config() {
    let scene = Scene::new();
    let arguments = ["image", "solve", "--framework", "torch==2.8.0", "--cuda", "12.8"];
    let shown = scene.run(&arguments);
    check(&shown, 0, &["nvidia/cuda:12.8.1-base-ubuntu24.04", "+torch = \"==2.8.0\""]);
    assert!(!scene.path("altlas.toml").exists());
    check(&scene.run(&[&arguments[..], &["--write"]].concat()), 0, &["`altlas.toml` was changed"]);
    let text = std::fs::read_to_string(scene.path("altlas.toml")).unwrap();
    assert!(text.contains("[image.prod]"), "{text}");
    check(&scene.run(&["image", "solve", "--check"]), 0, &["says so already"]);
    check(&scene.run(&["config", "check"]), 0, &[]);
}

#[test]
fn a_dockerfile_becomes_a_clean_specification() {
    let scene = Scene::new();
    scene.file("Dockerfile", DOCKERFILE).file("requirements-gpu.txt", REQUIREMENTS);
    let run = scene.run(&["image", "solve", "--from-dockerfile", "Dockerfile", "--write"]);
    check(&run, 0, &["left free", "CUDA 11.8", "ubuntu20.04", "pip = [\"pandas\"]"]);
    check(&scene.run(&["image", "check"]), 0, &[]);
    check(&scene.run(&["image", "solve", "--check"]), 0, &["says so already"]);
}

#[test]
fn a_dockerfile_keeps_what_is_asked_for() {
    let scene = Scene::new();
    scene.file("Dockerfile", DOCKERFILE).file("requirements-gpu.txt", REQUIREMENTS);
    let arguments = ["image", "solve", "--from-dockerfile", "Dockerfile", "--cuda", "11.8"];
    let run = scene.run(&arguments);
    check(&run, 0, &["nvidia/cuda:11.8.0-", "`cupy-cuda11x`", "PyTorch's index cu118"]);
    assert!(!run.stdout.contains("left free   CUDA"), "{}", run.stdout);
}

#[test]
fn comments_and_order_stay() {
    let scene = Scene::new();
    let before = "# the product\nschema = 1\n\n[frameworks]\n# pinned by hand\n\
                  torch = \">=2.8,<2.9\" # for the model\n\n[cuda]\ndriver = \"570.26\"\n\
                  version = \"12.8\" # the fleet\nos = \"ubuntu22.04\"\n";
    scene.file("altlas.toml", before);
    check(&scene.run(&["image", "solve", "--check"]), 1, &["[image/solution-differs]"]);
    check(&scene.run(&["image", "solve", "--write"]), 0, &[]);
    let after = std::fs::read_to_string(scene.path("altlas.toml")).unwrap();
    let expected = before
        .replace("\">=2.8,<2.9\" #", "\"==2.8.0\" #")
        .replace("os = \"ubuntu22.04\"\n", "os = \"ubuntu22.04\"\npython = \"3.13\"\n");
    assert_eq!(after, expected);
    check(&scene.run(&["image", "solve", "--check"]), 0, &["says so already"]);
}

#[test]
fn says_why_not_and_what_would() {
    let scene = Scene::new();
    let torch = ["image", "solve", "--framework", "torch>=2.15", "--driver", "550.54.15"];
    check(
        &scene.run(&torch),
        1,
        &[
            "[image/wishes-contradict]",
            "torch 2.15.0 brings CUDA 13.2",
            "CUDA 13.0 needs 580.65.06",
            "driver 580.65.06 or newer instead of 550.54.15",
        ],
    );
    let json = scene.run(&[&torch[..], &["--format", "json"]].concat()).json();
    let data = &json["findings"][0]["data"];
    assert_eq!(data["wishes"][0]["written"], "--framework");
    assert!(data["wishes"][1]["facts"][0]["source"].as_str().unwrap().contains("NVIDIA"));
    assert_eq!(data["changes"][0]["fits"]["frameworks"][0]["framework"], "torch");
    let pins =
        ["image", "solve", "--framework", "torch==2.6.0", "--framework", "tensorflow==2.18.1"];
    check(&scene.run(&pins), 1, &["nvidia-cuda-runtime-cu12==12.4.127", "12.5.82"]);
    let gpu = ["image", "solve", "--gpu", "12.0", "--cuda", "12.6"];
    check(&scene.run(&gpu), 1, &["CUDA 12.8.1 instead of 12.6"]);
    let python = ["image", "solve", "--framework", "tensorflow==2.14.1", "--python", "3.12"];
    check(&scene.run(&python), 1, &["Python 3.11 instead of 3.12"]);
}

#[test]
fn a_contradiction_of_the_config_has_its_line() {
    let scene = Scene::new();
    scene
        .file("altlas.toml", "schema = 1\n[cuda]\nversion = \"11.8\"\n[frameworks]\njax = \"*\"\n");
    check(&scene.run(&["image", "solve"]), 1, &["altlas.toml:5:7", "without jax"]);
    check(&scene.run(&["image", "solve", "--cuda", "any"]), 0, &["+version = \"13."]);
}

#[test]
fn a_wrong_call_is_named() {
    let check_call = |arguments: &[&str], expected: &str| {
        let run = Scene::new().run(&[&["image", "solve"], arguments].concat());
        check(&run, 2, &[expected]);
    };
    check_call(&[], "nothing to solve for");
    check_call(&["--framework", "caffe"], "`caffe` is not a framework");
    check_call(&["--framework", "torch>="], "--framework");
    check_call(&["--python", "new"], "--python");
    check_call(&["--cudnn", "nine"], "--cudnn");
    check_call(&["--driver", "12"], "--driver");
    check_call(&["--gpu", "RTX 9999"], "--gpu");
    check_call(&["--flavour", "large"], "--flavour");
    check_call(&["--from-dockerfile", "none"], "none");
    check_call(&["--framework", "torch", "--write", "--check"], "--check");
    let scene = Scene::new();
    scene.file("Dockerfile", "FROM busybox\nCOPY r.txt .\nRUN pip install -r r.txt\n");
    let run = scene.run(&["image", "solve", "--from-dockerfile", "Dockerfile"]);
    check(&run, 2, &["r.txt", "does not exist"]);
}
