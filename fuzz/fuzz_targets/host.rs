//! What the operating system says of itself, of the process and of the machine.
#![no_main]

use gpu_probe::fuzzing::{
    accounts, first_process, glibc, machine_names, memory_and_processors, mountinfo, os_release,
    process_status, secure_boot,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    accounts(bytes);
    first_process(bytes);
    glibc(bytes);
    machine_names(bytes);
    memory_and_processors(bytes);
    mountinfo(bytes);
    os_release(bytes);
    process_status(bytes);
    secure_boot(bytes);
});
