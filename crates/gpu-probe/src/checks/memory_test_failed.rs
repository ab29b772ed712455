//! The GPU's memory gave back other bits than were written.
//!
//! Patterns were written to free memory and read back, and words differ. On a GPU with error
//! correction this should be impossible; on one without, single bits flip through heat, an
//! overclocked memory, or chips that wear out. Training on such a GPU gives losses that jump for no
//! reason.
//!
//! Run `cargo altlas doctor --burn 10` once more with default clocks and a cool case. If errors
//! remain, the GPU has to be replaced.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, MemoryTest, Need, evidence};
use serde::Serialize;

/// Words were read back wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "{errors} words of {tested_mib} MiB of GPU memory were read back wrong{}",
    .first_error.map(|offset| format!(", the first at offset {offset:#x}")).unwrap_or_default()
)]
pub struct MemoryTestFailed {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// How many words were wrong.
    pub errors: u64,
    /// How much was tested, in MiB.
    pub tested_mib: u64,
    /// The offset of the first wrong word, in bytes.
    pub first_error: Option<u64>,
}

impl MemoryTestFailed {
    pub(super) const CODE: &str = "gpu/memory-test-failed";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/uncorrected-ecc-errors",
        "gpu/row-remap-failed",
        "gpu/row-remap-pending",
        "gpu/page-retirement-pending",
        "gpu/xid-hardware",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let failed = |test: &&MemoryTest| test.errors > 0;
        let found = evidence::smoke_gpus(facts)
            .iter()
            .filter_map(|gpu| Some((gpu, gpu.memory.found().filter(failed)?)));
        found
            .map(|(gpu, test)| Self {
                gpu: evidence::smoke_place(gpu),
                errors: test.errors,
                tested_mib: test.tested_mib,
                first_error: test.first_error,
            })
            .collect()
    }
}

impl Diagnosis for MemoryTestFailed {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "set the memory clock back to what the maker set",
                "sudo nvidia-smi --reset-memory-clocks",
            ),
            Fix::by_command("test again, longer", "cargo altlas doctor --burn 10"),
            Fix::by_hand("if errors remain, do not use this GPU, and have it replaced"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::with_smoke;

    #[test]
    fn counts_errors() {
        let check = |errors: u64, expected: usize| {
            let facts = with_smoke(|gpu| {
                gpu.memory = Reading::Found(MemoryTest {
                    tested_mib: 1024,
                    patterns: vec!["own address".to_owned()],
                    errors,
                    first_error: (errors > 0).then_some(0x40),
                });
            });
            assert_eq!(MemoryTestFailed::find(&facts, &Need::default()).len(), expected);
        };
        check(0, 0);
        check(2, 1);
    }

    #[test]
    fn a_test_that_could_not_run_is_not_judged() {
        let facts = with_smoke(|gpu| gpu.memory = Reading::Unknown("no free memory".to_owned()));
        assert_eq!(MemoryTestFailed::find(&facts, &Need::default()), []);
    }
}
