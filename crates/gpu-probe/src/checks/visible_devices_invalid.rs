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
        if !evidence::may_have_gpu(facts) {
            return Vec::new();
        }
        let Some(value) = facts.environment.get(VARIABLE) else { return Vec::new() };
        let read = parse_visible_devices(value, &known_gpus(facts));
        match read {
            // CUDA itself knows best: it shows a device.
            Visible::None | Visible::UpTo { visible: 0, .. } if evidence::cuda_works(facts) => {
                Vec::new()
            }
            Visible::All => Vec::new(),
            Visible::None => vec![Self { value: value.to_owned(), bad_entry: None, visible: 0 }],
            Visible::UpTo { visible, bad_entry } => {
                vec![Self { value: value.to_owned(), bad_entry: Some(bad_entry), visible }]
            }
        }
    }

    /// Whether the variable leaves no GPU.
    pub(crate) fn hides_all(facts: &Facts) -> bool {
        Self::find(facts, &Need::default()).iter().any(|found| found.visible == 0)
    }
}

impl Diagnosis for VisibleDevicesInvalid {
    fn place(&self) -> Place {
        Place::Variable { name: VARIABLE.to_owned() }
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

const VARIABLE: &str = "CUDA_VISIBLE_DEVICES";

/// The GPUs that the variable may name.
#[derive(Debug)]
struct Known {
    /// How many there are; `None` where nobody could count them.
    count: Option<u32>,
    /// Their UUIDs; empty where they are not known.
    ids: Vec<String>,
}

/// What CUDA makes of the value.
#[derive(Debug, PartialEq, Eq)]
enum Visible {
    /// Every entry names a GPU.
    All,
    /// The value is one that hides all.
    None,
    /// The entries before the first bad one.
    UpTo { visible: usize, bad_entry: String },
}

fn known_gpus(facts: &Facts) -> Known {
    let nvml = evidence::nvml(facts);
    let count = nvml.and_then(|nvml| nvml.count.found()).copied().filter(|count| *count > 0);
    let uuids = nvml.map_or(&[][..], |nvml| nvml.gpus.as_slice()).iter();
    let all: Option<Vec<String>> = uuids.map(|gpu| gpu.uuid.found().cloned()).collect();
    // A redacted file holds other names than the variable does.
    let ids = all.filter(|_| !facts.redacted).unwrap_or_default();
    Known { count, ids }
}

fn parse_visible_devices(value: &str, known: &Known) -> Visible {
    if matches!(value.trim(), "" | "-1") {
        return Visible::None;
    }
    let entries: Vec<&str> = value.split(',').map(str::trim).collect();
    match entries.iter().position(|entry| !names_a_gpu(entry, known)) {
        None => Visible::All,
        Some(visible) => Visible::UpTo { visible, bad_entry: entries[visible].to_owned() },
    }
}

fn names_a_gpu(entry: &str, known: &Known) -> bool {
    if entry.starts_with("MIG-") {
        return true;
    }
    if entry.starts_with("GPU-") {
        return known.ids.is_empty() || known.ids.iter().any(|id| id.starts_with(entry));
    }
    let number = entry.parse::<u32>();
    number.is_ok_and(|number| known.count.is_none_or(|count| number < count))
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
    fn reads_values() {
        let known = Known { count: Some(2), ids: vec!["GPU-4f8b2d8e-0000".to_owned()] };
        let check = |value: &str, expected: Visible| {
            assert_eq!(parse_visible_devices(value, &known), expected, "{value}");
        };
        let up_to = |visible: usize, bad_entry: &str| Visible::UpTo {
            visible,
            bad_entry: bad_entry.to_owned(),
        };
        check("0", Visible::All);
        check("1, 0", Visible::All);
        check("", Visible::None);
        check("-1", Visible::None);
        check("0,2", up_to(1, "2"));
        check("all", up_to(0, "all"));
        check("0,-1,1", up_to(1, "-1"));
        check("GPU-4f8b", Visible::All);
        check("GPU-ffff", up_to(0, "GPU-ffff"));
        check("MIG-GPU-4f8b2d8e/1/0", Visible::All);
    }

    #[test]
    fn an_unknown_count_accuses_nobody() {
        let known = Known { count: None, ids: Vec::new() };
        assert_eq!(parse_visible_devices("7,GPU-ffff", &known), Visible::All);
    }

    #[test]
    fn needs_a_gpu() {
        let set = |facts: &mut Facts, value: &str| {
            facts.environment.variables.insert(VARIABLE.to_owned(), value.to_owned());
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

    #[test]
    fn never_panics() {
        proptest::proptest!(|(value in "(?s).{0,40}", count in proptest::option::of(0u32..9))| {
            parse_visible_devices(&value, &Known { count, ids: vec!["GPU-é".to_owned()] });
        });
    }
}
