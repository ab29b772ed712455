//! Patterns written over the free memory of the GPU, and read back.

use super::{
    quick::Ready,
    session::{Failed, Session, grid},
};
use crate::{MemoryTest, Reading};
use std::time::{Duration, Instant};

const MIB: usize = 1 << 20;
/// What stays free, for the display and for others, unless it is more than a quarter.
const LEFT_FREE: usize = 512 * MIB;
const SMALLEST: usize = 16 * MIB;
/// How many words one launch works on: 4 GiB, so that it ends well within the two seconds after
/// which a display driver resets the GPU, also where the memory's clock is held down.
const LAUNCH_WORDS: u64 = 1 << 29;
/// No further pattern is begun after this time.
const LONGEST: Duration = Duration::from_secs(10);
/// The numbers that `altlas_fill` has for them.
const PATTERNS: [(u64, &str); 3] =
    [(0, "own address"), (1, "complement of the own address"), (2, "random")];

/// Writes and compares; what is found is added to `test`.
pub(super) fn run(
    session: &Session<'_, '_, '_>,
    ready: &Ready,
    seed: u64,
    stopped: &dyn Fn() -> bool,
    test: &mut Reading<MemoryTest>,
) -> Result<(), Failed> {
    session.stage("memory patterns");
    let began = Instant::now();
    let mut bytes = testable_bytes(session.free_bytes()?, ready.figures.integrated);
    while bytes >= SMALLEST {
        let ran = session.with_memory(bytes, |at| {
            let words = bytes as u64 / 8;
            for (pattern, name) in PATTERNS {
                if stopped() || began.elapsed() > LONGEST {
                    break;
                }
                session.stage(&format!("memory pattern: {name}"));
                // Only the random pattern has something to gain from another seed.
                let seed = if pattern == 2 { seed } else { 0 };
                let filled = Filled { at, words, seed, pattern };
                for piece in pieces(filled) {
                    fill(session, ready, piece)?;
                    session.wait()?;
                }
                let found = wrong_words(session, ready, filled)?;
                add(test, (bytes / MIB) as u64, name, found);
            }
            Ok(())
        });
        match ran {
            // What is free need not be free in one piece.
            Err(failed) if failed.is_out_of_memory() => bytes = bytes / 2 / MIB * MIB,
            done => return done,
        }
    }
    Err(Failed::no_room())
}

/// A piece of the GPU's memory and what stands in it.
#[derive(Clone, Copy)]
pub(super) struct Filled {
    /// Its address.
    pub(super) at: u64,
    /// Its length, in words of eight bytes.
    pub(super) words: u64,
    /// What the random pattern begins with.
    pub(super) seed: u64,
    /// The number that `altlas_fill` has for the pattern.
    pub(super) pattern: u64,
}

/// The same, in pieces for one launch each. The patterns count on from `seed`, so that a piece
/// holds what the whole would hold there.
fn pieces(whole: Filled) -> impl Iterator<Item = Filled> {
    let piece = move |first: u64| Filled {
        at: whole.at + first * 8,
        words: LAUNCH_WORDS.min(whole.words - first),
        seed: whole.seed.wrapping_add(first),
        pattern: whole.pattern,
    };
    (0..whole.words.div_ceil(LAUNCH_WORDS)).map(move |at| piece(at * LAUNCH_WORDS))
}

/// Starts to write the pattern.
pub(super) fn fill(
    session: &Session<'_, '_, '_>,
    ready: &Ready,
    Filled { at, words, seed, pattern }: Filled,
) -> Result<(), Failed> {
    session.launch(&session.kernels().fill, grid(ready), &mut [at, words, seed, pattern])
}

/// How many of the words do not hold the pattern, and the index of the first. Waits.
pub(super) fn wrong_words(
    session: &Session<'_, '_, '_>,
    ready: &Ready,
    filled: Filled,
) -> Result<(u64, Option<u64>), Failed> {
    session.with_memory(16, |result| {
        let (mut wrong, mut first) = (0_u64, None);
        for Filled { at, words, seed, pattern } in pieces(filled) {
            session.upload(result, &[0, u64::MAX])?;
            let mut parameters = [at, words, seed, pattern, result];
            session.launch(&session.kernels().check, grid(ready), &mut parameters)?;
            session.wait()?;
            let found: Vec<u64> = session.download(result, 2)?;
            let wrong_here = found.first().copied().unwrap_or(words);
            let first_here = found.get(1).filter(|_| wrong_here > 0);
            let before = (at - filled.at) / 8;
            first = first.or(first_here.map(|index| index.saturating_add(before)));
            wrong = wrong.saturating_add(wrong_here);
        }
        Ok((wrong, first))
    })
}

/// The memory of the computer is shared with everything else that runs.
fn testable_bytes(free: usize, integrated: bool) -> usize {
    let most = if integrated { free / 4 } else { free - LEFT_FREE.min(free / 4) };
    most / MIB * MIB
}

fn add(
    test: &mut Reading<MemoryTest>,
    tested_mib: u64,
    pattern: &str,
    (wrong, first): (u64, Option<u64>),
) {
    if test.found().is_none() {
        let nothing =
            MemoryTest { tested_mib: 0, patterns: Vec::new(), errors: 0, first_error: None };
        *test = Reading::Found(nothing);
    }
    let Reading::Found(test) = test else { return };
    test.tested_mib = test.tested_mib.max(tested_mib);
    if !test.patterns.iter().any(|known| known == pattern) {
        test.patterns.push(pattern.to_owned());
    }
    test.errors = test.errors.saturating_add(wrong);
    test.first_error = test.first_error.or(first.map(|index| index.saturating_mul(8)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_keep_some_memory() {
        assert_eq!(testable_bytes(8192 * MIB, false), 7680 * MIB);
        assert_eq!(testable_bytes(100 * MIB, false), 75 * MIB);
        assert_eq!(testable_bytes(8192 * MIB, true), 2048 * MIB);
    }

    #[test]
    fn pieces_are_the_whole() {
        let whole = Filled { at: 4096, words: 2 * LAUNCH_WORDS + 2, seed: u64::MAX, pattern: 1 };
        let pieces: Vec<Filled> = pieces(whole).collect();
        let (mut at, mut seed) = (whole.at, whole.seed);
        for piece in &pieces {
            assert_eq!((piece.at, piece.seed, piece.pattern), (at, seed, whole.pattern));
            assert!(piece.words <= LAUNCH_WORDS && piece.words % 2 == 0);
            at += piece.words * 8;
            seed = seed.wrapping_add(piece.words);
        }
        assert_eq!(pieces.iter().map(|piece| piece.words).sum::<u64>(), whole.words);
        assert_eq!(pieces.len(), 3);
    }

    #[test]
    fn errors_of_all_rounds_add_up() {
        let mut test = Reading::default();
        add(&mut test, 100, "own address", (0, None));
        add(&mut test, 90, "random", (2, Some(5)));
        add(&mut test, 100, "random", (1, Some(3)));
        let patterns = vec!["own address".to_owned(), "random".to_owned()];
        let expected = MemoryTest { tested_mib: 100, patterns, errors: 3, first_error: Some(40) };
        assert_eq!(test, Reading::Found(expected));
    }
}
