//! NVML: values by field number.

use super::{INVALID_ARGUMENT, NOT_SUPPORTED, exports};
use nvml_wrapper_sys::bindings::{nvmlFieldValue_t, nvmlValue_t};
use std::ffi::c_int;

/// `NVML_VALUE_TYPE_UNSIGNED_INT`.
const UNSIGNED_INT: u32 = 1;

/// The key of a field; numbers from `nvml.h`.
fn key(field: u32) -> Option<&'static str> {
    Some(match field {
        1 => "ecc",
        2 => "ecc_pending",
        31 => "retired_pending",
        142 => "remap_correctable",
        143 => "remap_uncorrectable",
        144 => "remap_pending",
        145 => "remap_failed",
        230 => "recovery_action",
        _ => return None,
    })
}

exports! {
    fn nvmlDeviceGetFieldValues(card, count: c_int, values: *mut nvmlFieldValue_t) {
        if values.is_null() {
            return Err(INVALID_ARGUMENT);
        }
        for index in 0..usize::try_from(count).map_err(|_| INVALID_ARGUMENT)? {
            // SAFETY: the caller owns `count` values at `values`.
            let value = unsafe { &mut *values.add(index) };
            let number = key(value.fieldId).and_then(|key| card.number(key));
            value.valueType = UNSIGNED_INT;
            value.nvmlReturn = if number.is_some() { 0 } else { NOT_SUPPORTED };
            value.value = nvmlValue_t { ullVal: number.unwrap_or(0) };
        }
        Ok(())
    }
}
