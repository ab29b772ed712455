//! A reference to an image: `registry.example.com:5000/team/app:1.0@sha256:…`.

use serde::Serialize;
use std::{fmt, str::FromStr};

/// A reference to an image, as it was written: nothing is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Reference {
    /// The registry with its port; `None` for Docker Hub.
    pub registry: Option<String>,
    /// The path of the repository, such as `nvidia/cuda`.
    pub path: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest, such as `sha256:…`.
    pub digest: Option<String>,
}

/// A text that is not a reference to an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an image reference: {reason}")]
pub struct ReferenceError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl FromStr for Reference {
    type Err = ReferenceError;

    /// # Errors
    /// Where the text is not a reference by the grammar of the distribution project.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |reason| ReferenceError { text: text.to_owned(), reason };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        if digest.is_some_and(|digest| !is_digest(digest)) {
            return Err(wrong("the digest is not an algorithm and hexadecimal digits"));
        }
        let (registry, rest) = match rest.split_once('/') {
            Some((first, rest)) if is_registry(first) => (Some(first), rest),
            _ => (None, rest),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (rest, None),
        };
        if path.is_empty() {
            return Err(wrong("it has no name"));
        }
        if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(wrong("the name of a repository is written in lower case"));
        }
        if !path.split('/').all(is_component) {
            return Err(wrong(
                "a name holds letters, digits and single `.`, `_`, `-` or `__` between them",
            ));
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(wrong("a tag holds up to 128 letters, digits, `_`, `.` and `-`"));
        }
        let owned = |part: Option<&str>| part.map(str::to_owned);
        Ok(Self {
            registry: owned(registry),
            path: path.to_owned(),
            tag: owned(tag),
            digest: owned(digest),
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        f.write_str(&self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

impl Reference {
    /// Whether it is an image of `nvidia/cuda`: from Docker Hub, from NGC, or from a mirror that keeps
    /// the path.
    pub fn is_nvidia_cuda(&self) -> bool {
        self.path == "nvidia/cuda" || self.path.ends_with("/nvidia/cuda")
    }
}

/// A first part is a registry where it can be nothing else: Docker's rule.
fn is_registry(first: &str) -> bool {
    let like_host = first.contains(['.', ':']) || first == "localhost";
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte);
    like_host && first.bytes().all(letters)
}

fn is_component(part: &str) -> bool {
    let bytes = part.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    if !ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric)) {
        return false;
    }
    let separators: Vec<&str> = part
        .split(|letter: char| letter.is_ascii_alphanumeric())
        .filter(|between| !between.is_empty())
        .collect();
    separators.iter().all(|between| {
        matches!(*between, "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
    })
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    tag.len() <= 128
        && tag.as_bytes().first().is_some_and(word)
        && tag.bytes().all(|byte| word(&byte) || b".-".contains(&byte))
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, digits)) = digest.split_once(':') else { return false };
    !algorithm.is_empty()
        && algorithm.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+._-".contains(&byte))
        && digits.len() >= 32
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let check = |text: &str, expected: Result<(Option<&str>, &str, Option<&str>), &str>| {
            let got = text.parse::<Reference>();
            if let Ok(reference) = &got {
                assert_eq!(reference.to_string(), text);
            }
            let parts = got
                .as_ref()
                .map(|got| (got.registry.as_deref(), got.path.as_str(), got.tag.as_deref()))
                .map_err(|error| error.reason);
            assert_eq!(parts.map_err(|_| ""), expected.map_err(|_| ""), "{text}");
        };
        check(
            "nvidia/cuda:12.6.3-base-ubuntu22.04",
            Ok((None, "nvidia/cuda", Some("12.6.3-base-ubuntu22.04"))),
        );
        check("nvcr.io/nvidia/cuda:x", Ok((Some("nvcr.io"), "nvidia/cuda", Some("x"))));
        check("localhost:5000/a/b", Ok((Some("localhost:5000"), "a/b", None)));
        check("busybox", Ok((None, "busybox", None)));
        check("a/b__c-d.e_f", Ok((None, "a/b__c-d.e_f", None)));
        check(&format!("a:1@sha256:{}", "0".repeat(64)), Ok((None, "a", Some("1"))));
        check("", Err(""));
        check(":tag", Err(""));
        check("Upper/case", Err(""));
        check("a/b:tag with space", Err(""));
        check("a@sha256:xyz", Err(""));
        check("a//b", Err(""));
        check("a/-b", Err(""));
        check(&format!("a:{}", "t".repeat(129)), Err(""));
    }
}
