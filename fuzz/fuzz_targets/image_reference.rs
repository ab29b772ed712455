//! References to images, such as `registry.example.com:5000/team/app:1.0`.
#![no_main]

use image_spec::fuzzing::image_reference;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| image_reference(bytes));
