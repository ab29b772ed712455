//! A stand-in for `libnvidia-ml.so.1` and `libcuda.so.1`: test equipment, not a driver.
//!
//! One shared library exports the symbols of both, so that unmodified programs (nvml-wrapper,
//! cudarc, this project's own loader) run against it on a machine without a GPU. By hand:
//!
//! ```sh
//! cargo build -p fake-driver
//! mkdir /tmp/fake
//! ln target/debug/libfake_driver.so /tmp/fake/libcuda.so.1
//! ln target/debug/libfake_driver.so /tmp/fake/libnvidia-ml.so.1
//! LD_LIBRARY_PATH=/tmp/fake ALTLAS_FAKE_DRIVER='profile=8xh100;lost_gpu@3' cargo altlas doctor
//! ```
//!
//! `ALTLAS_FAKE_DRIVER` holds entries `KEY=VALUE`, divided by `;`. A `-` in a key is read as `_`,
//! an entry without `=VALUE` means `=1`, and `KEY@N` is for GPU `N` (counted as NVML does) alone.
//!
//! - `profile=NAME`: a file of `profiles/`, where `h200` is taken if none is named. It gives every
//!   value that NVML and CUDA answer; what it does not list, the card does not support.
//! - A key of a profile gives another value (`temperature=91`, `cc=12.0`, `compute_mode=2`,
//!   `driver=535.54.03`, `throttle=hw_thermal`, `process=4242:512`, `mig_instances=0`);
//!   `KEY=unsupported` takes it away.
//! - A symbol gives a fault: `cuInit=999` (any number is returned as it is), `=hang`, `=abort`,
//!   `=segv`, `=exit`; `nvmlDeviceGetHandleByIndex_v2@1=15` for one GPU.
//! - `ptx_load=222` and `cubin_load=209` are for modules of one kind, `lost_gpu@N` for a GPU that
//!   has gone, `wrong_result` and `nan_result` for kernels (with a kernel's name as the value, for
//!   this kernel alone), `memory_error=OFFSET` for memory that loses a bit, `elapsed=MS` for what
//!   every pair of events measures.
//!
//! Kernels are computed on the CPU, by name (see `kernels.rs`). Time is counted, not measured: each
//! copy and kernel adds what the profile's card would need, and events read that clock. Measured
//! rates are therefore the stand-in's own (`bandwidth`, `transfer` and `rate`: parts of the peak).
//! Little memory is free (`free_mib`) whatever the total, and pages are taken when touched.

#![expect(unsafe_code, reason = "a shared library with a C interface cannot be written without")]
#![expect(non_snake_case, reason = "the exported functions bear the driver's names")]

mod card;
mod cuda;
mod fault;
mod kernels;
mod nvml;
mod spec;

use std::{
    ffi::{c_char, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// A body that failed, with the code to return.
type Answer = Result<(), u32>;

/// Runs the body of an exported function, unless a fault is set for it.
fn call(symbol: &str, gpu: Option<u32>, body: impl FnOnce() -> Answer) -> u32 {
    let guarded = catch_unwind(AssertUnwindSafe(|| match fault::meet(symbol, gpu) {
        Some(code) => code,
        None => body().err().unwrap_or(0),
    }));
    guarded.unwrap_or(999)
}

/// Writes `value` where the caller wants it; `null` is the code for a null pointer.
fn put<T>(out: *mut T, value: T, null: u32) -> Answer {
    if out.is_null() {
        return Err(null);
    }
    // SAFETY: not null, and the caller of a driver function owns what it points to.
    unsafe { out.write_unaligned(value) };
    Ok(())
}

/// Writes `text` with its final zero into a buffer of `length`; `short` is the code where it does
/// not fit, as for a null pointer.
fn put_text(out: *mut c_char, length: u32, text: &str, short: u32) -> Answer {
    if out.is_null() || text.len() >= length as usize {
        return Err(short);
    }
    // SAFETY: the buffer holds `length` bytes, says the caller, which is more than the text has.
    unsafe {
        out.cast::<u8>().copy_from_nonoverlapping(text.as_ptr(), text.len());
        out.cast::<u8>().add(text.len()).write(0);
    }
    Ok(())
}

/// The handle of number `n`; never null.
fn handle(n: u32) -> *mut c_void {
    std::ptr::without_provenance_mut(n as usize + 1)
}

/// The number of a handle.
fn number_of(handle: *mut c_void) -> Option<u32> {
    u32::try_from(handle.addr().checked_sub(1)?).ok()
}
