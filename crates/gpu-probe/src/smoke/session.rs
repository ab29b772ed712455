//! Work on a GPU that has passed the quick test, through `cudarc`.
//!
//! `cudarc` returns codes as an enum, and a code that it does not know is undefined behaviour. So
//! it is called only while nothing is under way on the GPU: for the context, modules, memory,
//! events and finished copies, whose codes are old. What starts work or waits for it can return
//! what went wrong on the GPU, also with a code of tomorrow: for that [`Started`] holds the same
//! library's functions as they are, with plain numbers.
//!
//! `cudarc` looks for `libcuda.so` first. That can be a second copy of the driver: under WSL the
//! three names of the library are three files. Handles of one copy mean nothing to another, so that
//! here every call goes to the copy that `cudarc` opened.
//!
//! After a failure nothing is called any more, not even to free: a GPU in such a state answers
//! everything with its error. The process ends soon, and the driver then clears up.

#![expect(unsafe_code, reason = "calls the driver, and hands it addresses")]

use super::quick::Ready;
use crate::{
    CallCode,
    driver::{Driver, Failure},
    isolate::Lane,
    kernels,
};
use cuda_compat::ComputeCapability;
use cudarc::{
    driver::{CudaContext, CudaEvent, CudaFunction, CudaStream, DriverError, result, sys},
    nvrtc::Ptx,
};
use std::{
    ffi::{c_uint, c_void},
    mem::ManuallyDrop,
    sync::Arc,
};

/// Threads of a block, for all kernels.
pub(super) const BLOCK: u32 = 256;
const OUT_OF_MEMORY: CallCode = CallCode(2);

/// Blocks that fill the GPU with `BLOCK` threads each.
pub(super) fn grid(ready: &Ready) -> u32 {
    let blocks = (ready.figures.threads_per_multiprocessor / BLOCK).max(4);
    ready.figures.multiprocessors.max(1) * blocks
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) call: &'static str,
    pub(super) code: CallCode,
}

impl Failed {
    /// What to say where too little memory is free to allocate at all.
    pub(super) fn no_room() -> Self {
        Self { call: "cuMemAlloc", code: OUT_OF_MEMORY }
    }

    /// Whether only memory was missing: the GPU can go on.
    pub(super) fn is_out_of_memory(&self) -> bool {
        self.code == OUT_OF_MEMORY
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self { call: failure.call, code: failure.code }
    }
}

fn typed(call: &'static str) -> impl Fn(DriverError) -> Failed {
    move |error| Failed { call, code: CallCode(error.0 as u32) }
}

/// A GPU with its context, kernels and events.
pub(super) struct Session<'a, 'l, 'w> {
    driver: Driver,
    lane: &'a Lane<'l, 'w>,
    started: Started,
    /// Dropped by [`Session::close`] alone, so not after a failure.
    held: ManuallyDrop<Held>,
}

/// What `cudarc` holds.
pub(super) struct Held {
    pub(super) copy: CudaFunction,
    pub(super) fill: CudaFunction,
    pub(super) check: CudaFunction,
    pub(super) fma: CudaFunction,
    /// `None` before compute capability 7.0.
    pub(super) tensor: Option<CudaFunction>,
    start: CudaEvent,
    end: CudaEvent,
    stream: Arc<CudaStream>,
}

impl<'a, 'l, 'w> Session<'a, 'l, 'w> {
    /// Opens the GPU a second time. The error is a sentence.
    pub(super) fn open(
        tested: &Driver,
        ready: &Ready,
        lane: &'a Lane<'l, 'w>,
    ) -> Result<Self, String> {
        lane.stage("opening the GPU for the deep test");
        // SAFETY: opens the driver's library, which is loaded already, or another one.
        let library = unsafe { sys::culib() };
        let driver = driver_of_cudarc(library, tested, ready.ordinal)?;
        let started = Started::find(library)?;
        let held = hold(ready).map_err(|failed| {
            format!("`{}` returned {} before the deep test", failed.call, failed.code)
        })?;
        Ok(Self { driver, lane, started, held: ManuallyDrop::new(held) })
    }

    /// Gives everything back. Only for a GPU on which nothing failed.
    pub(super) fn close(mut self) {
        self.stage("closing the GPU after the deep test");
        // SAFETY: `self` ends here and is not used again.
        unsafe { ManuallyDrop::drop(&mut self.held) };
    }

    pub(super) fn kernels(&self) -> &Held {
        &self.held
    }

    /// Says what comes next; a step that blocks is known by this name.
    pub(super) fn stage(&self, name: &str) {
        self.lane.stage(name);
    }

    /// Free memory, in bytes.
    pub(super) fn free_bytes(&self) -> Result<usize, Failed> {
        Ok(self.driver.memory_info()?.0)
    }

