//! Archives of images, with what is said of their contents and size.
#![no_main]

use image_spec::fuzzing::image_archive;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| image_archive(bytes));
