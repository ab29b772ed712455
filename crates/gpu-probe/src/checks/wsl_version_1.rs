//! The Windows Subsystem for Linux runs in its version 1, which has no GPU.
//!
//! WSL 1 translates Linux calls and has no kernel and no device of its own, so no CUDA program can
//! reach a GPU from it. WSL 2 can. `wsl --list --verbose` in Windows shows the version of each
//! distribution.
//!
//! Convert the distribution in Windows: `wsl --set-version NAME 2`, then `wsl --shutdown`. The
//! files stay; the first start takes longer.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need};
use serde::Serialize;

/// WSL 1 has no access to a GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("this is WSL 1, which has no access to a GPU")]
pub struct WslVersion1 {}

impl WslVersion1 {
    pub(super) const CODE: &str = "gpu/wsl-version-1";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if facts.host.machine.wsl.found() == Some(&1) { vec![Self {}] } else { Vec::new() }
    }
}

impl Diagnosis for WslVersion1 {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand("in Windows, `wsl --list --verbose` shows the name of the distribution"),
            Fix::by_hand(
                "in Windows, run `wsl --set-version NAME 2` with that name, then `wsl --shutdown`",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(WslVersion1::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn version_1_has_no_gpu() {
        check(example::rtx_4060_wsl(), |_| {}, 0);
        check(example::h200(), |_| {}, 0);
        check(
            example::rtx_4060_wsl(),
            |facts| facts.host.machine.wsl = crate::Reading::Found(1),
            1,
        );
    }
}
