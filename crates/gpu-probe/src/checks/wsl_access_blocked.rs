//! Windows does not let this WSL guest use the GPU.
//!
//! NVML answers 17, `GPU access blocked by the operating system`. Under WSL the GPU belongs to
//! Windows; access fails where WSL or the Windows driver is too old, the guest has not been
//! restarted since an update, or a Linux driver was installed in the guest. `ls /dev/dxg` shows
//! whether the guest has the GPU at all.
//!
//! Update WSL and the Windows driver, then shut WSL down. Remove any Linux driver from the guest.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// NVML returned 17 under WSL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "the operating system blocks access to the GPU (NVML code 17): WSL or the Windows driver is \
     too old, or WSL was not restarted since an update"
)]
pub struct WslAccessBlocked {}

impl WslAccessBlocked {
    pub(super) const CODE: &str = "gpu/wsl-access-blocked";
    pub(super) const FOLLOWS_FROM: &[&str] = 
        &["gpu/wsl-version-1", "gpu/container-without-gpu", "gpu/several-driver-libraries"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let ours = evidence::nvml_claim(facts) == Some(Self::CODE);
        if ours { vec![Self {}] } else { Vec::new() }
    }
}

impl Diagnosis for WslAccessBlocked {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(
                "in Windows, run `wsl --update`, install the newest NVIDIA driver, then run `wsl \
                 --shutdown`",
            ),
            Fix::by_hand(
                "never install a Linux driver in WSL; remove the packages `nvidia-driver-*` if \
                 there are any",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(WslAccessBlocked::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn code_17_under_wsl() {
        check(example::rtx_4060_wsl(), |_| {}, 0);
        check(example::rtx_4060_wsl(), |facts| faults::nvml_fails(facts, 17), 1);
        check(example::h200(), |facts| faults::nvml_fails(facts, 17), 0);
    }
}
