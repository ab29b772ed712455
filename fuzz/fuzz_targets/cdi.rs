//! CDI specifications, as YAML and as JSON.
#![no_main]

use gpu_probe::fuzzing::cdi;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| cdi(bytes));
