//! The cards of the profile: for each GPU a map from key to value, with the overrides in it.

use crate::spec::spec;
use std::{
    collections::HashMap,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// Whether a kernel was run by this process: an idle card lowers its PCIe link and its clocks.
pub(crate) static BUSY: AtomicBool = AtomicBool::new(false);

/// One GPU, or one MIG device.
pub(crate) struct Card {
    /// NVML's number.
    pub(crate) index: u32,
    values: HashMap<String, String>,
}

impl Card {
    /// The value of `key`; `None` where the card does not support it.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| *value != "unsupported")
    }

    /// A number, decimal or with `0x`; `on` and `off` are 1 and 0.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        number(self.text(key)?)
    }

    /// A number with a fraction.
    pub(crate) fn ratio(&self, key: &str) -> f64 {
        self.text(key).and_then(|text| text.parse().ok()).unwrap_or(1.0)
    }

    /// A value that differs between idle and busy, unless it was overridden.
    pub(crate) fn now(&self, key: &str, busy: &str) -> Option<u64> {
        match BUSY.load(Ordering::Relaxed) && !spec().values(self.index).contains_key(key) {
            true => number(self.text(busy).unwrap_or(busy)),
            false => self.number(key),
        }
    }

    /// Major and minor compute capability.
    pub(crate) fn capability(&self) -> Option<(u32, u32)> {
        let (major, minor) = self.text("cc")?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }

    /// `0000:18:00.0` in the form of NVML and CUDA.
    pub(crate) fn bus(&self) -> Option<u32> {
        let all = self.text("bus")?;
        let own = all.split(',').nth(self.index as usize).unwrap_or(all);
        u32::from_str_radix(own, 16).ok()
    }
}

fn number(text: &str) -> Option<u64> {
    match text {
        "on" => Some(1),
        "off" => Some(0),
        _ => match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
    }
}

/// The GPUs, in NVML's order.
pub(crate) fn cards() -> &'static [Card] {
    static CARDS: OnceLock<Vec<Card>> = OnceLock::new();
    CARDS.get_or_init(|| {
        let count = general("gpus").and_then(number).unwrap_or(0);
        (0..u32::try_from(count).unwrap_or(0)).map(card).collect()
    })
}

fn card(index: u32) -> Card {
    let given = spec().values(index);
    let listed = lines().chain(given);
    let values =
        listed.map(|(key, value)| (key.to_owned(), value.replace("{n}", &index.to_string())));
    Card { index, values: values.collect() }
}

/// A value that is not of one GPU: `driver`, `nvml`, `cuda`, `gpus`.
pub(crate) fn general(key: &str) -> Option<&'static str> {
    let spec = spec();
    spec.get(key, None).or_else(|| lines().find(|(k, _)| *k == key).map(|(_, value)| value))
}

fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    spec().profile.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (!line.starts_with('#')).then(|| (key.trim(), value.trim().trim_matches('"')))
    })
}

/// The MIG devices of a GPU.
pub(crate) fn mig_devices(parent: &Card) -> Vec<Card> {
    if parent.number("mig") != Some(1) {
        return Vec::new();
    }
    let count = u32::try_from(parent.number("mig_instances").unwrap_or(0)).unwrap_or(0);
    (0..count).map(|instance| mig_device(parent, instance)).collect()
}

fn mig_device(parent: &Card, instance: u32) -> Card {
    let from =
        |key: &str| parent.text(key).unwrap_or_default().replace("{i}", &instance.to_string());
    let keys = [("name", "mig_name"), ("uuid", "mig_uuid"), ("memory_mib", "mig_memory_mib")];
    let values = keys.map(|(own, listed)| (own.to_owned(), from(listed)));
    Card { index: parent.index, values: values.into_iter().collect() }
}