    /// Allocates, works and frees.
    pub(super) fn with_memory<T>(
        &self,
        bytes: usize,
        work: impl FnOnce(u64) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        // SAFETY: plain allocation; nobody else knows the address.
        let address = unsafe { result::malloc_sync(bytes) }.map_err(typed("cuMemAlloc"))?;
        let done = work(address);
        if done.as_ref().is_err_and(|failed| !failed.is_out_of_memory()) {
            return done;
        }
        // SAFETY: allocated above; all work on it is waited for by those who start it.
        unsafe { result::free_sync(address) }.map_err(typed("cuMemFree"))?;
        done
    }

    /// Allocates memory of the host that does not move, works and frees.
    pub(super) fn with_pinned<T>(
        &self,
        words: usize,
        work: impl FnOnce(&mut [u64]) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        // SAFETY: plain allocation; nobody else knows the address.
        let pointer = unsafe { result::malloc_host(words * 8, 0) };
        let pointer = pointer.map_err(typed("cuMemHostAlloc"))?.cast::<u64>();
        // SAFETY: so many words were allocated, page-aligned, and are zeroed before they are seen.
        let slice = unsafe {
            pointer.write_bytes(0, words);
            std::slice::from_raw_parts_mut(pointer, words)
        };
        let done = work(slice);
        if done.as_ref().is_err_and(|failed| !failed.is_out_of_memory()) {
            return done;
        }
        // SAFETY: allocated above; all copies are waited for by those who start them.
        unsafe { result::free_host(pointer.cast()) }.map_err(typed("cuMemFreeHost"))?;
        done
    }

    /// Copies values to the GPU and waits.
    pub(super) fn upload<T>(&self, to: u64, from: &[T]) -> Result<(), Failed> {
        // SAFETY: the caller's memory at `to` is at least as long; nothing is under way.
        unsafe { result::memcpy_htod_sync(to, from) }.map_err(typed("cuMemcpyHtoD"))
    }

    /// Copies words from the GPU and waits.
    pub(super) fn download<T: Copy + Default>(
        &self,
        from: u64,
        count: usize,
    ) -> Result<Vec<T>, Failed> {
        let mut values = vec![T::default(); count];
        // SAFETY: the caller's memory at `from` is at least as long; nothing is under way.
        unsafe { result::memcpy_dtoh_sync(&mut values, from) }.map_err(typed("cuMemcpyDtoH"))?;
        Ok(values)
    }

    /// Sets bytes on the GPU and waits.
    pub(super) fn set_bytes(&self, at: u64, value: u8, count: usize) -> Result<(), Failed> {
        // SAFETY: the caller's memory at `at` is at least as long; nothing is under way.
        unsafe { result::memset_d8_sync(at, value, count) }.map_err(typed("cuMemsetD8"))
    }

    /// Starts a kernel. A parameter of four bytes stands in the lower half of its number.
    pub(super) fn launch(
        &self,
        kernel: &CudaFunction,
        blocks: u32,
        parameters: &mut [u64],
    ) -> Result<(), Failed> {
        let mut list: Vec<*mut c_void> =
            parameters.iter_mut().map(|value| std::ptr::from_mut(value).cast()).collect();
        let stream = self.held.stream.cu_stream();
        let function = kernel.cu_function();
        // SAFETY: the kernels of this crate take what `kernels.rs` says; the callers in this folder
        // pass that many values and addresses of memory that is long enough.
        let code = unsafe {
            (self.started.launch)(
                function.cast(),
                blocks,
                1,
                1,
                BLOCK,
                1,
                1,
                0,
                stream.cast(),
                list.as_mut_ptr(),
                std::ptr::null_mut(),
            )
        };
        checked("cuLaunchKernel", code)
    }

    /// Starts a copy to the GPU.
    pub(super) fn start_upload(&self, to: u64, from: &[u64]) -> Result<(), Failed> {
        let stream = self.held.stream.cu_stream();
        // SAFETY: the caller waits in `timed` before `from` is used otherwise.
        let code = unsafe {
            (self.started.upload)(to, from.as_ptr().cast(), size_of_val(from), stream.cast())
        };
        checked("cuMemcpyHtoDAsync", code)
    }

    /// Starts a copy from the GPU.
    pub(super) fn start_download(&self, to: &mut [u64], from: u64) -> Result<(), Failed> {
        let stream = self.held.stream.cu_stream();
        // SAFETY: the caller waits in `timed` before `to` is looked at.
        let code = unsafe {
            (self.started.download)(to.as_mut_ptr().cast(), from, size_of_val(to), stream.cast())
        };
        checked("cuMemcpyDtoHAsync", code)
    }

    /// Waits for all that was started.
    pub(super) fn wait(&self) -> Result<(), Failed> {
        Ok(self.driver.synchronize()?)
    }

