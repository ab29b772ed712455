//! The GPU's memory had errors that could not be corrected.
//!
//! Error correction counted errors of two and more bits since the driver was loaded. The program
//! that used that memory was ended with an Xid 48, 63, 94 or 95, or got a wrong value. Newer GPUs
//! (Ampere and later) replace the row by a spare one at the next reset.
//!
//! Look at them with `nvidia-smi --query --display=ECC,ROW_REMAPPER`. One such event is a matter of
//! a reset; if the count grows again after it, the GPU has to be replaced.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, NvmlGpu, evidence};
use serde::Serialize;

/// The volatile count of uncorrectable errors is not zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("GPU memory had {errors} uncorrectable errors since the driver was loaded")]
pub struct UncorrectedEccErrors {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// The number of NVML, which `nvidia-smi -i` takes.
    pub index: u32,
    /// How many since the driver was loaded.
    pub errors: u64,
    /// How many over the life of the GPU, where it is known.
    pub over_life: Option<u64>,
}

impl UncorrectedEccErrors {
    pub(super) const CODE: &str = "gpu/uncorrected-ecc-errors";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let counted = |gpu: &NvmlGpu| {
            let errors =
                *gpu.ecc_errors.uncorrected_volatile.found().filter(|count| **count > 0)?;
            let over_life = gpu.ecc_errors.uncorrected_aggregate.found().copied();
            Some(Self { gpu: evidence::nvml_place(gpu), index: gpu.index, errors, over_life })
        };
        evidence::nvml_gpus(facts).iter().filter_map(counted).collect()
    }
}

impl Diagnosis for UncorrectedEccErrors {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            steps::reset_gpu(self.index, "let the GPU take the bad memory out of use"),
            Fix::by_hand("if the count grows again after that, have the GPU replaced"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_nvml_gpu};
    use crate::{Probed, Reading};

    #[test]
    fn counts_since_the_driver_was_loaded() {
        assert_eq!(UncorrectedEccErrors::find(&example::h200(), &Need::default()), []);
        let check = |count: Reading<u64>, expected: usize| {
            let facts = with_nvml_gpu(|gpu| gpu.ecc_errors.uncorrected_volatile = count);
            assert_eq!(UncorrectedEccErrors::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Found(2), 1);
        check(Reading::Absent, 0);
        check(Reading::Unknown("NVML returned 999".to_owned()), 0);
    }

    #[test]
    fn a_driver_that_hung_is_not_judged() {
        let mut facts = example::h200();
        facts.nvml = Probed::NotRun("no driver".to_owned());
        assert_eq!(UncorrectedEccErrors::find(&facts, &Need::default()), []);
    }
}
