//! `altlas.toml` through the program: where it is found, and what is said of a bad one.

use crate::support::Scene;

fn check(scene: &Scene, code: i32, expected: &str) {
    let run = scene.run(&["config", "check"]);
    assert_eq!(run.code, Some(code), "{run:#?}");
    let all = format!("{}{}", run.stdout, run.stderr);
    assert!(all.contains(expected), "no {expected:?} in {all}");
    assert!(!all.contains("panicked"), "{all}");
}

fn with(name: &str, content: impl AsRef<[u8]>) -> Scene {
    let scene = Scene::new();
    scene.file(name, content);
    scene
}

#[test]
fn a_mistake_is_shown_in_its_line() {
    let scene = with("altlas.toml", "schema = 1\n\n[cuda]\nverson = \"12.6\"\n");
    let run = scene.run(&["config", "check"]);
    assert_eq!(run.code, Some(2));
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn bad_values_are_refused_at_the_door() {
    let check = |section: &str, expected: &str| {
        check(&with("altlas.toml", format!("schema = 1\n{section}\n")), 2, expected);
    };
    check("[cuda]\nversion = \"12.7\"", "12.7");
    check("[cuda]\nversion = 12.6", "invalid type");
    check("[cuda]\ngpus = [\"RTX 4O60\"]", "RTX 4060");
    check("[cuda]\ngpus = [\"3.3\"]", "3.3");
    check("[cuda]\nos = \"ubuntu\"", "ubuntu22.04");
    check("[cuda]\ndriver = \"new\"", "550.54.15");
    check("[project]\ndistribution = \"secret\"", "closed-source");
    check("[[accept]]\ncode = \"gpu/driver-too-old\"\nreason = \" \"", "a reason is needed");
    check("[[accept]]\ncode = \"gpu/nothing\"\nreason = \"x\"", "not the code of a finding");
    check("[[accept]]\ncode = \"gpu/driver-too-old\"\nreason = \"x\"\nuntil = \"soon\"", "until");
    check("[doctor]\nprofile = \"laptop\"", "runner");
    check("[cuda]\npython = \"9.99\"", "3.11");
    check("[cuda]\nos = \"windows11\"", "ubuntu22.04");
    check("[cuda]\ndriver = \"1.2\"", "572.83");
    check("[project]\nname = \"\"", "letters");
}

#[test]
fn bad_images_are_refused_at_the_door() {
    let refused = |section: &str, expected: &str| {
        check(&with("altlas.toml", format!("schema = 1\n{section}\n")), 2, expected);
    };
    refused("[image.dev]\nbasis = \"devel\"", "unknown key `image.dev.basis`");
    refused("[image.dev]\nbasis = \"devel\"", "did you mean `base`?");
    refused("[image.Dev]", "`Dev` is not the name of an image");
    refused("[image.dev]\nusage = \"debug\"", "usage");
    refused("[image.dev]\nbase = \"develop\"", "did you mean `devel`?");
    refused("[image.dev]\nbase = \"a b\"", "a base is `base`, `runtime`, `devel`");
    refused("[image.dev]\nuser = \"App User\"", "`App User` is not a user");
    refused("[image.dev]\nuser = \"1:2:3\"", "10001:10001");
    refused("[image.dev]\nworkdir = \"app\"", "`/app`");
    refused("[image.dev]\ndriver_capabilities = [\"comput\"]", "did you mean `compute`?");
    refused("[image.dev]\nports = [0]", "0 is no port");
    refused("[image.dev]\nports = [65536]", "65536 is no port");
    refused("[image.dev]\ncopy = [\"/etc/passwd\"]", "not a path of the build context");
    refused("[image.dev]\ncopy = [\"C:/app\"]", "not a path of the build context");
    refused("[image.dev]\ncopy = [{ from = \"a/../..\", to = \"/a\" }]", "leads out of");
    refused("[image.dev]\ncopy = [{ from = \"a\" }]", "missing field `to`");
    refused("[image.dev]\nrequirements = [\"../r.txt\"]", "leads out of the build context");
    refused("[image.dev]\npip = [\"torch==\"]", "not a Python package");
    refused("[image.dev]\napt = [\"git curl\"]", "`git curl` is not the name of a package");
    refused("[image.dev]\nlabels = { \"a b\" = \"x\" }", "`a b` is not the name of a label");
    refused("[image.dev]\nlabels = { \"com.docker.x\" = \"x\" }", "Docker's own");
    refused("[image.dev]\nenv = { \"A-B\" = \"x\" }", "`A-B` is not the name of a variable");
    refused("[image.dev]\nhealthcheck = { test = [] }", "needs a program");
    refused("[image.dev]\nhealthcheck = { test = [\"a\"], interval = \"30\" }", "`30s`");
    refused("[image.dev]\nhealthcheck = { test = [\"a\"], retries = -1 }", "-1");
    refused("[image.dev]\nmodels = [{ path = \"m\", sha256 = \"12ab\" }]", "64 hexadecimal digits");
    refused(
        "[image.dev]\nengines = [{ path = \"m\", gpu = \"9.9\", tensorrt = \"10.3\" }]",
        "no GPU has the compute capability 9.9",
    );
    refused(
        "[image.dev]\nengines = [{ path = \"m\", gpu = \"8.9\", tensorrt = \"ten\" }]",
        "`ten` is not a version of TensorRT",
    );
    refused("[frameworks]\ntroch = \"2.8\"", "did you mean `torch`?");
    refused("[frameworks]\ntorch = \"newest\"", "`newest` is not a range of versions");
    refused("[registry]\ntag = \"{verson}\"", "did you mean `version`?");
    refused("[registry]\ntag = \"a b\"", "does not make a tag");
    refused("[registry]\nrepository = \"Team/App\"", "lower case");
    refused("[registry]\nrepository = \"team/app:1.0\"", "has a tag or a digest");
    refused("[registry]\nalso = [\"localhost:5000\"]", "add the repository");
    refused("[registry]\nmirror = \"https://registry.example.com\"", "write no `https://`");
    refused("[registry]\nvisibility = \"secret\"", "private");
}

/// The place is that of the value, also in lists and inline tables.
#[test]
fn a_bad_item_of_a_list_is_shown_at_its_place() {
    let scene = with(
        "altlas.toml",
        "schema = 1\n[image.dev]\ndriver_capabilities = [\n  \"compute\",\n  \"utilty\",\n]\n",
    );
    let run = scene.run(&["config", "check"]);
    assert_eq!(run.code, Some(2));
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn images_that_build_on_each_other_have_a_place() {
    let refused = |sections: &str, expected: &str| {
        let scene = with(
            "altlas.toml",
            format!("schema = 1\n[cuda]\nversion = \"12.6\"\nos = \"ubuntu22.04\"\n{sections}\n"),
        );
        let run = scene.run(&["image", "check"]);
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains(expected), "no {expected:?} in {run:#?}");
    };
    refused("[image.a]\nfrom = \"b\"\n[image.b]\nfrom = \"a\"", "altlas.toml:6:8");
    refused("[image.a]\nfrom = \"b\"\n[image.b]\nfrom = \"a\"", "in a circle: `a` on `b` on `a`");
    refused("[image.a]\nfrom = \"c\"", "there is no such image");
    refused("[image.a]\n[image.b]\nfrom = \"a\"\nbase = \"devel\"", "beside `from`");
}

#[test]
fn what_is_not_a_config_is_named() {
    check(&with("altlas.toml", b"\xff\xfes\0c\0"), 2, "UTF-16");
    check(&with("altlas.toml", b"\x7fELF\x02\x01\0\0"), 2, "binary");
    check(&with("altlas.toml", vec![b'#'; 100 * 1024 * 1024]), 2, "100 MiB large");
    check(&with("altlas.toml/x", ""), 2, "is a folder");
    check(&with("altlas.toml", "schema = 1\n[cuda"), 2, "altlas.toml");
    check(&Scene::new(), 2, "there is no `altlas.toml`");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_fine() {
    check(
        &with("altlas.toml", b"\xef\xbb\xbfschema = 1\r\n[cuda]\r\nversion = \"12.6\"\r\n"),
        0,
        "12.6",
    );
}

#[test]
fn it_is_found_from_a_subfolder() {
    let scene = with("altlas.toml", "schema = 1\n[cuda]\nversion = \"12.6\"\n");
    scene.file("src/deep/x", "");
    let output = scene
        .command(&["altlas", "config", "check"])
        .current_dir(scene.path("src/deep"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
}

const PACKAGE: &str = "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

#[test]
fn cargo_metadata_is_a_place_for_it() {
    let in_package = format!("{PACKAGE}[package.metadata.altlas]\nschema = 1\n");
    let scene = with("Cargo.toml", format!("{in_package}cuda.version = \"12.6\"\n"));
    scene.file("src/lib.rs", "");
    check(&scene, 0, "12.6");
    scene.file("Cargo.toml", format!("{in_package}cuba.version = \"12.6\"\n"));
    check(&scene, 2, "unknown key `cuba`");

    let workspace = "[workspace]\n[workspace.metadata.altlas]\nschema = 1\n";
    scene.file("Cargo.toml", format!("{PACKAGE}{workspace}cuda.version = \"12.6\"\n"));
    check(&scene, 0, "12.6");
}

#[test]
fn two_configs_are_an_error() {
    let scene = with(
        "Cargo.toml",
        format!(
            "{PACKAGE}[package.metadata.altlas]\nschema = 1\n[workspace]\n\
             [workspace.metadata.altlas]\nschema = 1\n"
        ),
    );
    scene.file("src/lib.rs", "");
    check(&scene, 2, "there are two configs");
    scene.file("Cargo.toml", format!("{PACKAGE}[package.metadata.altlas]\nschema = 1\n"));
    check(&scene, 0, "schema");
    scene.file("altlas.toml", "schema = 1\n");
    check(&scene, 2, "there are two configs");
    let run = scene.run(&["--config", "altlas.toml", "config", "check"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
}

#[test]
fn a_named_config_must_be_there() {
    let run = Scene::new().run(&["doctor", "--need", "nowhere.toml"]);
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("nowhere.toml"), "{run:#?}");
}

#[test]
fn a_config_that_cannot_be_read_is_not_passed_over() {
    let scene = Scene::new();
    std::os::unix::fs::symlink("/nonexistent", scene.path("altlas.toml")).unwrap();
    check(&scene, 2, "altlas.toml");
    let broken = format!("{PACKAGE}[package.metadata.altlas]\nschema = 1\n[cuda\n");
    check(&with("Cargo.toml", broken), 2, "Cargo.toml");
}

#[test]
fn a_pipe_is_not_waited_for() {
    let scene = Scene::new();
    let made = scene.tool("mkfifo", &["altlas.toml"]);
    assert!(made, "mkfifo");
    check(&scene, 2, "not a regular file");
}
