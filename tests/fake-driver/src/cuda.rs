//! The CUDA driver: start, devices, names of errors.

mod attribute;
mod context;
mod memory;
mod module;
pub(crate) mod timeline;

pub(crate) use memory::device_bytes;

use crate::{
    Answer, call,
    card::{Card, cards, general, mig_devices},
    put, put_text,
    spec::spec,
};
use std::{
    ffi::{CStr, c_char, c_int, c_uint, c_void},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

pub(crate) const INVALID_VALUE: u32 = 1;
pub(crate) const OUT_OF_MEMORY: u32 = 2;
pub(crate) const NOT_INITIALIZED: u32 = 3;
pub(crate) const DEVICE_UNAVAILABLE: u32 = 46;
pub(crate) const NO_DEVICE: u32 = 100;
pub(crate) const INVALID_DEVICE: u32 = 101;
pub(crate) const INVALID_CONTEXT: u32 = 201;
pub(crate) const NO_BINARY: u32 = 209;
pub(crate) const NOT_FOUND: u32 = 500;
pub(crate) const ILLEGAL_ADDRESS: u32 = 700;
pub(crate) const MISALIGNED: u32 = 716;

static STARTED: AtomicBool = AtomicBool::new(false);

/// Exports functions that belong to no device, or to the one of the current context.
macro_rules! exports {
    ($(fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $body:block)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name($($argument: $kind),*) -> u32 {
            let gpu = $crate::cuda::context::current_gpu();
            $crate::call(stringify!($name), gpu, || { $crate::cuda::started()?; $body })
        }
    )*};
}
pub(crate) use exports;

/// Whether `cuInit` was called.
pub(crate) fn started() -> Answer {
    if STARTED.load(Ordering::Relaxed) { Ok(()) } else { Err(NOT_INITIALIZED) }
}

/// The GPUs that CUDA shows, in its order: those of `CUDA_VISIBLE_DEVICES` that are there.
fn visible() -> &'static [&'static Card] {
    static VISIBLE: OnceLock<Vec<&Card>> = OnceLock::new();
    VISIBLE.get_or_init(|| {
        let all: Vec<&Card> = cards().iter().filter(|card| is_usable(card)).collect();
        match &spec().visible {
            None => all,
            Some(list) => list.split(',').map_while(|name| named(&all, name.trim())).collect(),
        }
    })
}

fn is_usable(card: &Card) -> bool {
    let is_empty_mig = card.number("mig") == Some(1) && mig_devices(card).is_empty();
    card.number("lost_gpu").is_none() && !is_empty_mig
}

fn named<'a>(all: &[&'a Card], name: &str) -> Option<&'a Card> {
    match name.parse::<usize>() {
        Ok(ordinal) => all.get(ordinal).copied(),
        Err(_) if name.starts_with("GPU-") => all
            .iter()
            .find(|card| card.text("uuid").is_some_and(|id| id.starts_with(name)))
            .copied(),
        Err(_) if name.starts_with("MIG-") => all
            .iter()
            .find(|card| mig_devices(card).iter().any(|m| m.text("uuid") == Some(name)))
            .copied(),
        Err(_) => None,
    }
}

/// The card behind CUDA's number.
pub(crate) fn card(ordinal: c_int) -> Result<&'static Card, u32> {
    let index = usize::try_from(ordinal).map_err(|_| INVALID_DEVICE)?;
    visible().get(index).copied().ok_or(INVALID_DEVICE)
}

