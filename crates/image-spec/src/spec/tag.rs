//! The template of tags, and the references of `[registry]`.

use super::door::{Rule, nearest};
use crate::Reference;

/// What a tag can be made of.
pub(crate) const PLACEHOLDERS: [&str; 5] = ["image", "version", "cuda", "python", "commit"];

/// A template such as `{version}-cuda{cuda}-g{commit}`.
pub(super) struct TagTemplate;

impl Rule for TagTemplate {
    fn check(text: &str) -> Result<(), String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after
                .split_once('}')
                .ok_or_else(|| format!("`{text}` has a `{{` without its `}}`"))?;
            if !PLACEHOLDERS.contains(&name) {
                return Err(format!(
                    "`{{{name}}}` is nothing that altlas fills in; {}",
                    nearest(name, &PLACEHOLDERS)
                ));
            }
            filled.push_str(before);
            filled.push_str("1.0");
            rest = behind;
        }
        filled.push_str(rest);
        format!("a:{filled}").parse::<Reference>().map(|_| ()).map_err(|_| {
            format!(
                "`{text}` does not make a tag: a tag holds up to 128 letters, digits, `_`, `.` and \
                 `-`, and does not begin with `.` or `-`"
            )
        })
    }
}

/// A repository without tag and digest.
pub(super) struct Repository;

impl Rule for Repository {
    fn check(text: &str) -> Result<(), String> {
        let reference = text.parse::<Reference>().map_err(|error| error.to_string())?;
        // Docker itself cannot tell a registry with a port from a name with a tag here.
        let port = |tag: &str| tag.bytes().all(|byte| byte.is_ascii_digit());
        if reference.tag.as_deref().is_some_and(port) && !text.contains('/') {
            return Err(format!(
                "`{text}` names a registry alone; add the repository, as in `{text}/team/app`"
            ));
        }
        if reference.tag.is_some() || reference.digest.is_some() {
            return Err(format!(
                "`{text}` has a tag or a digest; write the repository alone, `[registry] tag` makes \
                 the tag"
            ));
        }
        Ok(())
    }
}

/// What stands in front of the name of a base image: `registry.example.com/hub`.
pub(super) struct Mirror;

impl Rule for Mirror {
    fn check(text: &str) -> Result<(), String> {
        let whole = format!("{text}/nvidia/cuda").parse::<Reference>();
        match whole {
            Ok(reference) if reference.registry.is_some() => Ok(()),
            _ => Err(format!(
                "`{text}` is not a registry such as `registry.example.com/hub`; write no `https://`, \
                 no tag and no `/` at the end"
            )),
        }
    }
}

/// The Dockerfile frontend, or nothing.
pub(super) struct Frontend;

impl Rule for Frontend {
    fn check(text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        text.parse::<Reference>().map(|_| ()).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates() {
        let check = |text: &str, expected: &str| {
            let got = TagTemplate::check(text).err().unwrap_or_default();
            assert!(got.contains(expected) && (expected.is_empty() == got.is_empty()), "{got}");
        };
        check("{version}-{image}-cuda{cuda}-py{python}-g{commit}", "");
        check("latest", "");
        check("{verson}", "did you mean `version`?");
        check("{x}", "there are `image`");
        check("{version", "without its");
        check("-{version}", "does not make a tag");
        check("a b", "does not make a tag");
        check("", "does not make a tag");
    }

    #[test]
    fn repositories_and_mirrors() {
        let check = |text: &str, expected: [bool; 2]| {
            assert_eq!([Repository::check(text).is_ok(), Mirror::check(text).is_ok()], expected);
        };
        check("registry.example.com/team/app", [true, true]);
        check("team/app", [true, false]);
        check("localhost:5000", [false, true]);
        check("localhost:5000/app", [true, true]);
        check("registry.example.com/team/app:1.0", [false, false]);
        check("https://registry.example.com/app", [false, false]);
        check("Team/App", [false, false]);
        check("", [false, false]);
    }
}
