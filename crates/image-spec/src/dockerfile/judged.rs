//! BuildKit's own parser is the judge: what it accepts is read, and what it refuses is refused.
//!
//! `tests/fixtures/dockerfiles/record.py` records its verdicts.

use super::Dockerfile;
use crate::{Fleet, Problem, Recipe, Requirements, Scene};
use proptest::prelude::*;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdicts {
    accepted: Vec<String>,
    /// The name of a file, and why.
    refused: BTreeMap<String, String>,
    judge: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/dockerfiles/syntax")
}

/// Why a file is refused: by the parser, or by the check that says more of it.
fn refusal(bytes: &[u8]) -> Option<String> {
    let file = match Dockerfile::parse(Path::new("Dockerfile"), bytes) {
        Ok(file) => file,
        Err(error) => return Some(error.to_string()),
    };
    let found = all(&file);
    found.iter().find_map(|problem| match problem {
        Problem::EnvComment(found) if found.is_refused() => Some(found.to_string()),
        _ => None,
    })
}

fn all(file: &Dockerfile) -> Vec<Problem> {
    crate::check(&Scene {
        recipes: Recipe::from_dockerfile(file),
        spec: None,
        dockerfile: Some(file),
        requirements: Requirements::default(),
        fleet: Fleet::default(),
        today: "2026-11-24".parse().unwrap(),
    })
}

#[test]
fn agrees_with_buildkit() {
    let text = std::fs::read_to_string(folder().join("verdicts.json")).unwrap();
    let verdicts: Verdicts = serde_json::from_str(&text).unwrap();
    assert!(verdicts.judge.contains("buildkit"));
    let read = |name: &str| std::fs::read(folder().join(format!("{name}.Dockerfile"))).unwrap();
    let mut wrong = Vec::new();
    for name in &verdicts.accepted {
        if let Some(why) = refusal(&read(name)) {
            wrong.push(format!("{name}: BuildKit accepts it, and here: {why}"));
        }
    }
    for (name, why) in &verdicts.refused {
        if refusal(&read(name)).is_none() {
            wrong.push(format!("{name}: BuildKit says: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let files = std::fs::read_dir(folder()).unwrap().count();
    assert_eq!(files, verdicts.accepted.len() + verdicts.refused.len() + 1, "run record.py");
}

/// Texts that look like Dockerfiles more often than not.
fn texts() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "FROM ",
        "ARG A=1",
        "RUN ",
        "ENV ",
        "COPY ",
        "ONBUILD ",
        "HEALTHCHECK CMD ",
        "CMD ",
        "SHELL ",
        "<<EOF",
        "<<-\"E\"",
        "EOF",
        "\n",
        "\n",
        "\\\n",
        "\\",
        "`",
        "$",
        "${A",
        "${A:-",
        "}",
        "$(",
        ")",
        "(",
        "\"",
        "'",
        "[\"",
        "\"]",
        "&&",
        "||",
        ";",
        "|",
        ">",
        "<(",
        "2>&1",
        "#",
        " # ",
        "é",
        "🧀",
        "nvidia/cuda:12.6.3-base-ubuntu22.04",
        " AS b",
        "--from=b",
        "--mount=type=cache,target=/x ",
        "pip install ",
        "-r",
        "torch==",
        "apt-get install -y ",
        "if ",
        "; then ",
        "fi",
        "for x in ",
        "case ",
        " in ",
        "esac",
        "bash -c ",
        "=",
        "%%",
        "//",
        "\t",
        "\r\n",
        " ",
        "/usr/local/cuda-1",
        "# altlas ignore=a,b; c\n",
        "USER ",
        "python -m venv /x ",
        "ENV PATH=/x/bin:$PATH\n",
        "COPY --from=b /x /y\n",
        "uv ",
        "conda create ",
        "LD_LIBRARY_PATH=",
    ];
    let piece = prop_oneof![
        8 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reads_any_text(text in texts()) {
        for text in [text.clone(), format!("FROM a AS b\n{text}"), format!("FROM a\nRUN {text}")] {
            let Ok(file) = Dockerfile::parse(Path::new("Dockerfile"), text.as_bytes()) else {
                continue;
            };
            super::spans::are_inside(&file);
            all(&file);
        }
    }

    #[test]
    fn reads_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = refusal(&bytes);
    }
}
