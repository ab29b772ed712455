//! The log of the kernel and the Xid lines in it, from all that writes one.
#![no_main]

use gpu_probe::{fuzzing::kernel_log_file, parse_xid_line};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    kernel_log_file(bytes);
    for line in String::from_utf8_lossy(bytes).lines() {
        let _ = parse_xid_line(line);
    }
});
