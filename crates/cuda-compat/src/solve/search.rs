//! The search: depth first over the frameworks, the newest release first.
//!
//! Whatever is chosen takes from all that is not chosen yet what does not go with it, so that a dead
//! end shows early. The first combination that is found has the newest releases in the order of the
//! wishes; a second search over the builds of these releases finds the best of them.

use super::rules;
use super::{
    set::Set,
    space::{Asked, Space, State},
    wish::{DriverWish, Wish},
};
use crate::{CudaVersion, PythonVersion, TagState};
use jiff::civil::Date;
use std::cmp::Reverse;

/// A combination: indexes into the space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) base: usize,
    pub(super) python: usize,
    /// Slot and candidate.
    pub(super) chosen: Vec<(usize, usize)>,
}

/// How good a combination of given releases is: the greater, the better, the first field first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Merit {
    exact_driver: bool,
    other_cuda: Reverse<usize>,
    published: bool,
    cuda: CudaVersion,
    python: PythonVersion,
    support: Option<Date>,
    builds: Vec<(bool, bool)>,
}

/// Looks at what is left and what is chosen; true ends the search.
type See<'a> = dyn FnMut(&State, &[(usize, usize)]) -> bool + 'a;

impl Space<'_> {
    /// Whether something fits these wishes.
    pub(super) fn is_possible(&self, asked: &Asked) -> bool {
        self.is_possible_with(asked, &[])
    }

    /// Whether something fits these wishes and some more.
    pub(super) fn is_possible_with(&self, asked: &Asked, more: &[Wish]) -> bool {
        self.first(self.start(asked, more)).is_some()
    }

    /// The best combination that fits these wishes.
    pub(super) fn best(&self, asked: &Asked) -> Option<Found> {
        let mut state = self.start(asked, &[]);
        for (slot, index) in self.first(state.clone())? {
            let candidates = &self.slots[slot].candidates;
            let version = &candidates[index].version;
            let same = Set::of(candidates.len(), |at| candidates[at].version == *version);
            state.candidates[slot] = state.candidates[slot].map(|left| left.and(same));
        }
        let mut best: Option<(Merit, Found)> = None;
        self.visit(0, &state, &mut Vec::new(), &mut |state, chosen| {
            let found = self.best_place(state, chosen);
            if found.as_ref().map(|(merit, _)| merit) > best.as_ref().map(|(merit, _)| merit) {
                best = found;
            }
            false
        });
        best.map(|(_, found)| found)
    }

    fn first(&self, state: State) -> Option<Vec<(usize, usize)>> {
        let mut first = None;
        self.visit(0, &state, &mut Vec::new(), &mut |_, chosen| {
            first = Some(chosen.to_vec());
            true
        });
        first
    }

    /// Shows every combination of builds that goes together to `see`, until that returns true.
    fn visit(
        &self,
        slot: usize,
        state: &State,
        chosen: &mut Vec<(usize, usize)>,
        see: &mut See<'_>,
    ) -> bool {
        if state.bases.is_empty() || state.pythons.is_empty() {
            return false;
        }
        let Some(left) = state.candidates.get(slot) else { return see(state, chosen) };
        let Some(left) = left else { return self.visit(slot + 1, state, chosen, see) };
        for index in left.iter() {
            let Some(next) = self.choose(slot, index, state) else { continue };
            chosen.push((slot, index));
            let done = self.visit(slot + 1, &next, chosen, see);
            chosen.pop();
            if done {
                return true;
            }
        }
        false
    }

    /// What is left after a choice; `None` where something has nothing left.
    fn choose(&self, slot: usize, index: usize, state: &State) -> Option<State> {
        let candidate = &self.slots[slot].candidates[index];
        let mut next = state.clone();
        next.bases = state.bases.and(candidate.bases);
        next.pythons = state.pythons.and(candidate.pythons);
        if next.bases.is_empty() || next.pythons.is_empty() {
            return None;
        }
        for other in slot + 1..self.slots.len() {
            if let Some(left) = &mut next.candidates[other] {
                *left = left.and(self.leaves(slot, index, other));
                if left.is_empty() {
                    return None;
                }
            }
        }
        Some(next)
    }

    /// The best base and Python for chosen builds.
    fn best_place(&self, state: &State, chosen: &[(usize, usize)]) -> Option<(Merit, Found)> {
        let python = state.pythons.iter().last()?;
        let places = state.bases.iter().map(|base| {
            let found = Found { base, python, chosen: chosen.to_vec() };
            (self.merit(&found), found)
        });
        places.max_by(|(one, _), (other, _)| one.cmp(other))
    }

    /// How good a combination is.
    pub(super) fn merit(&self, found: &Found) -> Merit {
        let place = &self.bases[found.base];
        let base = place.image;
        let candidates =
            || found.chosen.iter().map(|(slot, index)| &self.slots[*slot].candidates[*index]);
        let builds = || candidates().map(|candidate| candidate.build);
        let exact = |cuda| self.wishes.driver.is_none_or(|driver| self.is_exact(cuda, driver));
        let differs =
            |build: &&crate::FrameworkBuild| build.brings_cuda && !build.works_with(base.cuda);
        Merit {
            exact_driver: exact(base.cuda) && builds().all(|build| exact(build.cuda_first)),
            other_cuda: Reverse(builds().filter(differs).count()),
            published: base.state == TagState::Published,
            cuda: base.cuda,
            python: self.pythons[found.python],
            support: place.end_of_life,
            builds: candidates().map(super::space::Candidate::merit).collect(),
        }
    }

    /// Whether a driver runs a CUDA without minor-version compatibility.
    pub(super) fn is_exact(&self, cuda: CudaVersion, driver: DriverWish) -> bool {
        rules::exact_driver(cuda, driver.platform).is_some_and(|exact| driver.version >= exact)
    }
}
