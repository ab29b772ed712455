//! From problems to causes: which problem follows from which.

use crate::{CHECKS, Facts, Need, Place, Problem};
use serde::Serialize;

/// What the checks found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosed {
    /// The problems, in the order of causes, each with the index of the one it follows from.
    pub problems: Vec<(Problem, Option<usize>)>,
    /// What could not be looked at.
    pub unlooked: Vec<Unlooked>,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unlooked {
    /// What, in the words of the field.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// Judges the facts by every check. Pure: the same facts give the same answer on any machine.
pub fn diagnose(facts: &Facts, need: &Need) -> Diagnosed {
    let problems: Vec<Problem> =
        CHECKS.iter().flat_map(|check| (check.find)(facts, need)).collect();
    let causes: Vec<Option<usize>> =
        problems.iter().map(|problem| cause_of(problem, &problems)).collect();
    Diagnosed { problems: problems.into_iter().zip(causes).collect(), unlooked: Vec::new() }
}

fn cause_of(problem: &Problem, all: &[Problem]) -> Option<usize> {
    problem.causes().iter().find_map(|code| {
        all.iter().position(|other| other.code() == *code && same_gpu(problem, other))
    })
}

/// A problem of one GPU does not follow from one of another GPU.
fn same_gpu(problem: &Problem, cause: &Problem) -> bool {
    match (problem.diagnosis().place(), cause.diagnosis().place()) {
        (Place::Gpu { gpu: one, .. }, Place::Gpu { gpu: other, .. }) => one == other,
        _ => true,
    }
}
