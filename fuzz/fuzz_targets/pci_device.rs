//! The attributes of a device on the PCI bus.
#![no_main]

use gpu_probe::fuzzing::pci_device;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| pci_device(bytes));
