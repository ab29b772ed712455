//! The text of `altlas.toml`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| cargo_altlas::fuzzing::config(bytes));