/// The key of a value that is another one where a MIG device is used.
pub(crate) fn mig_or<'a>(card: &Card, mig: &'a str, whole: &'a str) -> &'a str {
    if card.number("mig") == Some(1) { mig } else { whole }
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn cuInit(_flags: c_uint) -> u32 {
    call("cuInit", None, || {
        if visible().is_empty() {
            return Err(NO_DEVICE);
        }
        STARTED.store(true, Ordering::Relaxed);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn cuDriverGetVersion(out: *mut c_int) -> u32 {
    call("cuDriverGetVersion", None, || {
        let version = general("cuda").and_then(|text| text.parse().ok());
        put(out, version.ok_or(999_u32)?, INVALID_VALUE)
    })
}

/// Names and words of the codes that the stand-in returns by itself; others are unknown, as a code
/// of a newer driver is.
fn words(code: u32) -> Option<(&'static CStr, &'static CStr)> {
    Some(match code {
        0 => (c"CUDA_SUCCESS", c"no error"),
        INVALID_VALUE => (c"CUDA_ERROR_INVALID_VALUE", c"invalid argument"),
        OUT_OF_MEMORY => (c"CUDA_ERROR_OUT_OF_MEMORY", c"out of memory"),
        NO_DEVICE => (c"CUDA_ERROR_NO_DEVICE", c"no CUDA-capable device is detected"),
        222 => (
            c"CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
            c"the provided PTX was compiled with an unsupported toolchain.",
        ),
        999 => (c"CUDA_ERROR_UNKNOWN", c"unknown error"),
        _ => return None,
    })
}

fn put_words(symbol: &str, out: *mut *const c_char, text: Option<&'static CStr>) -> u32 {
    call(symbol, None, || {
        put(out, text.map_or(std::ptr::null(), CStr::as_ptr), INVALID_VALUE)?;
        if text.is_some() { Ok(()) } else { Err(INVALID_VALUE) }
    })
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn cuGetErrorName(code: c_uint, out: *mut *const c_char) -> u32 {
    put_words("cuGetErrorName", out, words(code).map(|(name, _)| name))
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn cuGetErrorString(code: c_uint, out: *mut *const c_char) -> u32 {
    put_words("cuGetErrorString", out, words(code).map(|(_, text)| text))
}

/// Exports functions that name a device.
macro_rules! device_exports {
    ($(fn $name:ident($($before:ident: $kind:ty),*; $card:ident) $body:block)*) => {$(
        #[unsafe(no_mangle)]
        pub(crate) unsafe extern "C" fn $name($($before: $kind,)* device: c_int) -> u32 {
            let found = $crate::cuda::card(device);
            let gpu = found.as_ref().ok().map(|card| card.index);
            $crate::call(stringify!($name), gpu, || {
                $crate::cuda::started()?;
                let $card = found?;
                $body
            })
        }
    )*};
}

exports! {
    fn cuDeviceGetCount(out: *mut c_int) {
        put(out, c_int::try_from(visible().len()).map_err(|_| 999_u32)?, INVALID_VALUE)
    }
}

/// The 16 bytes of a `GPU-…` or `MIG-…` text.
fn uuid_bytes(text: &str) -> [u8; 16] {
    let digits: Vec<u8> = text
        .bytes()
        .skip(4)
        .filter_map(|byte| char::from(byte).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    std::array::from_fn(|i| digits.get(i * 2..i * 2 + 2).map_or(0, |pair| pair[0] << 4 | pair[1]))
}

device_exports! {
    fn cuDeviceGet(out: *mut c_int; card) {
        let ordinal = visible().iter().position(|other| other.index == card.index);
        put(out, ordinal.and_then(|n| c_int::try_from(n).ok()).ok_or(999_u32)?, INVALID_VALUE)
    }
    fn cuDeviceGetUuid(out: *mut [u8; 16]; card) {
        put(out, uuid_bytes(card.text("uuid").unwrap_or_default()), INVALID_VALUE)
    }
    fn cuDeviceGetUuid_v2(out: *mut [u8; 16]; card) {
        let own = mig_devices(card);
        let uuid = own.first().unwrap_or(card).text("uuid").unwrap_or_default();
        put(out, uuid_bytes(uuid), INVALID_VALUE)
    }
    fn cuDeviceTotalMem_v2(out: *mut usize; card) {
        let mib = card.number(mig_or(card, "mig_memory_mib", "memory_mib")).ok_or(999_u32)?;
        let kept = card.number("reserved_mib").unwrap_or(0);
        put(out, usize::try_from((mib - kept) << 20).map_err(|_| 999_u32)?, INVALID_VALUE)
    }
    fn cuDeviceGetName(out: *mut c_char, length: c_int; card) {
        let length = u32::try_from(length).map_err(|_| INVALID_VALUE)?;
        let name = card.text(mig_or(card, "mig_name", "name")).unwrap_or_default();
        put_text(out, length, name, INVALID_VALUE)
    }
    fn cuDeviceGetPCIBusId(out: *mut c_char, length: c_int; card) {
        let length = u32::try_from(length).map_err(|_| INVALID_VALUE)?;
        let bus = card.bus().ok_or(999_u32)?;
        put_text(out, length, &format!("0000:{bus:02X}:00.0"), INVALID_VALUE)
    }
    fn cuDeviceGetAttribute(out: *mut c_int, attribute: c_int; card) {
        put(out, attribute::value(card, attribute), INVALID_VALUE)
    }
    fn cuDevicePrimaryCtxRetain(out: *mut *mut c_void; card) {
        context::open(card)?;
        put(out, crate::handle(card.index), INVALID_VALUE)
    }
}
