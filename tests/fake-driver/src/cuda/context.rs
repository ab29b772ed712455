//! The CUDA driver: contexts. The handle of a context is the number of its GPU; every thread has a
//! stack of them.

use super::{DEVICE_UNAVAILABLE, INVALID_CONTEXT, INVALID_VALUE, card, exports};
use crate::{Answer, call, card::Card, handle, number_of, put};
use std::{
    cell::RefCell,
    ffi::{c_int, c_uint, c_void},
};

thread_local! {
    static CURRENT: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// The GPU of this thread's context.
pub(crate) fn current_gpu() -> Option<u32> {
    CURRENT.with_borrow(|stack| stack.last().copied())
}

/// The card of this thread's context.
pub(crate) fn current() -> Result<&'static Card, u32> {
    let gpu = current_gpu().ok_or(INVALID_CONTEXT)?;
    crate::card::cards().get(gpu as usize).ok_or(INVALID_CONTEXT)
}

/// Whether a context may be made: not in a prohibited card, nor in an exclusive one in use.
pub(crate) fn open(card: &Card) -> Answer {
    let is_in_use = card.text("process").is_some();
    match card.number("compute_mode") {
        Some(2) => Err(DEVICE_UNAVAILABLE),
        Some(1 | 3) if is_in_use => Err(DEVICE_UNAVAILABLE),
        _ => Ok(()),
    }
}

fn set(context: *mut c_void) {
    CURRENT.with_borrow_mut(|stack| {
        stack.pop();
        stack.extend(number_of(context));
    });
}

fn create(symbol: &str, out: *mut *mut c_void, device: c_int) -> u32 {
    let found = card(device);
    call(symbol, found.as_ref().ok().map(|card| card.index), || {
        let card = found?;
        open(card)?;
        put(out, handle(card.index), INVALID_VALUE)?;
        CURRENT.with_borrow_mut(|stack| stack.push(card.index));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn cuCtxCreate_v2(
    out: *mut *mut c_void,
    _flags: c_uint,
    device: c_int,
) -> u32 {
    create("cuCtxCreate_v2", out, device)
}

exports! {
    fn cuCtxDestroy_v2(context: *mut c_void) {
        CURRENT.with_borrow_mut(|stack| stack.retain(|gpu| Some(*gpu) != number_of(context)));
        Ok(())
    }
    fn cuDevicePrimaryCtxRelease_v2(_device: c_int) { Ok(()) }
    fn cuDevicePrimaryCtxReset_v2(_device: c_int) { Ok(()) }
    fn cuDevicePrimaryCtxSetFlags_v2(_device: c_int, _flags: c_uint) { Ok(()) }
    fn cuCtxGetCurrent(out: *mut *mut c_void) {
        put(out, current_gpu().map_or(std::ptr::null_mut(), handle), INVALID_VALUE)
    }
    fn cuCtxSetCurrent(context: *mut c_void) {
        set(context);
        Ok(())
    }
    fn cuCtxPushCurrent_v2(context: *mut c_void) {
        CURRENT.with_borrow_mut(|stack| stack.extend(number_of(context)));
        Ok(())
    }
    fn cuCtxPopCurrent_v2(out: *mut *mut c_void) {
        let popped = CURRENT.with_borrow_mut(Vec::pop).ok_or(INVALID_CONTEXT)?;
        if out.is_null() { Ok(()) } else { put(out, handle(popped), INVALID_VALUE) }
    }
    fn cuCtxGetDevice(out: *mut c_int) {
        let wanted = current()?.index;
        let ordinal = (0..).map_while(|n| Some((n, card(n).ok()?)));
        let (ordinal, _) = ordinal.into_iter().find(|(_, card)| card.index == wanted)
            .ok_or(INVALID_CONTEXT)?;
        put(out, ordinal, INVALID_VALUE)
    }
    fn cuCtxSynchronize() { Ok(()) }
    fn cuCtxSetLimit(_limit: c_uint, _value: usize) { Ok(()) }
}
