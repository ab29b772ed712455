//! A set of small numbers: the indexes of base images, Pythons or builds.
//!
//! The search intersects such sets millions of times; a few machine words do it without memory of
//! their own.

const WORDS: usize = 8;

/// A set of numbers below [`Set::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Set([u64; WORDS]);

impl Set {
    /// How many numbers a set can tell apart; a test holds the tables to it.
    pub(super) const MOST: usize = WORDS * 64;

    /// The numbers below `count` for which `holds` is true.
    pub(super) fn of(count: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut set = Self::default();
        for index in (0..count.min(Self::MOST)).filter(|index| holds(*index)) {
            set.0[index / 64] |= 1 << (index % 64);
        }
        set
    }

    /// All numbers below `count`.
    pub(super) fn all(count: usize) -> Self {
        Self::of(count, |_| true)
    }

    /// What is in both.
    pub(super) fn and(self, other: Self) -> Self {
        let mut both = self;
        for (word, with) in both.0.iter_mut().zip(other.0) {
            *word &= with;
        }
        both
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The numbers, the least first.
    pub(super) fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(word, mut bits)| {
            std::iter::from_fn(move || {
                let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
                bits &= bits - 1;
                Some(word * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_numbers() {
        let even = Set::of(300, |index| index % 2 == 0);
        let three = Set::of(100, |index| index % 3 == 0);
        let both: Vec<usize> = even.and(three).iter().collect();
        assert_eq!(both[..3], [0, 6, 12]);
        assert_eq!(both.last(), Some(&96));
        assert!(Set::all(0).is_empty());
        assert_eq!(Set::all(Set::MOST + 1).iter().count(), Set::MOST);
    }
}
