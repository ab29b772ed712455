//! The versions of the field: whatever reads as one reads the same after it was written.
#![no_main]

use cuda_compat::*;
use libfuzzer_sys::fuzz_target;
use std::{fmt::Debug, str::FromStr};

fuzz_target!(|text: &str| {
    check::<ComputeCapability>(text);
    check::<CudaVersion>(text);
    check::<CudnnVersion>(text);
    check::<DriverVersion>(text);
    check::<PtxVersion>(text);
    check::<PythonVersion>(text);
});

fn check<T: FromStr + ToString + PartialEq + Debug>(text: &str) {
    if let Ok(version) = text.parse::<T>() {
        assert_eq!(version.to_string().parse().ok(), Some(version));
    }
}
