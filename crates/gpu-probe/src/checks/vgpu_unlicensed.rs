//! This machine's virtual GPU has no licence.
//!
//! A virtual GPU (NVIDIA vGPU) has to fetch a licence from a server. Without one it works for a
//! while, then slows down, and CUDA returns 102. `nvidia-smi -q | grep -A3 'License'` shows the
//! state, the log of `nvidia-gridd` why no licence came.
//!
//! Put the client token of your licence server into `/etc/nvidia/ClientConfigToken`, start
//! `nvidia-gridd` anew, and see that the server can be reached and the clock is right.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// The virtual GPU is not licensed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "the virtual GPU has no licence{}",
    .state.as_ref().map_or_else(
        || ": CUDA returned 102".to_owned(),
        |state| format!(": NVML says `{state}`")
    )
)]
pub struct VgpuUnlicensed {
    /// What NVML says.
    pub state: Option<String>,
}

impl VgpuUnlicensed {
    pub(super) const CODE: &str = "gpu/vgpu-unlicensed";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let gpus = evidence::nvml_gpus(facts);
        let states = gpus.iter().filter_map(|gpu| gpu.vgpu_license.found());
        let unlicensed = |state: &&String| state.to_ascii_lowercase().starts_with("unlicensed");
        let state = states.clone().find(unlicensed).cloned();
        if state.is_none() && !evidence::cuda_returned(facts, 102) {
            return Vec::new();
        }
        vec![Self { state }]
    }
}

impl Diagnosis for VgpuUnlicensed {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_hand(
                "put the licence server's client token into `/etc/nvidia/ClientConfigToken`",
            ),
            Fix::by_command("start the licence client anew", "sudo systemctl restart nvidia-gridd"),
            Fix::by_command("see why no licence comes", "journalctl -u nvidia-gridd -n 50"),
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
        assert_eq!(VgpuUnlicensed::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn by_state_and_by_code() {
        let state = |facts: &mut Facts, text: &str| {
            let crate::Probed::Answered(nvml) = &mut facts.nvml else { return };
            nvml.gpus[0].vgpu_license = crate::Reading::Found(text.to_owned());
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| state(facts, "Licensed"), 0);
        check(example::h200(), |facts| state(facts, "Unlicensed (Restricted)"), 1);
        check(example::h200(), |facts| faults::cuda_fails(facts, 102), 1);
    }
}
