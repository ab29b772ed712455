//! A bad row of GPU memory could not be replaced.
//!
//! The GPU has no spare row left where it would need one. The bad row stays in use, and errors will
//! come back. NVIDIA's own rule is that such a GPU is returned to the maker.
//!
//! Confirm with `nvidia-smi --query --display=ROW_REMAPPER` (`Remapping Failure Occurred: Yes`). Take
//! the GPU out of use and have it replaced.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, NvmlGpu, evidence};
use serde::Serialize;

/// A row remapping failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("a bad row of GPU memory could not be replaced: the GPU has no spare row left there")]
pub struct RowRemapFailed {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// Rows that were replaced because of uncorrectable errors.
    pub replaced: u32,
}

impl RowRemapFailed {
    pub(super) const CODE: &str = "gpu/row-remap-failed";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let failed = |gpu: &NvmlGpu| {
            let rows = gpu.remapped_rows.found().filter(|rows| rows.failed)?;
            Some(Self { gpu: evidence::nvml_place(gpu), replaced: rows.uncorrectable })
        };
        evidence::nvml_gpus(facts).iter().filter_map(failed).collect()
    }
}

impl Diagnosis for RowRemapFailed {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command("collect what the maker will ask for", "sudo nvidia-bug-report.sh"),
            Fix::by_hand("have the GPU replaced, and take it out of use until then"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_nvml_gpu};
    use crate::{Reading, RemappedRows};

    #[test]
    fn finds_a_failed_row() {
        assert_eq!(RowRemapFailed::find(&example::h200(), &Need::default()), []);
        let check = |rows: Reading<RemappedRows>, expected: usize| {
            let facts = with_nvml_gpu(|gpu| gpu.remapped_rows = rows);
            assert_eq!(RowRemapFailed::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Found(RemappedRows { failed: true, ..RemappedRows::default() }), 1);
        check(Reading::Absent, 0);
        check(Reading::Unknown("NVML returned 999".to_owned()), 0);
    }
}
