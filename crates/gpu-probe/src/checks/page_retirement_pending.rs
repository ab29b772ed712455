//! Pages of GPU memory wait for a reboot to be taken out of use.
//!
//! GPUs before Ampere take pages of memory out of use in which errors were found, but only when the
//! driver is loaded anew. Until then the bad page may still be handed to a program.
//!
//! Confirm with `nvidia-smi --query --display=PAGE_RETIREMENT` (`Pending Page Blacklist: Yes`). Reset
//! the GPU or reboot the machine.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, Reading, evidence};
use serde::Serialize;

/// Page retirement is pending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("bad pages of GPU memory wait for a reset or a reboot to be taken out of use")]
pub struct PageRetirementPending {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// The number of NVML, which `nvidia-smi -i` takes.
    pub index: u32,
}

impl PageRetirementPending {
    pub(super) const CODE: &str = "gpu/page-retirement-pending";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/uncorrected-ecc-errors"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let gpus = evidence::nvml_gpus(facts).iter();
        let pending = gpus.filter(|gpu| gpu.page_retirement_pending == Reading::Found(true));
        pending.map(|gpu| Self { gpu: evidence::nvml_place(gpu), index: gpu.index }).collect()
    }
}

impl Diagnosis for PageRetirementPending {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![steps::reset_gpu(self.index, "let the driver take the pages out of use")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_nvml_gpu};

    #[test]
    fn finds_pending_pages() {
        assert_eq!(PageRetirementPending::find(&example::h200(), &Need::default()), []);
        let check = |pending: Reading<bool>, expected: usize| {
            let facts = with_nvml_gpu(|gpu| gpu.page_retirement_pending = pending);
            assert_eq!(PageRetirementPending::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Found(true), 1);
        check(Reading::Found(false), 0);
        check(Reading::Unknown("NVML returned 999".to_owned()), 0);
    }
}
