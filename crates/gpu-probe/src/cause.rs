//! From problems to causes: which problem follows from which.
//!
//! A check names the checks that can cause it, nearest first; the first of them that is there is
//! the cause. Causes stand before their consequences in the list of checks, so there is no circle.
//! A problem without a cause is a root, and roots are what a person has to mend.

mod links;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod without_gpu;

use crate::{CHECKS, Facts, Need, Problem, open_questions, unlooked};
use serde::Serialize;

/// What the checks found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosed {
    /// The problems, in the order of causes, each with the index of the one it follows from.
    pub problems: Vec<(Problem, Option<usize>)>,
    /// What could not be looked at.
    pub unlooked: Vec<Unlooked>,
    /// What the profile asks and could not be answered; each is in `unlooked` too. With one of them
    /// the machine may not be called fit for the profile.
    pub open_questions: Vec<Unlooked>,
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
///
/// ```
/// use gpu_probe::{Facts, Need, diagnose};
///
/// /// What a person has to mend, by code.
/// fn roots(facts: &Facts) -> Vec<&'static str> {
///     let problems = diagnose(facts, &Need::default()).problems;
///     let roots = problems.into_iter().filter(|(_, cause)| cause.is_none());
///     roots.map(|(problem, _)| problem.code()).collect()
/// }
/// ```
pub fn diagnose(facts: &Facts, need: &Need) -> Diagnosed {
    let mut problems: Vec<Problem> = Vec::new();
    for problem in CHECKS.iter().flat_map(|check| (check.find)(facts, need)) {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    let causes: Vec<Option<usize>> =
        (0..problems.len()).map(|index| links::cause_of(index, &problems)).collect();
    let mut unlooked = unlooked::unlooked(facts, &problems);
    let open_questions = open_questions::open_questions(facts, need, &problems);
    for open in &open_questions {
        if !unlooked.contains(open) {
            unlooked.push(open.clone());
        }
    }
    let problems = problems.into_iter().zip(causes).collect();
    Diagnosed { problems, unlooked, open_questions }
}
