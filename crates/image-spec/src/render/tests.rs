//! What is rendered is a Dockerfile that says what the specification says, whatever is written in it.

use super::*;
use crate::{
    Dockerfile, Image,
    dockerfile::Kind,
    scene::example,
    spec::{Copy, Healthcheck, Model},
};
use proptest::prelude::*;
use std::path::Path;

const STACK: &str = "[project]\nname = 'app'\nversion = '1.0'\n[cuda]\nversion = '12.6'\n\
                     python = '3.11'\nos = 'ubuntu22.04'\n[frameworks]\ntorch = '2.8'\n";

fn spec(text: &str) -> Spec {
    example::read(text)
}

fn files(spec: &Spec, options: &RenderOptions) -> Result<Vec<RenderedFile>, RenderError> {
    render(spec, &Recipe::from_spec(spec, &BTreeMap::new()).unwrap(), options)
}

fn dockerfile(spec: &Spec, options: &RenderOptions) -> Result<String, RenderError> {
    Ok(files(spec, options)?.remove(0).text)
}

fn parsed(text: &str) -> Dockerfile {
    Dockerfile::parse(Path::new("Dockerfile"), text.as_bytes()).unwrap_or_else(|error| {
        panic!("{error}\n{text}");
    })
}

/// The kinds of the instructions, in their order.
fn kinds(text: &str) -> Vec<std::mem::Discriminant<Kind>> {
    let file = parsed(text);
    let stages = 0..=file.last_stage();
    let all = stages.flat_map(|stage| file.of_stage(stage));
    all.map(|instruction| std::mem::discriminant(&instruction.kind)).collect()
}

#[test]
fn says_what_cannot_be_rendered() {
    let check = |sections: &str, expected: &str| {
        let got = files(&spec(&format!("{STACK}{sections}")), &RenderOptions::default());
        assert_eq!(got.map(|_| ()).map_err(|error| error.to_string()), Err(expected.to_owned()));
    };
    check("", "the config has no image; add a section such as `[image.prod]`");
    check(
        "[image.prod]\n[image.prod-build]",
        "`image.prod` needs a stage `prod-build` of its own, and an image has that name; rename it",
    );
    check(
        "[image.prod]\nbase = 'scratch'",
        "`image.prod` begins with `scratch`, in which nothing can be installed: Python",
    );
    check(
        "[image.dev]\nbase = 'debian:12'\nnsight = true",
        "`image.dev.nsight`: the packages are in NVIDIA's archive, which only images of \
         `nvidia/cuda` know; build on one, or install Nsight in your base",
    );
    check(
        "[image.dev]\nrequirements = ['uv.lock']",
        "`image.dev` names `uv.lock`, and pip installs only from requirements files; \
         `cargo altlas image lock dev` makes one of it",
    );
    check(
        "[image.dev.env]\nA = \"x\\ny\"",
        "`image.dev.env` cannot be \"x\\ny\": a Dockerfile can hold no line break or control \
         character",
    );
    check(
        "[image.dev.env]\nPATH = '/x:$PATH'",
        "`image.dev.env.PATH` cannot be \"/x:$PATH\": a value is taken as it is written, so this \
         would be no path; write all of it",
    );
    let options = RenderOptions { names: vec!["prd".to_owned()], ..RenderOptions::default() };
    let got = files(&spec(&format!("{STACK}[image.prod]")), &options).unwrap_err();
    assert_eq!(got.to_string(), "there is no image `prd` in the config; it has `prod`");
}

#[test]
fn prod_holds_no_tools() {
    let text = format!("{STACK}[image.prod]\ncompiles = true\n");
    let text = dockerfile(&spec(&text), &RenderOptions::default()).unwrap();
    let (build, last) = text.split_once("AS prod-build").unwrap();
    assert!(build.ends_with("FROM nvidia/cuda:12.6.3-devel-ubuntu22.04 "), "{text}");
    let last = last.split_once("FROM ").unwrap().1;
    assert!(last.starts_with("nvidia/cuda:12.6.3-runtime-ubuntu22.04 AS prod"), "{text}");
    for tool in ["pip", "build-essential", "-dev", "-venv", "/bin/uv"] {
        assert!(!last.contains(tool), "{tool} in {last}");
    }
}

