//! The CUDA driver: streams and events, on a clock that counts what the work would take.

use super::{INVALID_VALUE, context::current, exports};
use crate::{card::Card, put};
use std::{
    ffi::{c_uint, c_void},
    sync::Mutex,
};

/// Nanoseconds of work that each GPU was given by this process.
static CLOCKS: Mutex<[f64; 64]> = Mutex::new([0.0; 64]);

/// What a launch or a copy costs at least, in nanoseconds.
const OVERHEAD_NS: f64 = 100.0;

/// Adds work of `nanoseconds` to the card's clock.
pub(crate) fn spend(card: &Card, nanoseconds: f64) {
    if let Ok(mut clocks) = CLOCKS.lock() {
        clocks[card.index as usize % 64] += nanoseconds + OVERHEAD_NS;
    }
}

fn now(card: &Card) -> f64 {
    CLOCKS.lock().map_or(0.0, |clocks| clocks[card.index as usize % 64])
}

/// Adds a copy between host and device over PCIe.
pub(crate) fn spend_transfer(card: &Card, bytes: usize, is_pinned: bool) {
    let lane_gb_per_s = match card.now("pcie_gen_current", "pcie_gen_max") {
        Some(1) => 0.25,
        Some(2) => 0.5,
        Some(3) => 0.985,
        Some(5) => 3.938,
        Some(6) => 7.563,
        _ => 1.969,
    };
    let lanes = card.ratio("pcie_width_current");
    let pinned = if is_pinned { 1.0 } else { 0.4 };
    let gb_per_s = lane_gb_per_s * lanes * pinned * card.ratio("transfer");
    spend(card, bytes as f64 / gb_per_s);
}

/// Adds reading and writing of `bytes` of device memory.
pub(crate) fn spend_memory(card: &Card, bytes: usize) {
    let peak = card.ratio("bus_bits") / 8.0 * 2.0 * card.ratio("max_memory_clock") / 1000.0;
    spend(card, bytes as f64 / (peak * card.ratio("bandwidth")));
}

/// Adds arithmetic: operations, of which one multiprocessor does `key` times `factor` a clock.
pub(crate) fn spend_arithmetic(card: &Card, operations: f64, key: &str, factor: f64) {
    let per_clock = card.ratio("multiprocessors") * card.ratio(key) * factor;
    let per_ns = per_clock * card.ratio("max_sm_clock") / 1000.0;
    spend(card, operations / (per_ns * card.ratio("rate")));
}

/// The time at an event; boxed, its address is the handle.
struct Event(f64);

fn event<'a>(handle: *mut c_void) -> Result<&'a mut Event, u32> {
    // SAFETY: a caller hands in only what `cuEventCreate` gave.
    unsafe { handle.cast::<Event>().as_mut() }.ok_or(400)
}

fn elapsed_ms(start: *mut c_void, end: *mut c_void) -> Result<f32, u32> {
    if let Some(fixed) = current()?.text("elapsed").and_then(|text| text.parse().ok()) {
        return Ok(fixed);
    }
    let nanoseconds = event(end)?.0 - event(start)?.0;
    #[expect(clippy::cast_possible_truncation, reason = "the driver answers in single precision")]
    Ok((nanoseconds / 1e6) as f32)
}

exports! {
    fn cuStreamCreate(out: *mut *mut c_void, _flags: c_uint) {
        put(out, crate::handle(0x5000), INVALID_VALUE)
    }
    fn cuStreamCreateWithPriority(out: *mut *mut c_void, _flags: c_uint, _priority: i32) {
        put(out, crate::handle(0x5000), INVALID_VALUE)
    }
    fn cuStreamDestroy_v2(_stream: *mut c_void) { Ok(()) }
    fn cuStreamSynchronize(_stream: *mut c_void) { Ok(()) }
    fn cuStreamQuery(_stream: *mut c_void) { Ok(()) }
    fn cuStreamWaitEvent(_stream: *mut c_void, _event: *mut c_void, _flags: c_uint) { Ok(()) }
    fn cuEventCreate(out: *mut *mut c_void, _flags: c_uint) {
        put(out, Box::into_raw(Box::new(Event(0.0))).cast(), INVALID_VALUE)
    }
    fn cuEventRecord(handle: *mut c_void, _stream: *mut c_void) {
        event(handle)?.0 = now(current()?);
        Ok(())
    }
    fn cuEventSynchronize(_event: *mut c_void) { Ok(()) }
    fn cuEventQuery(_event: *mut c_void) { Ok(()) }
    fn cuEventElapsedTime(out: *mut f32, start: *mut c_void, end: *mut c_void) {
        put(out, elapsed_ms(start, end)?, INVALID_VALUE)
    }
    fn cuEventDestroy_v2(handle: *mut c_void) {
        let event: *mut Event = event(handle)?;
        // SAFETY: it was boxed by `cuEventCreate`, and a caller destroys an event once.
        drop(unsafe { Box::from_raw(event) });
        Ok(())
    }
}
