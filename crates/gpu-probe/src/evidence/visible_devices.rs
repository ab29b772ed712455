//! What CUDA makes of `CUDA_VISIBLE_DEVICES`, and whether it hides GPUs.

use super::{cuda_works, may_have_gpu, nvml};
use crate::Facts;

/// The variable that names the GPUs which CUDA shows.
pub(crate) const VISIBLE_DEVICES: &str = "CUDA_VISIBLE_DEVICES";

/// How the variable hides GPUs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hiding<'a> {
    /// The value.
    pub(crate) value: &'a str,
    /// The first entry that names no GPU; `None` where the value is meant to hide all.
    pub(crate) bad_entry: Option<String>,
    /// How many entries before it name a GPU.
    pub(crate) visible: usize,
}

/// How the variable hides GPUs; `None` where it hides none.
pub(crate) fn hidden_by_variable(facts: &Facts) -> Option<Hiding<'_>> {
    if !may_have_gpu(facts) {
        return None;
    }
    let value = facts.environment.get(VISIBLE_DEVICES)?;
    let hiding = parse_visible_devices(value, &known_gpus(facts))?;
    // CUDA itself knows best, where it shows a device.
    (hiding.visible > 0 || !cuda_works(facts)).then_some(hiding)
}

/// Whether the variable leaves no GPU.
pub(crate) fn hides_every_device(facts: &Facts) -> bool {
    hidden_by_variable(facts).is_some_and(|hiding| hiding.visible == 0)
}

/// The GPUs that the variable may name.
#[derive(Debug)]
struct Known {
    /// How many there are; `None` where nobody could count them.
    count: Option<u32>,
    /// Their UUIDs; empty where they are not known.
    ids: Vec<String>,
}

fn known_gpus(facts: &Facts) -> Known {
    let nvml = nvml(facts);
    let count = nvml.and_then(|nvml| nvml.count.found()).copied().filter(|count| *count > 0);
    let uuids = nvml.map_or(&[][..], |nvml| nvml.gpus.as_slice()).iter();
    let all: Option<Vec<String>> = uuids.map(|gpu| gpu.uuid.found().cloned()).collect();
    // A redacted file holds other names than the variable does.
    let ids = all.filter(|_| !facts.redacted).unwrap_or_default();
    Known { count, ids }
}

fn parse_visible_devices<'a>(value: &'a str, known: &Known) -> Option<Hiding<'a>> {
    if matches!(value.trim(), "" | "-1") {
        return Some(Hiding { value, bad_entry: None, visible: 0 });
    }
    let entries: Vec<&str> = value.split(',').map(str::trim).collect();
    let visible = entries.iter().position(|entry| !names_a_gpu(entry, known))?;
    Some(Hiding { value, bad_entry: Some(entries[visible].to_owned()), visible })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_values() {
        let known = Known { count: Some(2), ids: vec!["GPU-4f8b2d8e-0000".to_owned()] };
        let check = |value: &str, expected: Option<(usize, Option<&str>)>| {
            let hiding = parse_visible_devices(value, &known);
            let found = hiding.as_ref().map(|found| (found.visible, found.bad_entry.as_deref()));
            assert_eq!(found, expected, "{value}");
        };
        check("0", None);
        check("1, 0", None);
        check("", Some((0, None)));
        check("-1", Some((0, None)));
        check("0,2", Some((1, Some("2"))));
        check("all", Some((0, Some("all"))));
        check("0,-1,1", Some((1, Some("-1"))));
        check("GPU-4f8b", None);
        check("GPU-ffff", Some((0, Some("GPU-ffff"))));
        check("MIG-GPU-4f8b2d8e/1/0", None);
    }

    #[test]
    fn an_unknown_count_accuses_nobody() {
        let known = Known { count: None, ids: Vec::new() };
        assert_eq!(parse_visible_devices("7,GPU-ffff", &known), None);
    }

    #[test]
    fn never_panics() {
        proptest::proptest!(|(value in "(?s).{0,40}", count in proptest::option::of(0u32..9))| {
            parse_visible_devices(&value, &Known { count, ids: vec!["GPU-é".to_owned()] });
        });
    }
}
