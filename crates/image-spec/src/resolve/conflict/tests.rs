//! What uv 0.8 to 0.13 really said.

use super::*;
use std::path::PathBuf;

fn wishes(texts: &[&str]) -> Vec<Placed<Requirement>> {
    let place = |line: usize| Place::File {
        path: PathBuf::from("r.txt"),
        line: u32::try_from(line + 1).unwrap(),
        column: 1,
    };
    let texts = texts.iter().enumerate();
    texts.map(|(line, text)| Placed::new(text.parse().unwrap(), place(line))).collect()
}

/// The reasons, each wish with its line.
fn check(said: &str, asked: &[&str], expected: &[&str]) {
    let ResolveOutcome::Conflict(conflict) = outcome(Some(1), said, &wishes(asked)) else {
        panic!("{said}");
    };
    let shown = |reason: &Reason| match &reason.place {
        Some(Place::File { line, .. }) => format!("{} ({line})", reason.words),
        _ => reason.words.clone(),
    };
    let reasons: Vec<String> = conflict.reasons.iter().map(shown).collect();
    assert_eq!(reasons, expected);
}

#[test]
fn tells_two_wishes_apart() {
    check(
        "error: No solution found when resolving dependencies\n  cause: Because numba==0.57.0 \
         depends on numpy>=1.21,<1.25 and you require numba==0.57.0, we can conclude that you require \
         numpy>=1.21,<1.25.\n         And because you require numpy==2.0.0, we can conclude that your \
         requirements are unsatisfiable.\n",
        &["numba==0.57.0", "numpy==2.0.0", "tensorflow"],
        &[
            "you ask for `numba==0.57.0` (1)",
            "`numba==0.57.0` needs `numpy>=1.21,<1.25`",
            "you ask for `numpy==2.0.0` (2)",
        ],
    );
}

#[test]
fn reads_the_older_drawing() {
    check(
        "  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version of \
         numpy==99 and you require numpy==99, we can\n      conclude that your requirements are \
         unsatisfiable.\n",
        &["numpy==99"],
        &["you ask for `numpy==99` (1)", "there is no release of `numpy==99`"],
    );
}

#[test]
fn passes_on_what_it_does_not_know() {
    check(
        "error: No solution found when resolving dependencies\n  cause: Because tensorflow==2.20.0 \
         has no wheels with a matching Python implementation tag (e.g., `cp38`) and you require \
         tensorflow==2.20, we can conclude that your requirements are unsatisfiable.\n\nhint: You \
         require CPython 3.8\n",
        &["tensorflow==2.20"],
        &[
            "you ask for `tensorflow==2.20` (1)",
            "`tensorflow==2.20.0` has no wheels with a matching Python implementation tag (e.g., `cp38`)",
        ],
    );
    check(
        "error: No solution found\n  cause: Because nope was not found in the package registry and \
         you require nope, we can conclude that your requirements are unsatisfiable.",
        &["nope"],
        &["you ask for `nope` (1)", "no package index has `nope`"],
    );
}

#[test]
fn leaves_out_what_is_concluded() {
    check(
        "error: No solution found\n  cause: Because a==1 depends on one of:\n             b<1\n             \
         b>2\n         and you require a==1 and c==1, we can conclude that one of:\n             b<1\n. \
         (1)\n\n",
        &["a==1", "c==1"],
        &["you ask for `a==1` (1)", "`a==1` needs one of `b<1`, `b>2`", "you ask for `c==1` (2)"],
    );
}

#[test]
fn reads_lists() {
    check(
        "error: No solution found\n  cause: Because tensorflow==2.16.1 depends on one of:\n      \
         protobuf>=3,<4.21.0\n      protobuf>4.21.0,<4.21.1\n      protobuf>4.21.5,<5.0.0.dev0\n   \
         and you require tensorflow[and-cuda]==2.16.1, we can conclude that you require one of:\n     \
         protobuf>=3,<4.21.0\n      protobuf>4.21.5,<5.0.0.dev0\n\n   And because you require \
         protobuf>=5, we can conclude that your requirements are unsatisfiable.\n",
        &["tensorflow[and-cuda]==2.16.1", "protobuf>=5"],
        &[
            "you ask for `tensorflow[and-cuda]==2.16.1` (1)",
            "`tensorflow==2.16.1` needs one of `protobuf>=3,<4.21.0` … `protobuf>4.21.5,<5.0.0.dev0`",
            "you ask for `protobuf>=5` (2)",
        ],
    );
    check(
        "error: No solution found\n  cause: Because httpcore<=0.4.0 has no usable wheels and only the \
         following versions of httpcore are available:\n     httpcore<=0.4.0\n     httpcore>=0.5\n   \
         we can conclude that httpcore<0.5 cannot be used.\n   And because you require httpcore<0.5, we \
         can conclude that your requirements are unsatisfiable.\n\nhint: Wheels are required for \
         `httpcore` because building from source is disabled for all packages (i.e., with `--no-build`)",
        &["httpcore<0.5"],
        &[
            "you ask for `httpcore<0.5` (1)",
            "`httpcore<=0.4.0` has no wheel that fits",
            "of `httpcore` there is only `httpcore<=0.4.0`, `httpcore>=0.5`",
        ],
    );
}

#[test]
fn says_what_could_not_be_looked_at() {
    let check = |code: i32, said: &str, expected: (&str, &str)| {
        let ResolveOutcome::CouldNotLook { what, reason, .. } = outcome(Some(code), said, &[])
        else {
            panic!("{said}");
        };
        assert_eq!((what.as_str(), reason.as_str()), expected);
    };
    check(
        2,
        "error: Request failed after 3 retries in 11.3s\n  cause: Failed to fetch: \
         http://127.0.0.1:9/simple/httpx/\n  cause: error sending request for url\n  cause: tcp \
         connect error\n  cause: Connection refused (os error 111)\n",
        ("http://127.0.0.1:9/simple/httpx/", "Connection refused (os error 111)"),
    );
    check(
        1,
        "error: No solution found when resolving dependencies\n  cause: Because httpx was not found \
         in the cache and you require httpx, we can conclude that your requirements are \
         unsatisfiable.\n\nhint: Packages were unavailable because the network was disabled.",
        (
            "the package index",
            "uv is told to stay offline, and its cache does not hold what is needed",
        ),
    );
    check(
        1,
        "error: No solution found\n  cause: Because x was not found in the package registry and you \
         require x, we can conclude that your requirements are unsatisfiable.\n\nhint: An index URL \
         (https://corp/simple) could not be queried due to a lack of valid authentication \
         credentials (401 Unauthorized).",
        ("https://corp/simple", "it refuses without valid credentials"),
    );
    check(
        2,
        "error: Couldn't parse requirement in `r.txt` at position 0\n  cause: no such operator",
        (
            "the requirements",
            "uv says: Couldn't parse requirement in `r.txt` at position 0: no such operator",
        ),
    );
    check(2, "", ("the requirements", "uv ended with exit code 2 and said nothing of use"));
}
