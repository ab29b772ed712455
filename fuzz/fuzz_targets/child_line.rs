//! The lines that a child process writes, among whatever else a library prints.
#![no_main]

use gpu_probe::fuzzing::child_line;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| child_line(bytes));
