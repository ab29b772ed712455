//! The files in which Python packages say what they were built for.
#![no_main]

use gpu_probe::fuzzing::python_build;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| python_build(bytes));
