//! Dockerfiles, with the recipes that are made of them and all checks.
#![no_main]

use image_spec::fuzzing::dockerfile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| dockerfile(bytes));
