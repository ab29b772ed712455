//! NVML: start, end, what belongs to no GPU, and how a GPU is reached.

mod device;
mod fields;
mod links;

use crate::{
    Answer, call,
    card::{Card, cards, general, mig_devices},
    handle, number_of, put, put_text,
};
use std::{
    ffi::{CStr, c_char, c_int, c_uint, c_void},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

pub(crate) const UNINITIALIZED: u32 = 1;
pub(crate) const INVALID_ARGUMENT: u32 = 2;
pub(crate) const NOT_SUPPORTED: u32 = 3;
pub(crate) const NOT_FOUND: u32 = 6;
pub(crate) const INSUFFICIENT_SIZE: u32 = 7;
pub(crate) const GPU_IS_LOST: u32 = 15;

/// Handles of MIG devices begin here.
const FIRST_MIG: u32 = 1000;
/// More MIG devices than a GPU has.
const MIG_PER_GPU: u32 = 16;

static STARTED: AtomicU32 = AtomicU32::new(0);

/// Exports functions whose first argument is a device; a body ends with an [`Answer`].
macro_rules! exports {
    ($(fn $name:ident($card:ident $(, $argument:ident: $kind:ty)* $(,)?) $body:block)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name(
            device: *mut ::std::ffi::c_void $(, $argument: $kind)*
        ) -> u32 {
            $crate::nvml::on_card(stringify!($name), device, |$card| $body)
        }
    )*};
}
pub(crate) use exports;

/// Runs `body` with the card of the handle.
pub(crate) fn on_card(
    symbol: &str,
    device: *mut c_void,
    body: impl FnOnce(&'static Card) -> Answer,
) -> u32 {
    let card = card_of(device);
    call(symbol, card.map(|card| card.index), || {
        started()?;
        let card = card.ok_or(INVALID_ARGUMENT)?;
        if card.number("lost_gpu").is_some() { Err(GPU_IS_LOST) } else { body(card) }
    })
}

fn started() -> Answer {
    if STARTED.load(Ordering::Relaxed) == 0 { Err(UNINITIALIZED) } else { Ok(()) }
}

fn all_mig_devices() -> &'static [Vec<Card>] {
    static DEVICES: OnceLock<Vec<Vec<Card>>> = OnceLock::new();
    DEVICES.get_or_init(|| cards().iter().map(mig_devices).collect())
}

fn card_of(device: *mut c_void) -> Option<&'static Card> {
    let number = number_of(device)?;
    match number.checked_sub(FIRST_MIG) {
        None => cards().get(number as usize),
        Some(mig) => {
            all_mig_devices().get((mig / MIG_PER_GPU) as usize)?.get((mig % MIG_PER_GPU) as usize)
        }
    }
}

pub(crate) fn is_mig(device: *mut c_void) -> bool {
    number_of(device).is_some_and(|number| number >= FIRST_MIG)
}

pub(crate) fn mig_handle(card: &Card, instance: u32) -> Result<*mut c_void, u32> {
    let devices = all_mig_devices().get(card.index as usize).ok_or(NOT_FOUND)?;
    devices.get(instance as usize).ok_or(NOT_FOUND)?;
    Ok(handle(FIRST_MIG + card.index * MIG_PER_GPU + instance))
}

fn start(symbol: &str) -> u32 {
    call(symbol, None, || {
        STARTED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn nvmlInit_v2() -> u32 {
    start("nvmlInit_v2")
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn nvmlInitWithFlags(_flags: c_uint) -> u32 {
    start("nvmlInitWithFlags")
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn nvmlShutdown() -> u32 {
    call("nvmlShutdown", None, || {
        started()?;
        STARTED.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn nvmlErrorString(code: c_uint) -> *const c_char {
    let text = match code {
        0 => c"Success",
        9 => c"Driver Not Loaded",
        15 => c"GPU is lost",
        18 => c"Driver/library version mismatch",
        _ => c"Unknown Error",
    };
    text.as_ptr()
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmlSystemGetNVMLVersion(out: *mut c_char, length: c_uint) -> u32 {
    call("nvmlSystemGetNVMLVersion", None, || {
        put_text(out, length, general("nvml").unwrap_or_default(), INSUFFICIENT_SIZE)
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmlSystemGetDriverVersion(
    out: *mut c_char,
    length: c_uint,
) -> u32 {
    call("nvmlSystemGetDriverVersion", None, || {
        started()?;
        put_text(out, length, general("driver").unwrap_or_default(), INSUFFICIENT_SIZE)
    })
}

fn put_cuda_version(symbol: &str, out: *mut c_int) -> u32 {
    let version = general("cuda").and_then(|text| text.parse().ok());
    call(symbol, None, || put(out, version.ok_or(999_u32)?, INVALID_ARGUMENT))
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmlSystemGetCudaDriverVersion(out: *mut c_int) -> u32 {
    put_cuda_version("nvmlSystemGetCudaDriverVersion", out)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmlSystemGetCudaDriverVersion_v2(out: *mut c_int) -> u32 {
    put_cuda_version("nvmlSystemGetCudaDriverVersion_v2", out)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmlDeviceGetCount_v2(out: *mut c_uint) -> u32 {
    call("nvmlDeviceGetCount_v2", None, || {
        started()?;
        put(out, u32::try_from(cards().len()).map_err(|_| 999_u32)?, INVALID_ARGUMENT)
    })
}

fn put_handle(symbol: &str, out: *mut *mut c_void, card: Option<&Card>) -> u32 {
    call(symbol, card.map(|card| card.index), || {
        started()?;
        let card = card.ok_or(NOT_FOUND)?;
        if card.number("lost_gpu").is_some() {
            return Err(GPU_IS_LOST);
        }
        put(out, handle(card.index), INVALID_ARGUMENT)
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmlDeviceGetHandleByIndex_v2(
    index: c_uint,
    out: *mut *mut c_void,
) -> u32 {
    match put_handle("nvmlDeviceGetHandleByIndex_v2", out, cards().get(index as usize)) {
        NOT_FOUND => INVALID_ARGUMENT,
        code => code,
    }
}

/// The text at `pointer`, or the empty one.
fn text_at<'a>(pointer: *const c_char) -> &'a str {
    if pointer.is_null() {
        return "";
    }
    // SAFETY: not null, and NVML's callers hand in texts that end with a zero.
    unsafe { CStr::from_ptr(pointer) }.to_str().unwrap_or_default()
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmlDeviceGetHandleByUUID(
    uuid: *const c_char,
    out: *mut *mut c_void,
) -> u32 {
    let wanted = text_at(uuid);
    let card = cards().iter().find(|card| card.text("uuid") == Some(wanted));
    put_handle("nvmlDeviceGetHandleByUUID", out, card)
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmlDeviceGetHandleByPciBusId_v2(
    address: *const c_char,
    out: *mut *mut c_void,
) -> u32 {
    let wanted = text_at(address).to_ascii_lowercase();
    let card = cards().iter().find(|card| {
        card.bus().is_some_and(|bus| wanted.ends_with(&format!("0000:{bus:02x}:00.0")))
    });
    put_handle("nvmlDeviceGetHandleByPciBusId_v2", out, card)
}
