//! The requirements of an image contradict each other.
//!
//! There is no set of versions that meets every wish at once, for the image's own Python and platform:
//! two packages need different versions of a third, or no release fits the Python, or a package does
//! not exist. `pip install` then ends after minutes, or takes old versions that nobody wanted. This is
//! looked at only with `cargo altlas image check --resolve` and by `cargo altlas image lock`, which ask
//! uv and the package indexes.
//!
//! The reasons are what the contradiction follows from: the wishes with their lines, and what packages
//! need. With `--verbose` you see what uv said itself.
//!
//! Loosen one of the wishes, or take a framework out of this image: two images with one framework each
//! are often better than one with all.

use super::{Diagnosis, Fix};
use crate::{Place, Reason, ResolveOutcome, Scene};
use serde::Serialize;

/// The requirements of an image contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the requirements of image `{image}` cannot be met together: {}", words(reasons))]
pub struct RequirementsDoNotResolve {
    /// The image, or the stage.
    pub image: String,
    /// What the contradiction follows from.
    pub reasons: Vec<Reason>,
    /// What uv adds.
    pub hints: Vec<String>,
    /// All that uv said.
    pub original: String,
    /// Where the last of the wishes is written.
    pub place: Place,
}

fn words(reasons: &[Reason]) -> String {
    let shown = |reason: &Reason| match &reason.place {
        Some(Place::File { path, line, .. }) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            format!("{} ({name}:{line})", reason.words)
        }
        Some(Place::Key { path }) => format!("{} ({})", reason.words, path.join(".")),
        None => reason.words.clone(),
    };
    let words: Vec<String> = reasons.iter().map(shown).collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{}, and {last}", before.join(", ")),
        _ => words.concat(),
    }
}

impl RequirementsDoNotResolve {
    pub(super) const CODE: &str = "image/requirements-do-not-resolve";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for resolution in &scene.requirements.resolutions {
            let ResolveOutcome::Conflict(conflict) = &resolution.outcome else { continue };
            let image = resolution.image.clone();
            // What an image inherits is told once, for the image that has it first.
            if found.iter().any(|earlier| earlier.reasons == conflict.reasons) {
                continue;
            }
            let of_wish = conflict.reasons.iter().rev().find_map(|reason| reason.place.clone());
            let of_image = || scene.recipes.iter().find(|recipe| recipe.name == image);
            let Some(place) = of_wish.or_else(|| Some(of_image()?.place.clone())) else { continue };
            found.push(Self {
                image,
                reasons: conflict.reasons.clone(),
                hints: conflict.hints.clone(),
                original: conflict.original.clone(),
                place,
            });
        }
        found
    }
}

impl Diagnosis for RequirementsDoNotResolve {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let wishes: Vec<&str> = self
            .reasons
            .iter()
            .filter(|reason| reason.place.is_some())
            .filter_map(|reason| reason.words.strip_prefix("you ask for "))
            .collect();
        let is_unknown =
            self.reasons.iter().any(|reason| reason.words.starts_with("no package index has"));
        let first = match wishes.as_slice() {
            _ if is_unknown => {
                "correct the name, or name the package index that has it".to_owned()
            }
            [] => "change what the image asks for".to_owned(),
            [one] => format!("allow other versions than {one}, or leave it out"),
            several => format!("loosen one of {}", several.join(", ")),
        };
        let hints = self.hints.iter().map(|hint| Fix::by_hand(hint.clone()));
        std::iter::once(Fix::by_hand(first)).chain(hints).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Conflict, Resolution, scene::example};

    fn check(outcome: ResolveOutcome) -> Vec<RequirementsDoNotResolve> {
        example::dockerfile_with("FROM busybox AS app\n", |scene| {
            let image = "app".to_owned();
            scene.requirements.resolutions.push(Resolution { image, outcome });
            RequirementsDoNotResolve::find(scene)
        })
    }

    #[test]
    fn tells_the_wishes() {
        let place = Place::File { path: "a/r.txt".into(), line: 3, column: 1 };
        let reason = |words: &str, place: Option<&Place>| Reason {
            words: words.to_owned(),
            place: place.cloned(),
        };
        let conflict = Conflict {
            reasons: vec![
                reason("`a==1` needs `b<2`", None),
                reason("you ask for `b==2`", Some(&place)),
            ],
            hints: Vec::new(),
            original: "Because …".to_owned(),
        };
        let found = check(ResolveOutcome::Conflict(conflict));
        assert_eq!(
            found[0].to_string(),
            "the requirements of image `app` cannot be met together: `a==1` needs `b<2`, and you ask \
             for `b==2` (r.txt:3)"
        );
        assert_eq!(found[0].place, place);
        assert_eq!(found[0].fixes()[0].text, "allow other versions than `b==2`, or leave it out");
    }

    #[test]
    fn is_silent_where_they_fit() {
        assert_eq!(check(ResolveOutcome::Resolved), []);
    }
}
