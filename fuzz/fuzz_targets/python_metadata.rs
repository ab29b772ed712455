//! The metadata of Python packages and environments.
#![no_main]

use gpu_probe::fuzzing::{python_metadata, pyvenv};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    python_metadata(bytes);
    pyvenv(bytes);
});
