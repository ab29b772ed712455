//! A bad row of GPU memory waits to be replaced by a spare one.
//!
//! GPUs from Ampere on replace rows of memory in which an error was found, but only while the GPU
//! is reset. Until then the bad row stays in use or is fenced off, and the next error may end a
//! program.
//!
//! Confirm with `nvidia-smi --query --display=ROW_REMAPPER` (`Pending: Yes`). A reset of the GPU or
//! a reboot of the machine does it.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, NvmlGpu, evidence};
use serde::Serialize;

/// A row remapping is pending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("a bad row of GPU memory waits for a reset to be replaced")]
pub struct RowRemapPending {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// The number of NVML, which `nvidia-smi -i` takes.
    pub index: u32,
    /// Rows that were replaced before because of uncorrectable errors.
    pub replaced_before: u32,
}

impl RowRemapPending {
    pub(super) const CODE: &str = "gpu/row-remap-pending";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/uncorrected-ecc-errors"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let pending = |gpu: &NvmlGpu| {
            let rows = gpu.remapped_rows.found().filter(|rows| rows.pending)?;
            let replaced_before = rows.uncorrectable;
            Some(Self { gpu: evidence::nvml_place(gpu), index: gpu.index, replaced_before })
        };
        evidence::nvml_gpus(facts).iter().filter_map(pending).collect()
    }
}

impl Diagnosis for RowRemapPending {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![steps::reset_gpu(self.index, "let the GPU replace the row")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_nvml_gpu};
    use crate::{Reading, RemappedRows};

    #[test]
    fn finds_a_pending_row() {
        assert_eq!(RowRemapPending::find(&example::h200(), &Need::default()), []);
        let check = |rows: Reading<RemappedRows>, expected: usize| {
            let facts = with_nvml_gpu(|gpu| gpu.remapped_rows = rows);
            assert_eq!(RowRemapPending::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Found(RemappedRows { pending: true, ..RemappedRows::default() }), 1);
        check(Reading::Found(RemappedRows { uncorrectable: 3, ..RemappedRows::default() }), 0);
        check(Reading::Absent, 0);
        check(Reading::Unknown("NVML returned 999".to_owned()), 0);
    }
}
