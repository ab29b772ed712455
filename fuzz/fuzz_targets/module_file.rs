//! Kernel modules and other ELF objects, plain and compressed.
#![no_main]

use gpu_probe::fuzzing::{elf_object, module_file};
use libfuzzer_sys::fuzz_target;
use std::io::Write;

fuzz_target!(|bytes: &[u8]| {
    for ending in [".ko", ".ko.gz", ".ko.xz", ".ko.zst"] {
        let mut file = tempfile::NamedTempFile::with_suffix(ending).unwrap();
        file.write_all(bytes).unwrap();
        module_file(file.path());
        let _ = elf_object(file.as_file_mut());
    }
});
