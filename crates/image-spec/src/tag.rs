//! From the template `[registry] tag` to the tag of an image.

use crate::{Reference, ReferenceError};

/// What a tag ends with that was built from files which no commit has.
const DIRTY: &str = "-dirty";

/// What fills the template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagParts {
    /// The name of the image.
    pub image: String,
    /// The version of the product.
    pub version: Option<String>,
    /// The CUDA that it holds.
    pub cuda: Option<String>,
    /// The Python that it holds.
    pub python: Option<String>,
    /// The commit that it is built from.
    pub commit: Option<Commit>,
}

/// The commit that an image is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The whole hash.
    pub hash: String,
    /// When it was made, as RFC 3339.
    pub date: String,
    /// Whether there are files that it does not have.
    pub dirty: bool,
}

/// Why there is no tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagFault {
    /// The template wants something that is not known.
    #[error("`[registry] tag` has `{{{placeholder}}}`, and {what}")]
    Missing {
        /// What it wants.
        placeholder: &'static str,
        /// What is missing, and what to do.
        what: &'static str,
    },
    /// It is not a tag.
    #[error("`[registry] tag` makes something that is no tag")]
    NotATag(#[source] ReferenceError),
}

impl Commit {
    /// As it stands in a tag: short, and marked where files differ from it.
    pub fn short(&self) -> String {
        let hash: String = self.hash.chars().take(12).collect();
        if self.dirty { hash + DIRTY } else { hash }
    }
}

/// The reference of an image in `repository`.
///
/// # Errors
/// Where the template wants what is not known, or makes something that is no tag.
pub fn reference_for(
    repository: &str,
    template: &str,
    parts: &TagParts,
) -> Result<Reference, TagFault> {
    let commit = parts.commit.as_ref();
    let values: [(&'static str, Option<String>, &'static str); 5] = [
        ("image", Some(parts.image.clone()), ""),
        (
            "version",
            parts.version.clone(),
            "the config says none; write `version` into `[project]`",
        ),
        (
            "cuda",
            parts.cuda.clone(),
            "this image has none; write `version` into `[cuda]`, or take it out of the template",
        ),
        (
            "python",
            parts.python.clone(),
            "this image has none; write `python` into `[cuda]`, or take it out of the template",
        ),
        (
            "commit",
            commit.map(Commit::short),
            "this is no Git checkout, or it has no commit; commit first, or take it out of the template",
        ),
    ];
    let mut tag = template.to_owned();
    for (placeholder, value, what) in values {
        let written = format!("{{{placeholder}}}");
        if tag.contains(&written) {
            let value = value.ok_or(TagFault::Missing { placeholder, what })?;
            tag = tag.replace(&written, &value);
        }
    }
    // A tag cannot hold the sign that begins the build metadata of a version.
    let mut tag = tag.replace('+', "_");
    if commit.is_some_and(|commit| commit.dirty) && !tag.contains(DIRTY) {
        tag.push_str(DIRTY);
    }
    format!("{repository}:{tag}").parse().map_err(TagFault::NotATag)
}

/// Whether a reference was made from files that no commit has: it is never pushed.
pub fn is_dirty(reference: &Reference) -> bool {
    reference.tag.as_deref().is_some_and(|tag| tag.contains(DIRTY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_the_template() {
        let parts = |dirty| TagParts {
            image: "prod".to_owned(),
            version: Some("1.2.0+rc".to_owned()),
            cuda: Some("12.6".to_owned()),
            python: Some("3.11".to_owned()),
            commit: Some(Commit {
                hash: "0123456789abcdef0123456789abcdef01234567".to_owned(),
                date: "2026-11-24T15:00:00Z".to_owned(),
                dirty,
            }),
        };
        let check = |template: &str, dirty, expected: &str| {
            let got = reference_for("r.io/team/app", template, &parts(dirty)).unwrap();
            assert_eq!(got.to_string(), format!("r.io/team/app:{expected}"));
            assert_eq!(is_dirty(&got), dirty);
        };
        let whole = "{version}-{image}-cuda{cuda}-py{python}-g{commit}";
        check(whole, false, "1.2.0_rc-prod-cuda12.6-py3.11-g0123456789ab");
        check(whole, true, "1.2.0_rc-prod-cuda12.6-py3.11-g0123456789ab-dirty");
        check("{version}", true, "1.2.0_rc-dirty");
        check("latest", false, "latest");
    }

    #[test]
    fn says_what_is_missing() {
        let empty = TagParts::default();
        let check = |template: &str, expected: &str| {
            let got = reference_for("app", template, &empty).unwrap_err().to_string();
            assert!(got.contains(expected), "{got}");
        };
        check("{version}", "`version` into `[project]`");
        check("{cuda}", "`[cuda]`");
        check("g{commit}", "no Git checkout");
        check("a b", "no tag");
    }
}
