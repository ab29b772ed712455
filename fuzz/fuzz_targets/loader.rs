//! The dynamic loader's cache and configuration.
#![no_main]

use gpu_probe::fuzzing::{loader_cache, loader_configuration};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    loader_cache(bytes);
    loader_configuration(bytes);
});