    /// How long the GPU is busy with what `work` starts, in milliseconds, by its own clock. Waits.
    pub(super) fn timed(&self, work: impl FnOnce() -> Result<(), Failed>) -> Result<f64, Failed> {
        self.record(&self.held.start)?;
        work()?;
        self.record(&self.held.end)?;
        self.wait()?;
        let elapsed = self.held.start.elapsed_ms(&self.held.end);
        Ok(f64::from(elapsed.map_err(typed("cuEventElapsedTime"))?))
    }

    fn record(&self, event: &CudaEvent) -> Result<(), Failed> {
        let stream = self.held.stream.cu_stream();
        // SAFETY: both handles live as long as `held`.
        let code = unsafe { (self.started.record)(event.cu_event().cast(), stream.cast()) };
        checked("cuEventRecord", code)
    }
}

/// The functions of the library that `cudarc` opened, where it shows the GPU that was tested. The
/// error is a sentence.
fn driver_of_cudarc(
    library: &'static libloading::Library,
    tested: &Driver,
    ordinal: u32,
) -> Result<Driver, String> {
    let driver = Driver::in_library(library);
    if driver.code_address().is_some() && driver.code_address() == tested.code_address() {
        return Ok(driver);
    }
    let ordinal = i32::try_from(ordinal).unwrap_or(i32::MAX);
    let address = |driver: &Driver| driver.device_pci_bus_id(driver.device(ordinal)?);
    // A stub refuses to start.
    let shown = driver.init().and_then(|()| address(&driver));
    if shown.is_err() || shown != address(tested) {
        return Err("`libcuda.so` leads to another library than `libcuda.so.1`, such as a stub: \
                    take its folder off `LD_LIBRARY_PATH`"
            .to_owned());
    }
    Ok(driver)
}

fn hold(ready: &Ready) -> Result<Held, Failed> {
    let context =
        CudaContext::new(ready.ordinal as usize).map_err(typed("cuDevicePrimaryCtxRetain"))?;
    let load = |ptx: &str, names: &[&str]| {
        let module = context.load_module(Ptx::from_src(ptx)).map_err(typed("cuModuleLoadData"))?;
        let function =
            |name: &&str| module.load_function(name).map_err(typed("cuModuleGetFunction"));
        names.iter().map(function).collect::<Result<Vec<_>, _>>()
    };
    let one = |ptx, name| Ok::<_, Failed>(load(ptx, &[name])?.swap_remove(0));
    let timing = || {
        let event = context.new_event(Some(sys::CUevent_flags::CU_EVENT_DEFAULT));
        event.map_err(typed("cuEventCreate"))
    };
    let has_tensor_cores = ready.figures.compute_capability >= ComputeCapability::new(7, 0);
    Ok(Held {
        copy: one(kernels::COPY_PTX, "altlas_copy")?,
        fill: one(kernels::MEMORY_PTX, "altlas_fill")?,
        check: one(kernels::MEMORY_PTX, "altlas_check")?,
        fma: one(kernels::FMA_PTX, "altlas_fma")?,
        tensor: if has_tensor_cores {
            Some(one(kernels::TENSOR_PTX, "altlas_tensor")?)
        } else {
            None
        },
        start: timing()?,
        end: timing()?,
        stream: context.default_stream(),
    })
}

fn checked(call: &'static str, code: u32) -> Result<(), Failed> {
    if code == 0 { Ok(()) } else { Err(Failed { call, code: CallCode(code) }) }
}

type Handle = *mut c_void;

/// The functions that start work, with their codes as plain numbers.
struct Started {
    launch: unsafe extern "C" fn(
        Handle,
        c_uint,
        c_uint,
        c_uint,
        c_uint,
        c_uint,
        c_uint,
        c_uint,
        Handle,
        *mut *mut c_void,
        *mut *mut c_void,
    ) -> u32,
    record: unsafe extern "C" fn(Handle, Handle) -> u32,
    upload: unsafe extern "C" fn(u64, *const c_void, usize, Handle) -> u32,
    download: unsafe extern "C" fn(*mut c_void, u64, usize, Handle) -> u32,
}

impl Started {
    /// Finds them. The error is a sentence.
    fn find(library: &'static libloading::Library) -> Result<Self, String> {
        // SAFETY: the types are those of `cuda.h`, and the library is never closed.
        unsafe {
            let missing = |error: libloading::Error| error.to_string();
            Ok(Self {
                launch: *library.get(b"cuLaunchKernel\0").map_err(missing)?,
                record: *library.get(b"cuEventRecord\0").map_err(missing)?,
                upload: *library.get(b"cuMemcpyHtoDAsync_v2\0").map_err(missing)?,
                download: *library.get(b"cuMemcpyDtoHAsync_v2\0").map_err(missing)?,
            })
        }
    }
}
