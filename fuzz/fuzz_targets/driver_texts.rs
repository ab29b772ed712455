//! What the loader and the driver say: messages, mapped files, bus ids.
#![no_main]

use gpu_probe::fuzzing::{loader_message, maps, pci_bus_id};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    loader_message(bytes);
    maps(bytes);
    pci_bus_id(bytes);
});
