//! The files in which a CUDA toolkit or cuDNN says its version and its limits.
#![no_main]

use gpu_probe::fuzzing::{header, toolkit_version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    header(bytes);
    toolkit_version(bytes);
});
