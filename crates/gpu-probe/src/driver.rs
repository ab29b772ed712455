//! The CUDA driver, called through its own C functions.
//!
//! A code that a binding does not know is undefined behaviour where the binding returns an enum, so
//! every function here returns a plain `u32`, kept as a [`CallCode`]. A function that the driver
//! lacks is a [`Failure`] of that call, never a panic. These calls may hang or crash: only a child
//! process (see `isolate.rs`) makes them.

#![expect(unsafe_code, reason = "calls the driver's C functions")]

mod calls;
mod handles;
mod library;
mod maps;
mod symbols;

pub(crate) use handles::{Context, Device, DevicePointer, Function, Module};
#[cfg(fuzzing)]
pub(crate) use library::load_error;
pub(crate) use library::{LoadError, open_library};
pub(crate) use maps::{mapped_copies, mapped_path};

use crate::CallCode;
use std::ffi::CStr;

/// The attributes of `CUdevice_attribute` that are asked for.
pub(crate) mod attribute {
    pub(crate) const CLOCK_RATE_KHZ: u32 = 13;
    pub(crate) const MULTIPROCESSOR_COUNT: u32 = 16;
    pub(crate) const INTEGRATED: u32 = 18;
    pub(crate) const COMPUTE_MODE: u32 = 20;
    pub(crate) const MEMORY_CLOCK_RATE_KHZ: u32 = 36;
    pub(crate) const MEMORY_BUS_BITS: u32 = 37;
    pub(crate) const MAX_THREADS_PER_MULTIPROCESSOR: u32 = 39;
    pub(crate) const COMPUTE_CAPABILITY_MAJOR: u32 = 75;
    pub(crate) const COMPUTE_CAPABILITY_MINOR: u32 = 76;
}

/// A call that did not return zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The function, such as `cuInit`.
    pub(crate) call: &'static str,
    /// What it returned; [`Failure::NO_SYMBOL`] where the driver has no such function.
    pub(crate) code: CallCode,
    /// Whether the driver has no such function.
    pub(crate) missing: bool,
}

impl Failure {
    /// `CUDA_ERROR_NOT_FOUND`: the driver's own code for a named symbol that is not there.
    pub(crate) const NO_SYMBOL: CallCode = CallCode(500);

    fn missing(call: &'static str) -> Self {
        Self { call, code: Self::NO_SYMBOL, missing: true }
    }
}

/// The loaded library and its functions. It is never unloaded: drivers do not survive that.
pub(crate) struct Driver {
    symbols: symbols::Symbols,
    missing: Vec<&'static str>,
}

impl Driver {
    /// Loads `libcuda.so.1`, by the loader's search first, then from the places where a driver
    /// puts it.
    pub(crate) fn load() -> Result<Self, LoadError> {
        let opened = open_library("libcuda.so.1")?;
        Ok(Self::in_library(Box::leak(Box::new(opened.library))))
    }

    /// The functions of a library that is loaded already.
    pub(crate) fn in_library(library: &'static libloading::Library) -> Self {
        // SAFETY: the names are the driver's own and `symbols.rs` gives them the types of `cuda.h`;
        // the library is never closed, so the functions stay where they are.
        let (symbols, missing) = unsafe { symbols::Symbols::load(library) };
        Self { symbols, missing }
    }

    /// The functions that this driver lacks.
    pub(crate) fn missing_symbols(&self) -> &[&'static str] {
        &self.missing
    }

    /// Where in memory the library's code is; `None` where it has no `cuInit`.
    pub(crate) fn code_address(&self) -> Option<usize> {
        self.symbols.cuInit.map(|function| function as usize)
    }

    /// The driver's own name of a code, also of one that `codes.rs` does not know.
    pub(crate) fn error_name(&self, code: CallCode) -> Option<String> {
        let function = self.symbols.cuGetErrorName?;
        let mut name = std::ptr::null();
        // SAFETY: `name` is valid for a write; the driver sets it to a string that it keeps for
        // ever, or to null for a code that it does not know.
        unsafe {
            if function(code.0, &raw mut name) != 0 || name.is_null() {
                return None;
            }
            Some(CStr::from_ptr(name).to_string_lossy().into_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_an_error_and_no_panic() {
        match open_library("libaltlas-no-such-library.so.1") {
            Err(LoadError::Absent(words)) => assert!(words.contains("no-such-library"), "{words}"),
            Err(LoadError::Refused(words)) => panic!("{words}"),
            Ok(_) => panic!("a library of that name exists"),
        }
    }
}
