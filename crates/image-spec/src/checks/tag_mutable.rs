//! The template gives different images the same tag.
//!
//! A tag without the commit is overwritten by the next build of the same version: `cuda-11.8-py3.11-v1.0` is
//! one image today and another tomorrow, a node that has it keeps the old one, and nobody can say what runs.
//! A tag without the name of the image is one for all images of the config.
//!
//! See for yourself with `docker inspect --format '{{.RepoDigests}}' IMAGE` on two machines.
//!
//! Keep `{commit}` in the template, and `{image}` where there are several images.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use serde::Serialize;

/// The template gives different images the same tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the tag `{template}` has no `{{{missing}}}`: different images get the same tag")]
pub struct TagMutable {
    /// The template.
    pub template: String,
    /// The placeholder that is missing.
    pub missing: String,
    /// Where it is written.
    pub place: Place,
}

impl TagMutable {
    pub(super) const CODE: &str = "image/tag-mutable";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(spec) = scene.spec.filter(|spec| spec.registry.repository.is_some()) else {
            return Vec::new();
        };
        let template = &spec.registry.tag;
        let without = |name: &str| !template.contains(&format!("{{{name}}}"));
        let missing = if without("commit") {
            "commit"
        } else if spec.images.len() > 1 && without("image") {
            "image"
        } else {
            return Vec::new();
        };
        vec![Self {
            template: template.clone(),
            missing: missing.to_owned(),
            place: Place::key("registry.tag"),
        }]
    }
}

impl Diagnosis for TagMutable {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let separator = if self.missing == "commit" { "-g" } else { "-" };
        vec![Fix::by_hand(format!(
            "write `tag = \"{}{separator}{{{}}}\"`",
            self.template, self.missing
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn looks_at_the_template() {
        let check = |registry: &str, images: &str, expected: Option<&str>| {
            let text = format!(
                "[cuda]\nversion = '12.6'\nos = 'ubuntu22.04'\n[registry]\n{registry}\n{images}"
            );
            let found = example::spec(&text, TagMutable::find);
            let got = found.first().map(|found| found.missing.as_str());
            assert_eq!(got, expected, "{registry} {images}");
        };
        let one = "[image.prod]";
        let two = "[image.prod]\n[image.dev]";
        check("repository = 'a/b'\ntag = 'cuda-{cuda}-v{version}'", one, Some("commit"));
        check("repository = 'a/b'\ntag = '{version}-{commit}'", two, Some("image"));
        check("repository = 'a/b'\ntag = '{version}-{commit}'", one, None);
        check("repository = 'a/b'", two, None);
        check("tag = 'latest'", two, None);
    }
}
