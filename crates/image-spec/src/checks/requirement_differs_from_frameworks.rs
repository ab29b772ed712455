//! A requirement asks for another version of a framework than `[frameworks]`.
//!
//! `[frameworks]` is the one source of these versions: the index, the base image and the driver are chosen
//! by it. A requirements file that pins another version makes the two contradict, and no environment can be
//! made of them.
//!
//! See for yourself with `uv pip compile` on the file and the range together.
//!
//! Change one of the two; best, remove the framework from the requirements file.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, installs::shown, once::once, ranges};
use cuda_compat::Framework;
use serde::Serialize;

/// A requirement asks for another version of a framework than `[frameworks]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` contradicts `{listed}` of `[frameworks]`")]
pub struct RequirementDiffersFromFrameworks {
    /// The requirement.
    pub requirement: String,
    /// What `[frameworks]` asks for.
    pub listed: String,
    /// The framework.
    pub framework: Framework,
    /// Where it is written.
    pub place: Place,
}

impl RequirementDiffersFromFrameworks {
    pub(super) const CODE: &str = "image/requirement-differs-from-frameworks";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let of_frameworks =
                |place: &Place| matches!(place, Place::Key { path } if path[0] == "frameworks");
            let (listed, others): (Vec<_>, Vec<_>) =
                recipe.pip.iter().partition(|asked| of_frameworks(&asked.place));
            for one in others.into_iter().filter(|one| one.value.requirement.marker.is_true()) {
                let name = &one.value.requirement.name;
                let Some(framework) = Framework::of_package(name.as_ref()) else { continue };
                let same = listed.iter().filter(|it| it.value.requirement.name == *name);
                found.extend(same.filter(|it| ranges::exclude_each_other(&it.value, &one.value)).map(
                    |it| Self {
                        requirement: shown(&one.value),
                        listed: shown(&it.value),
                        framework,
                        place: one.place.clone(),
                    },
                ));
            }
        }
        once(found)
    }
}

impl Diagnosis for RequirementDiffersFromFrameworks {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand("remove it here: the image gets the framework from `[frameworks]`"),
            Fix::by_hand(format!("or change `{}` in `[frameworks]`", self.framework)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_the_list() {
        let check = |line: &str, expected: usize| {
            let text = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                        [frameworks]\ntorch = '2.8'\n\
                        [image.prod]\nbase = 'base'\nrequirements = ['r.txt']";
            let found = example::spec_with(
                text,
                &[("r.txt", line)],
                RequirementDiffersFromFrameworks::find,
            );
            assert_eq!(found.len(), expected, "{line}");
        };
        check("torch==2.6.0", 1);
        check("torch<2.8", 1);
        check("torch==2.8.0", 0);
        check("torch", 0);
        check("tensorflow==2.6.0", 0);
    }
}
