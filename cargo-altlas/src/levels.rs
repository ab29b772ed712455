//! The level of every problem: the one place where severity is decided.
//!
//! The match has no catch-all: a new problem does not compile until it has a level here. `[levels]`
//! in the config overrides by code, then by area.

use crate::config::Level;
use gpu_probe::Problem;
use std::collections::BTreeMap;

/// The level of a problem where the config says nothing.
pub(crate) fn of_gpu(problem: &Problem) -> Level {
    match problem {
        Problem::NoNvidiaDevice(_) | Problem::DriverTooOld(_) => Level::Error,
    }
}

/// The level after `[levels]`.
pub(crate) fn overridden(code: &str, level: Level, levels: &BTreeMap<String, Level>) -> Level {
    let by_area = levels.get(crate::finding::area(code));
    levels.get(code).or(by_area).copied().unwrap_or(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_wins_over_its_area() {
        let levels = BTreeMap::from([
            ("gpu".to_owned(), Level::Note),
            ("gpu/driver-too-old".to_owned(), Level::Warning),
        ]);
        let check = |code: &str, expected: Level| {
            assert_eq!(overridden(code, Level::Error, &levels), expected);
        };
        check("gpu/driver-too-old", Level::Warning);
        check("gpu/no-nvidia-device", Level::Note);
        check("config/accept-unused", Level::Error);
    }
}
