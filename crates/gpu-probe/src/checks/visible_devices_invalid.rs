//! `CUDA_VISIBLE_DEVICES` hides GPUs, by a value that names none or by an entry that is none.
//!
//! CUDA shows the GPUs that the variable names, by number or by `GPU-…` or `MIG-…`, and stops
//! reading at the first entry that it does not know: everything after it is hidden too. An empty
//! value or `-1` hides all. `all` is a word of `NVIDIA_VISIBLE_DEVICES`, which is another variable.
//! `printenv CUDA_VISIBLE_DEVICES` shows it; `nvidia-smi -L` lists numbers and names.
//!
//! Unset the variable to see all GPUs, or name GPUs that are there.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// The variable hides GPUs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`CUDA_VISIBLE_DEVICES={value}` {}", effect_words(.bad_entry, .visible))]
pub struct VisibleDevicesInvalid {
    /// The value.
    pub value: String,
    /// The first entry that names no GPU; `None` where the value is meant to hide all.
    pub bad_entry: Option<String>,
    /// How many entries before it name a GPU.
    pub visible: usize,
}

impl VisibleDevicesInvalid {
    pub(super) const CODE: &str = "gpu/visible-devices-invalid";
    pub(super) const FOLLOWS_FROM: &[&str] =
        &["gpu/gpu-missing-from-driver", "gpu/gpu-lost", "gpu/fell-off-the-bus"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(hiding) = evidence::hidden_by_variable(facts) else { return Vec::new() };
        let value = hiding.value.to_owned();
        vec![Self { value, bad_entry: hiding.bad_entry, visible: hiding.visible }]
    }
}

impl Diagnosis for VisibleDevicesInvalid {
    fn place(&self) -> Place {
        Place::Variable { name: evidence::VISIBLE_DEVICES.to_owned() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "show all GPUs, and take the variable out of the file that sets it",
                "unset CUDA_VISIBLE_DEVICES",
            ),
            Fix::by_command("or name GPUs from this list", "nvidia-smi -L"),
        ]
    }
}

fn effect_words(bad_entry: &Option<String>, visible: &usize) -> String {
    match (bad_entry, visible) {
        (None, _) => "hides every GPU from CUDA".to_owned(),
        (Some(entry), 0) => format!("hides every GPU from CUDA: `{entry}` names none that is here"),
        (Some(entry), _) => {
            format!("hides every GPU from `{entry}` on, which names none that is here")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(VisibleDevicesInvalid::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn needs_a_gpu() {
        let set = |facts: &mut Facts, value: &str| {
            facts
                .environment
                .variables
                .insert(evidence::VISIBLE_DEVICES.to_owned(), value.to_owned());
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| set(facts, "0"), 0);
        check(example::eight_h100(), |facts| set(facts, "0,1,8"), 1);
        check(example::h200(), |facts| set(facts, ""), 0);
        let hidden = |facts: &mut Facts| {
            set(facts, "3");
            faults::cuda_fails(facts, 100);
        };
        check(example::h200(), hidden, 1);
        check(example::no_gpu(), |facts| set(facts, ""), 0);
    }
}
