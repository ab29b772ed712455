//! The parsers of foreign bytes, for the targets below `fuzz/`.

pub use crate::read::fuzzing::*;

use crate::{Cuda, Nvml, Smoke, driver, isolate};

/// What the loader says when it cannot open a library.
pub fn loader_message(bytes: &[u8]) {
    let _ = driver::load_error("libcuda.so.1", &String::from_utf8_lossy(bytes));
}

/// `/proc/self/maps`.
pub fn maps(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = driver::mapped_path(&text, 0x7f00_0000_0000);
    let _ = driver::mapped_copies(&text, "libcuda.so");
}

/// What the driver calls a PCI bus id.
pub fn pci_bus_id(bytes: &[u8]) {
    let _ = crate::pci_address::pci_address(&String::from_utf8_lossy(bytes));
}

/// A line of a child process. What it holds reads the same after it was written.
pub fn child_line(bytes: &[u8]) {
    let Some(line) = isolate::parse_line(&String::from_utf8_lossy(bytes)) else { return };
    if let isolate::Line::Answer(answer) | isolate::Line::Partial(answer) = &line {
        let _ = serde_json::from_value::<Nvml>(answer.clone());
        let _ = serde_json::from_value::<Cuda>(answer.clone());
        let _ = serde_json::from_value::<Smoke>(answer.clone());
    }
    let written = isolate::write_line(line.clone());
    assert_eq!(isolate::parse_line(&written), Some(line));
}