#[test]
fn a_lock_is_installed_by_hash() {
    let text = format!("{STACK}[image.prod]\nrequirements = ['uv.lock']\n");
    let lock = Pins::read("torch==2.8.0+cu126 --hash=sha256:00");
    let locks = BTreeMap::from([("prod".to_owned(), lock)]);
    let options = RenderOptions { locks, ..RenderOptions::default() };
    let text = dockerfile(&spec(&text), &options).unwrap();
    assert!(text.contains("--require-hashes"), "{text}");
    assert!(text.contains("source=requirements-prod.lock,"), "{text}");
    assert!(text.contains("org.altlas.torch=\"2.8.0+cu126\""), "{text}");
    assert!(text.contains("torch==2.8.0+cu126\""), "{text}");
}

#[test]
fn frameworks_can_stand_in_a_file() {
    let text = format!("{STACK}cupy = '>=13,<15'\n[image.dev]\n");
    let options = RenderOptions { requirements: true, ..RenderOptions::default() };
    let files = files(&spec(&text), &options).unwrap();
    let file = files.iter().find(|file| file.path == Path::new("requirements-gpu.txt")).unwrap();
    assert_eq!(
        file.text,
        "# Written by cargo altlas image render, sum 15f1f36806cb; change `[frameworks]` and render again.\n\
         --extra-index-url https://download.pytorch.org/whl/cu126\ntorch==2.8.*\n\
         cupy-cuda12x[ctk]>=13,<15\n"
    );
    assert!(files[0].text.contains("--requirement /tmp/context/requirements-gpu.txt"));
}

#[test]
fn what_is_included_is_mounted_too() {
    let text = format!("{STACK}[image.dev]\nrequirements = ['a.txt']\n");
    let includes = BTreeMap::from([("a.txt".to_owned(), vec!["sub/b.txt".to_owned()])]);
    let options = RenderOptions { includes, ..RenderOptions::default() };
    let files = files(&spec(&text), &options).unwrap();
    let mount = "--mount=type=bind,source=sub/b.txt,target=/tmp/context/sub/b.txt";
    assert!(files[0].text.contains(mount), "{}", files[0].text);
    assert!(files[1].text.contains("\n!sub/b.txt\n"), "{}", files[1].text);
}

