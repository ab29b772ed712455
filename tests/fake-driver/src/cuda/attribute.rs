//! The CUDA driver: attributes of a device, by the numbers of `CUdevice_attribute` in `cuda.h`.

use super::mig_or;
use crate::card::Card;
use std::ffi::c_int;

/// The value; 0 for what is not listed, which says no to most questions.
pub(crate) fn value(card: &Card, attribute: c_int) -> c_int {
    let (major, minor) = card.capability().unwrap_or_default();
    let of = |key: &str| card.number(key).unwrap_or(0);
    let multiprocessors = mig_or(card, "mig_multiprocessors", "multiprocessors");
    let value = match attribute {
        1..=3 => 1024,
        4 => 64,
        5 => 2_147_483_647,
        6 | 7 => 65_535,
        8 => 49_152,
        9 => 65_536,
        10 => 32,
        11 => 2_147_483_647,
        12 | 82 => 65_536,
        13 => of("max_sm_clock") * 1000,
        14 => 512,
        16 => of(multiprocessors),
        15 | 19 | 31 | 41 | 78 | 83 | 89 | 115 => 1,
        18 => of("integrated"),
        20 => of("compute_mode"),
        32 => of("ecc"),
        33 => u64::from(card.bus().unwrap_or(0)),
        36 => of("max_memory_clock") * 1000,
        37 => of("bus_bits"),
        38 => of("l2_bytes"),
        39 => of("threads_per_multiprocessor"),
        40 => 3,
        75 => u64::from(major),
        76 => u64::from(minor),
        81 => of("shared_per_multiprocessor"),
        97 => of("shared_per_multiprocessor").saturating_sub(1024),
        106 => 24,
        _ => 0,
    };
    c_int::try_from(value).unwrap_or(c_int::MAX)
}
