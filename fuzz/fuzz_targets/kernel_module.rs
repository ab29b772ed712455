//! What the driver's kernel module shows in `/proc`, and what forbids it.
#![no_main]

use gpu_probe::fuzzing::{modprobe, proc_driver};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    modprobe(bytes);
    proc_driver(bytes);
});