#[test]
fn split_files_are_complete() {
    let text = format!("{STACK}[image.dev]\n[image.test]\nfrom = 'dev'\n[image.prod]\n");
    let options = RenderOptions { split: true, ..RenderOptions::default() };
    let files = files(&spec(&text), &options).unwrap();
    let stages = |name: &str| {
        let file = files.iter().find(|file| file.path == Path::new(name)).unwrap();
        let file = parsed(&file.text);
        file.stages.iter().map(|stage| stage.name.clone().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(stages("Dockerfile.dev"), ["dev-content", "dev"]);
    assert_eq!(stages("Dockerfile.test"), ["dev-content", "test"]);
    assert_eq!(stages("Dockerfile.prod"), ["prod-build", "prod"]);
}

#[test]
fn knows_its_own_files() {
    let text = format!(
        "{STACK}[image.prod]\nmodels = [{{ path = 'a.onnx', sha256 = '{}' }}]\n",
        "0".repeat(64)
    );
    for file in files(&spec(&text), &RenderOptions::default()).unwrap() {
        assert_eq!(seal(file.text.as_bytes()), Seal::Whole, "{}", file.path.display());
    }
}

/// What a stage is given before it runs `program` for the first time.
fn tool_comes_first(text: &str, stage: &str, tool: &str, program: &str) {
    let (_, rest) = text.split_once(&format!(" AS {stage}\n")).unwrap();
    let rest = rest.split("\nFROM ").next().unwrap();
    let tool = rest.find(tool).unwrap_or_else(|| panic!("no `{tool}` in {rest}"));
    assert!(tool < rest.find(program).unwrap(), "{rest}");
}

#[test]
fn what_builds_on_prod_gets_what_it_installs_with() {
    let images = "[image.prod]\n[image.test]\nfrom = 'prod'\npip = ['pytest']\n\
                  [image.dev]\nfrom = 'test'\npip = ['ruff']\n\
                  [image.profile]\nfrom = 'prod'\nnsight = true\n\
                  [image.second]\nusage = 'prod'\nfrom = 'prod'\npip = ['einops']\n";
    let text = dockerfile(&spec(&format!("{STACK}{images}")), &RenderOptions::default()).unwrap();
    let copy = "COPY --from=prod-build /bin/uv /bin/uv";
    tool_comes_first(&text, "test-content", copy, "uv pip install");
    assert_eq!(text.matches(copy).count(), 1, "{text}");
    let mount = "--mount=type=bind,from=prod-build,source=/bin/uv,target=/bin/uv \\\n";
    tool_comes_first(&text, "second", mount, "uv pip install");

    let stack = STACK.replace("3.11", "3.10");
    let text = dockerfile(&spec(&format!("{stack}{images}")), &RenderOptions::default()).unwrap();
    let again = "# What is shipped has no pip.\nRUN python3.10 -m venv /opt/venv";
    tool_comes_first(&text, "test-content", "python3.10-venv", again);
    tool_comes_first(&text, "test-content", again, "pip install");
    tool_comes_first(&text, "second", again, "pip install");
    assert_eq!(text.matches(again).count(), 2, "{text}");
    assert_eq!(text.matches("pip uninstall --yes pip").count(), 2, "{text}");
}

#[test]
fn a_new_date_builds_nothing_anew() {
    let text = "[image.prod]\n[image.test]\nfrom = 'prod'\npip = ['pytest']\n\
                [image.profile]\nfrom = 'test'\nnsight = true\n";
    let text = dockerfile(&spec(&format!("{STACK}{text}")), &RenderOptions::default()).unwrap();
    let stages: Vec<&str> = text.split("\nFROM ").skip(1).collect();
    let with_argument: Vec<&str> = stages
        .iter()
        .filter(|it| it.contains("ARG CREATED"))
        .map(|it| it.lines().next().unwrap())
        .collect();
    assert_eq!(
        with_argument,
        ["test-content AS test", "test-content AS profile", "prod-content AS prod"],
        "{text}"
    );
    for stage in stages {
        let (_, behind) = stage.split_once("ARG CREATED").unwrap_or_default();
        assert!(!behind.contains("RUN") && !behind.contains("COPY"), "{stage}");
    }
}

#[test]
fn what_is_installed_later_is_resolved_with_the_frameworks() {
    let text = format!(
        "{STACK}cupy = '>=13,<15'\n[image.prod]\npip = ['einops']\n\
         [image.test]\nfrom = 'prod'\npip = ['pytest']\n"
    );
    let text = dockerfile(&spec(&text), &RenderOptions::default()).unwrap();
    let all = "uv pip install 'torch==2.8.*' 'cupy-cuda12x[ctk]>=13,<15' einops\n";
    assert!(text.contains(all), "{text}");
    assert!(text.contains("'cupy-cuda12x[ctk]>=13,<15' pytest\n"), "{text}");
    assert!(!text.contains("org.altlas.torch"), "a range is no version: {text}");
}

/// Texts that try to be more than one value.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a", " ", "\"", "'", "\\", "$", "${X}", "$(x)", "`x`", "\n", "\r\n", "#", "<<EOF", "\\\n",
        ";", "&&", "|", "ü", "\u{feff}", "\u{2028}", "--", "=", ",", "[\"", "\"]", "/", "..", "*",
        "\t", "%", "RUN x", "\u{0}", ":", "!",
    ]);
    prop::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

