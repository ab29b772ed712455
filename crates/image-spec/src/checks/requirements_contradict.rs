//! Two requirements leave no version of a package.
//!
//! Each of them can be met, and no release meets both: `torch==2.6` in one file and `torch>=2.8` in
//! another, or a pin below what the project's own list asks for. pip ends with `ResolutionImpossible`.
//!
//! See for yourself with `uv pip compile` on all the files together.
//!
//! Keep one of them; the versions of frameworks belong into `[frameworks]`.

use super::{Diagnosis, Fix};
use crate::{PipRequirement, Place, Scene, installs::shown, once::once, ranges};
use serde::Serialize;

/// Two requirements leave no version of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("no version is both `{one}` and `{other}`")]
pub struct RequirementsContradict {
    /// One requirement.
    pub one: String,
    /// The other.
    pub other: String,
    /// Where the other is written.
    pub other_place: Place,
    /// Where it is written.
    pub place: Place,
}

impl RequirementsContradict {
    pub(super) const CODE: &str = "image/requirements-contradict";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            for (index, one) in recipe.pip.iter().enumerate() {
                let others = recipe.pip[..index].iter();
                found.extend(others.filter(|other| !of_frameworks(&other.place) && contradict(&one.value, &other.value)).map(|other| {
                    Self {
                        one: shown(&one.value),
                        other: shown(&other.value),
                        other_place: other.place.clone(),
                        place: one.place.clone(),
                    }
                }));
            }
        }
        once(found)
    }
}

impl Diagnosis for RequirementsContradict {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let where_is = match &self.other_place {
            Place::Key { path } => format!("`{}`", path.join(".")),
            Place::File { path, line, .. } => format!("`{}` line {line}", path.display()),
        };
        vec![Fix::by_hand(format!("remove one of the two; the other is in {where_is}"))]
    }
}

fn of_frameworks(place: &Place) -> bool {
    matches!(place, Place::Key { path } if path[0] == "frameworks")
}

/// A requirement that contradicts `[frameworks]` is another finding.
fn contradict(one: &PipRequirement, other: &PipRequirement) -> bool {
    one.requirement.name == other.requirement.name
        && one.requirement.marker.is_true()
        && other.requirement.marker.is_true()
        && ranges::exclude_each_other(one, other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_two() {
        let check = |sections: &str, lines: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n{sections}\n\
                 [image.prod]\nbase = 'base'\nrequirements = ['r.txt']"
            );
            let found = example::spec_with(&text, &[("r.txt", lines)], RequirementsContradict::find);
            assert_eq!(found.len(), expected, "{sections} {lines}");
        };
        check("", "torch==2.6.0\ntorch>=2.8", 1);
        check("", "numpy==1.26.4\nnumpy>=2", 1);
        check("", "numpy==1.26.4\nnumpy==1.26.4", 0);
        check("", "numpy>=1\nnumpy<3", 0);
        check("", "numpy<1\nnumpy>2", 1);
        check("", "numpy==1.0; sys_platform == 'win32'\nnumpy==2.0", 0);
        check("", "numpy @ https://example.com/numpy.whl\nnumpy==2.0", 0);
        check("[frameworks]\ntorch = '2.8'", "torch==2.6.0", 0);
    }
}
