//! One requirement, as it is written.

use super::{wheel::Wheel, without_credentials};
use crate::PipRequirement;
use pep508_rs::{Pep508ErrorSource, Requirement};

/// What one requirement is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// It names a package.
    Named(Box<Requirement>),
    /// It does not say which package it is before it is built.
    Open(String),
}

/// A marker with more comparisons than a person or a resolver writes can take for ever to simplify.
const MOST_COMPARISONS: usize = 64;

/// The deepest brackets that are read; the parser calls itself for each.
const DEEPEST: usize = 32;

/// Reads a requirement of a requirements file; the error says at which byte.
pub(super) fn written(text: &str) -> Result<Written, (usize, String)> {
    let clean = without_credentials(text);
    let text = clean.as_str();
    if has_variable(text) {
        return Ok(Written::Open(clean));
    }
    if !is_path_or_url(text) {
        return requirement(text).map(|found| Written::Named(Box::new(found)));
    }
    // A wheel says in its name what it is.
    let file = text.split(char::is_whitespace).next().unwrap_or_default();
    let named = Wheel::parse(file)
        .map(|wheel| format!("{}=={}", wheel.name, wheel.version))
        .or_else(|| egg(file).map(str::to_owned));
    match named.and_then(|named| requirement(&named).ok()) {
        Some(found) => Ok(Written::Named(Box::new(found))),
        None => Ok(Written::Open(clean)),
    }
}

/// Reads a requirement after PEP 508; the error says at which byte.
pub(super) fn requirement(text: &str) -> Result<Requirement, (usize, String)> {
    let comparisons = text.matches(" and ").count() + text.matches(" or ").count();
    if comparisons > MOST_COMPARISONS {
        return Err((0, format!("the marker has more than {MOST_COMPARISONS} comparisons")));
    }
    if let Some((at, _)) = text.match_indices('(').nth(DEEPEST) {
        return Err((at, format!("the marker has more than {DEEPEST} brackets")));
    }
    let clean = without_credentials(text);
    // The error's own `Display` counts characters as bytes; only its message is taken.
    clean.parse::<Requirement>().map_err(|error| {
        let at = text.char_indices().nth(error.start).map_or(0, |(at, _)| at);
        let reason = match &error.message {
            Pep508ErrorSource::String(reason)
            | Pep508ErrorSource::UnsupportedRequirement(reason) => reason.clone(),
            Pep508ErrorSource::UrlError(error) => error.to_string(),
        };
        let reason = reason.lines().next().unwrap_or_default().to_owned();
        (at, format!("`{}` is not a requirement: {reason}", shortened(&clean)))
    })
}

/// A requirement that is not locked and has no index of its own.
pub(super) fn plain(requirement: Requirement) -> PipRequirement {
    PipRequirement { requirement, index: None, hashed: false }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{} …", &text[..at]),
        None => text.to_owned(),
    }
}

/// `${NAME}`, which pip and uv fill in.
pub(super) fn has_variable(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let name = text[at + 2..].split('}').next().unwrap_or_default();
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        text[at + 2 + name.len()..].starts_with('}')
            && !name.is_empty()
            && name.chars().all(is_name)
    })
}

fn is_path_or_url(text: &str) -> bool {
    let first = text.split([';', ' ', '\t']).next().unwrap_or_default();
    // `name@https://…` names a package.
    let before = first.split('@').next().unwrap_or_default();
    let archives = [".whl", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".zip"];
    before.starts_with(['.', '/', '~', '\\'])
        || before.contains(['/', '\\', ':'])
        || archives.iter().any(|ending| before.ends_with(ending))
}

/// `NAME` in `…#egg=NAME&subdirectory=…`.
fn egg(url: &str) -> Option<&str> {
    let fragment = url.split_once('#')?.1;
    fragment.split('&').find_map(|part| part.strip_prefix("egg="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_asked_for() {
        let check = |text: &str, expected: &str| {
            let got = match written(text) {
                Ok(Written::Named(found)) => found.to_string(),
                Ok(Written::Open(found)) => format!("open {found}"),
                Err((at, what)) => format!("{at} {what}"),
            };
            assert_eq!(got, expected, "{text}");
        };
        check("torch==2.7.1+cu118", "torch==2.7.1+cu118");
        check(
            "Torch[a,b] >=2, <3 ; python_version<'3.12'",
            "torch[a,b]>=2,<3 ; python_full_version < '3.12'",
        );
        check("./wheels/torch-2.0-cp311-cp311-linux_x86_64.whl", "torch==2.0");
        check("https://me:pw@x/torch-2.0-py3-none-any.whl", "torch==2.0");
        check("git+https://t0k3n@github.com/o/r@v1#egg=thing", "thing");
        check("git+https://t0k3n@github.com/o/r@v1", "open git+https://***@github.com/o/r@v1");
        check("./local", "open ./local");
        check(".", "open .");
        check("app-1.0.tar.gz", "open app-1.0.tar.gz");
        check("torch==${TORCH}", "open torch==${TORCH}");
        check("a @ https://me:pw@x/a.zip", "a @ https://***@x/a.zip");
        check(
            "torch=2.0",
            "5 `torch=2.0` is not a requirement: no such comparison operator \"=\", must be one of \
             ~= == != <= >= < > ===",
        );
    }

    #[test]
    fn markers_end() {
        let deep = format!("a ; {}os_name == 'a'{}", "(".repeat(9999), ")".repeat(9999));
        assert_eq!(requirement(&deep).unwrap_err().1, "the marker has more than 32 brackets");
        let long = format!("a ; os_name == 'a'{}", " and os_name == 'b'".repeat(99));
        assert_eq!(requirement(&long).unwrap_err().1, "the marker has more than 64 comparisons");
    }
}