/// An image in which every text is a nasty one, and which of them.
fn nasty_image(field: usize, text: &str) -> Image {
    let one = || vec![text.to_owned()];
    let mut image = Image { usage: Some(crate::Usage::Dev), ..Image::default() };
    match field {
        0 => drop(image.env.insert("NAME".to_owned(), text.to_owned())),
        1 => drop(image.labels.insert("name".to_owned(), text.to_owned())),
        2 => image.apt = one(),
        3 => image.copy = vec![Copy::Path(text.to_owned())],
        4 => image.copy = vec![Copy::FromTo { from: "a".to_owned(), to: text.to_owned() }],
        5 => image.entrypoint = one(),
        6 => image.cmd = vec!["x".to_owned(), text.to_owned()],
        7 => image.user = Some(text.to_owned()),
        8 => image.workdir = Some(text.to_owned()),
        9 => image.requirements = one(),
        10 => {
            image.models =
                vec![Model { path: text.to_owned(), to: None, sha256: Some("0".repeat(64)) }];
        }
        11 => {
            image.healthcheck = Some(Healthcheck {
                test: one(),
                interval: None,
                timeout: None,
                start_period: None,
                retries: None,
            });
        }
        12 => drop(image.env.insert(text.to_owned(), "x".to_owned())),
        13 => image.driver_capabilities = one(),
        _ => drop(image.labels.insert(text.to_owned(), "x".to_owned())),
    }
    image
}

/// A value that is as good as another.
fn harmless(field: usize) -> &'static str {
    match field {
        8 => "/work",
        12 => "OTHER",
        _ => "x",
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_value_breaks_out(field in 0_usize..15, text in nasty()) {
        let base = spec(&format!("{STACK}[image.dev]\n"));
        let with = |image: Image| {
            let images = BTreeMap::from([("dev".to_owned(), image)]);
            dockerfile(&Spec { images, ..base.clone() }, &RenderOptions::default())
        };
        let Ok(got) = with(nasty_image(field, &text)) else { return Ok(()) };
        let usual = with(nasty_image(field, harmless(field))).unwrap();
        let is_root = field == 7 && ["root", "0"].contains(&text.split(':').next().unwrap());
        if !is_root {
            prop_assert_eq!(kinds(&got), kinds(&usual), "{}", got);
        }
        let file = parsed(&got);
        for instruction in file.of_stage(0) {
            match &instruction.kind {
                Kind::Env(pairs) if field == 0 => {
                    for pair in pairs.iter().filter(|pair| pair.name.text == "NAME") {
                        prop_assert_eq!(&pair.value.as_ref().unwrap().text, &text);
                    }
                }
                Kind::Label(pairs) if field == 1 => {
                    for pair in pairs.iter().filter(|pair| pair.name.text == "name") {
                        prop_assert_eq!(&pair.value.as_ref().unwrap().text, &text);
                    }
                }
                Kind::Entrypoint(words) if field == 5 => {
                    prop_assert!(words.exec);
                    prop_assert_eq!(&words.words[0].text, &text);
                }
                Kind::Copy(copied) => prop_assert!(copied.heredocs.is_empty()),
                _ => {}
            }
        }
    }

    #[test]
    fn the_same_twice(field in 0_usize..15, text in "[a-z /._-]{0,12}") {
        let base = spec(&format!("{STACK}[image.dev]\n"));
        let images = BTreeMap::from([("dev".to_owned(), nasty_image(field, &text))]);
        let spec = Spec { images, ..base };
        let recipes = Recipe::from_spec(&spec, &BTreeMap::new()).unwrap();
        let once = || render(&spec, &recipes, &RenderOptions::default());
        prop_assert_eq!(once(), once());
    }
}
