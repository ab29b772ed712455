//! The functions of `cuda.h` that are called, by their names in the library.
//!
//! Handles are `usize` here: they are opaque pointers to the driver, and nobody but the driver
//! looks behind them. The names with a suffix (`_v2`) are those that every driver since 2012
//! exports; the newest suffixes are avoided so that older drivers answer too.

use libloading::Library;
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};

macro_rules! symbols {
    ($($name:ident($($argument:ty),* $(,)?);)*) => {
        /// What the library exports; `None` where it does not.
        #[expect(non_snake_case, reason = "the driver's own names")]
        pub(super) struct Symbols {
            $(pub(super) $name: Option<unsafe extern "C" fn($($argument),*) -> u32>),*
        }

        impl Symbols {
            /// Looks all names up; the second value lists those that are not there.
            ///
            /// # Safety
            /// `library` must stay loaded for as long as the functions are called, and export the
            /// names with the types of `cuda.h` or not at all.
            pub(super) unsafe fn load(library: &Library) -> (Self, Vec<&'static str>) {
                let mut missing = Vec::new();
                let symbols = Self {
                    // SAFETY: passed on to the caller.
                    $($name: unsafe { look_up(library, stringify!($name), &mut missing) }),*
                };
                (symbols, missing)
            }
        }
    };
}

symbols! {
    cuInit(c_uint);
    cuDriverGetVersion(*mut c_int);
    cuGetErrorName(u32, *mut *const c_char);
    cuDeviceGetCount(*mut c_int);
    cuDeviceGet(*mut c_int, c_int);
    cuDeviceGetName(*mut c_char, c_int, c_int);
    cuDeviceGetUuid(*mut [u8; 16], c_int);
    cuDeviceGetUuid_v2(*mut [u8; 16], c_int);
    cuDeviceTotalMem_v2(*mut usize, c_int);
    cuDeviceGetAttribute(*mut c_int, c_uint, c_int);
    cuDeviceGetPCIBusId(*mut c_char, c_int, c_int);
    cuDevicePrimaryCtxRetain(*mut usize, c_int);
    cuDevicePrimaryCtxRelease_v2(c_int);
    cuCtxSetCurrent(usize);
    cuCtxSynchronize();
    cuModuleLoadDataEx(*mut usize, *const c_void, c_uint, *mut c_uint, *mut *mut c_void);
    cuModuleGetFunction(*mut usize, usize, *const c_char);
    cuModuleUnload(usize);
    cuMemGetInfo_v2(*mut usize, *mut usize);
    cuMemAlloc_v2(*mut u64, usize);
    cuMemFree_v2(u64);
    cuMemcpyDtoH_v2(*mut c_void, u64, usize);
    cuMemsetD8_v2(u64, c_uchar, usize);
    cuLaunchKernel(
        usize, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, usize,
        *mut *mut c_void, *mut *mut c_void,
    );
}

/// # Safety
/// `F` must be the type of the function that `library` exports under `name`.
unsafe fn look_up<F: Copy>(
    library: &Library,
    name: &'static str,
    missing: &mut Vec<&'static str>,
) -> Option<F> {
    // SAFETY: passed on to the caller; the symbol is copied out of a library that stays loaded.
    match unsafe { library.get::<F>(name) } {
        Ok(symbol) => Some(*symbol),
        Err(_) => {
            missing.push(name);
            None
        }
    }
}
