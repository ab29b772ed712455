//! The CUDA driver: modules, functions, launches.

use super::{INVALID_VALUE, NO_BINARY, NOT_FOUND, context::current, exports};
use crate::{
    Answer,
    card::{BUSY, Card},
    kernels, put, put_text,
};
use std::{
    ffi::{CStr, c_char, c_int, c_uint, c_void},
    sync::atomic::Ordering,
};

/// `CU_JIT_ERROR_LOG_BUFFER` and its length.
const ERROR_LOG: u32 = 5;
const ERROR_LOG_LENGTH: u32 = 6;

/// Refuses an image that the card could not run, or that a fault is set for.
fn load(out: *mut *mut c_void, image: *const c_void) -> Answer {
    let card = current()?;
    if image.is_null() {
        return Err(INVALID_VALUE);
    }
    let is_elf = head(image, 4) == b"\x7fELF";
    let fault = card.number(if is_elf { "cubin_load" } else { "ptx_load" });
    if let Some(code) = fault.and_then(|code| u32::try_from(code).ok()) {
        return Err(code);
    }
    if is_elf && !fits(card, image) {
        return Err(NO_BINARY);
    }
    put(out, crate::handle(0x6000), INVALID_VALUE)
}

fn head<'a>(image: *const c_void, length: usize) -> &'a [u8] {
    // SAFETY: an image is an ELF header at least, or a text; the first four bytes of either can be
    // read, and of an ELF header all 64.
    unsafe { std::slice::from_raw_parts(image.cast::<u8>(), length) }
}

/// Whether machine code for this card's capability is in the file. The architecture is the lowest
/// byte of `e_flags`, and the second one since version 8 of the ABI (CUDA 13).
fn fits(card: &Card, image: *const c_void) -> bool {
    let header = head(image, 64);
    let built = u32::from(if header[8] >= 8 { header[49] } else { header[48] });
    let Some((major, minor)) = card.capability() else { return false };
    // 11.0 was called 10.1 before CUDA 13.
    let (built_major, built_minor) = if built == 101 { (11, 0) } else { (built / 10, built % 10) };
    built_major == major && built_minor <= minor
}

/// What the driver's compiler would write on a failure.
fn write_log(count: c_uint, keys: *mut c_uint, values: *mut *mut c_void) {
    if keys.is_null() || values.is_null() {
        return;
    }
    // SAFETY: the caller owns `count` keys and as many values.
    let (keys, values) = unsafe {
        let count = count as usize;
        (std::slice::from_raw_parts(keys, count), std::slice::from_raw_parts(values, count))
    };
    let find = |wanted| keys.iter().position(|key| *key == wanted).map(|at| values[at]);
    let (Some(log), Some(length)) = (find(ERROR_LOG), find(ERROR_LOG_LENGTH)) else { return };
    let length = u32::try_from(length.addr()).unwrap_or(0);
    let _ = put_text(log.cast(), length, "ptxas fatal   : this is the stand-in's log", 1);
}

fn launch(
    name: *mut c_void,
    blocks: [c_uint; 3],
    threads: [c_uint; 3],
    parameters: *mut *mut c_void,
) -> Answer {
    let card = current()?;
    BUSY.store(true, Ordering::Relaxed);
    let threads = blocks.into_iter().chain(threads).map(u64::from).product();
    kernels::run(card, name.addr(), threads, parameters)
}

exports! {
    fn cuModuleLoadData(out: *mut *mut c_void, image: *const c_void) { load(out, image) }
    fn cuModuleLoadDataEx(
        out: *mut *mut c_void, image: *const c_void, count: c_uint, keys: *mut c_uint,
        values: *mut *mut c_void,
    ) {
        load(out, image).inspect_err(|_| write_log(count, keys, values))
    }
    fn cuModuleUnload(_module: *mut c_void) { Ok(()) }
    fn cuModuleGetFunction(out: *mut *mut c_void, _module: *mut c_void, name: *const c_char) {
        if name.is_null() {
            return Err(INVALID_VALUE);
        }
        // SAFETY: not null, and the name of a function ends with a zero.
        let name = unsafe { CStr::from_ptr(name) }.to_str().unwrap_or_default();
        let number = kernels::number(name).ok_or(NOT_FOUND)?;
        put(out, std::ptr::without_provenance_mut(number), INVALID_VALUE)
    }
    fn cuFuncGetAttribute(out: *mut c_int, attribute: c_int, _function: *mut c_void) {
        put(out, if attribute == 0 { 1024 } else { 32 }, INVALID_VALUE)
    }
    fn cuFuncSetAttribute(_function: *mut c_void, _attribute: c_int, _value: c_int) { Ok(()) }
    fn cuOccupancyMaxActiveBlocksPerMultiprocessor(
        out: *mut c_int, _function: *mut c_void, threads: c_int, _shared: usize,
    ) {
        put(out, 2048 / threads.max(1), INVALID_VALUE)
    }
    fn cuLaunchKernel(
        function: *mut c_void, grid_x: c_uint, grid_y: c_uint, grid_z: c_uint, block_x: c_uint,
        block_y: c_uint, block_z: c_uint, _shared: c_uint, _stream: *mut c_void,
        parameters: *mut *mut c_void, _extra: *mut *mut c_void,
    ) {
        launch(function, [grid_x, grid_y, grid_z], [block_x, block_y, block_z], parameters)
    }
}
