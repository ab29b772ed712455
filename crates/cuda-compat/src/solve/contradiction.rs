//! Which wishes exclude each other: a smallest set of them.
//!
//! Every set of wishes that excludes itself shares a wish with every *correction*, a set of wishes
//! without which the others fit. So the smallest set that shares one with each correction that is
//! known is where to look: if it excludes itself, it is the answer; if not, it is grown as far as it
//! fits, and what was left out is a further correction.

use super::{
    Change, Fact, Wish, change, fact,
    space::{Asked, Space, full},
};

/// Wishes that exclude each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// A smallest set: without any one of them the others fit.
    pub clashes: Vec<Clash>,
    /// What would fit all wishes but the changed ones, the best first.
    pub changes: Vec<Change>,
}

/// A wish that cannot be met together with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The wish.
    pub wish: Wish,
    /// What the tables say of it, as far as it matters to the others.
    pub facts: Vec<Fact>,
}

pub(super) fn explain(space: &Space<'_>) -> Contradiction {
    let smallest = smallest(space);
    let members: Vec<usize> = bits(smallest).collect();
    let clashes = members
        .iter()
        .map(|index| Clash {
            wish: space.asks[*index].wish.clone(),
            facts: fact::facts(space, *index, &members),
        })
        .collect();
    Contradiction { clashes, changes: change::nearest(space) }
}

/// A smallest set of wishes that exclude each other, as bits.
pub(super) fn smallest(space: &Space<'_>) -> u64 {
    let all = full(space.asks.len());
    let mut corrections: Vec<u64> = Vec::new();
    loop {
        let guess = smallest_meeting(&corrections);
        if !space.is_possible(&Asked::these(guess)) {
            return guess;
        }
        let mut fits = guess;
        for index in bits(all & !guess) {
            let more = fits | 1 << index;
            if space.is_possible(&Asked::these(more)) {
                fits = more;
            }
        }
        corrections.push(all & !fits);
    }
}

/// A smallest set that shares a bit with each of `sets`, none of which is empty.
fn smallest_meeting(sets: &[u64]) -> u64 {
    let mut most = 0;
    loop {
        if let Some(found) = meeting(sets, 0, most) {
            return found;
        }
        most += 1;
    }
}

fn meeting(sets: &[u64], chosen: u64, most: u32) -> Option<u64> {
    let Some(open) = sets.iter().find(|set| **set & chosen == 0) else { return Some(chosen) };
    if most == 0 {
        return None;
    }
    bits(*open).find_map(|bit| meeting(sets, chosen | 1 << bit, most - 1))
}

/// The numbers of the bits, the lowest first.
pub(super) fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_set_that_meets_all() {
        let check = |sets: &[u64], expected: u64| assert_eq!(smallest_meeting(sets), expected);
        check(&[], 0);
        check(&[0b1], 0b1);
        check(&[0b011, 0b110], 0b010);
        check(&[0b001, 0b110, 0b011], 0b011);
        check(&[0b1000, 0b0100], 0b1100);
    }
}
