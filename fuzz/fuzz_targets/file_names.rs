//! Names of files and folders out of which a version is read.
#![no_main]

use gpu_probe::fuzzing::file_name;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| file_name(bytes));
