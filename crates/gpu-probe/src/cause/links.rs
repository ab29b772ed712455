//! One problem and the problem that it follows from.

use crate::{Place, Problem};

/// The index of the problem that the one at `index` follows from: of the codes that it names the
/// first that is there, and among those with this code one of the same GPU.
pub(super) fn cause_of(index: usize, all: &[Problem]) -> Option<usize> {
    let problem = all.get(index)?;
    let place = problem.diagnosis().place();
    problem.causes().iter().find_map(|code| {
        let of_code = || all.iter().enumerate().filter(|(_, other)| other.code() == *code);
        let fits = |how: fn(&Place, &Place) -> bool| {
            of_code().find(|(_, other)| how(&place, &other.diagnosis().place()))
        };
        let found = fits(|one, other| one == other).or_else(|| fits(may_be_the_same));
        found.map(|(cause, _)| cause).filter(|cause| *cause < index)
    })
}

/// A problem of one GPU does not follow from one of another GPU; all else can follow.
fn may_be_the_same(problem: &Place, cause: &Place) -> bool {
    match (problem, cause) {
        (Place::Gpu { gpu: one, .. }, Place::Gpu { gpu: other, .. }) => {
            one == other || !is_address(one) || !is_address(other)
        }
        _ => true,
    }
}

/// Whether a GPU is named by its PCI address, and not by a number that another reader does not
/// know.
fn is_address(gpu: &str) -> bool {
    gpu.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_matches_itself_and_the_machine() {
        let gpu = |id: &str| Place::Gpu { gpu: id.to_owned(), name: None };
        let check = |problem: &Place, cause: &Place, expected: bool| {
            assert_eq!(may_be_the_same(problem, cause), expected, "{problem:?} {cause:?}");
        };
        check(&gpu("0000:18:00.0"), &gpu("0000:18:00.0"), true);
        check(&gpu("0000:18:00.0"), &gpu("0000:2a:00.0"), false);
        check(&gpu("0000:18:00.0"), &gpu("GPU 3"), true);
        check(&gpu("0000:18:00.0"), &Place::Machine, true);
        check(&Place::Machine, &gpu("0000:18:00.0"), true);
        check(&Place::Variable { name: "X".to_owned() }, &Place::Machine, true);
    }
}
