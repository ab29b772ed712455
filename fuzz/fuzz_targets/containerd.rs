//! containerd's `config.toml`.
#![no_main]

use gpu_probe::fuzzing::containerd;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| containerd(bytes));
