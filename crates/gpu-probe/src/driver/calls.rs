//! One method a driver call.
//!
//! A [`Context`] belongs to all threads; which one a thread uses is set by
//! [`Driver::set_current`], and memory, modules, events and launches need a current one.

use super::{
    Context, Device, DevicePointer, Driver, Event, Failure, Function, Launch, Module, Pinned,
    Stream,
};
use crate::CallCode;
use std::{
    ffi::{CStr, c_uint, c_void},
    ptr::null_mut,
};

/// Calls a function of the table, or says that it is not there.
macro_rules! call {
    ($driver:expr, $name:ident($($argument:expr),* $(,)?)) => {{
        let Some(function) = $driver.symbols.$name else {
            return Err(Failure::missing(stringify!($name)));
        };
        // SAFETY: the types are those of `cuda.h`; pointers are to locals or to buffers of the size
        // that is passed beside them; handles came from this driver and are ended by value only.
        let code = unsafe { function($($argument),*) };
        checked(stringify!($name), code)
    }};
}

fn checked(call: &'static str, code: u32) -> Result<(), Failure> {
    if code == 0 { Ok(()) } else { Err(Failure { call, code: CallCode(code), missing: false }) }
}

impl Driver {
    /// `cuDriverGetVersion`: the newest CUDA, `12060` for 12.6. Needs no [`Driver::init`].
    pub(crate) fn version(&self) -> Result<i32, Failure> {
        let mut version = 0;
        call!(self, cuDriverGetVersion(&raw mut version))?;
        Ok(version)
    }

    /// `cuInit`.
    pub(crate) fn init(&self) -> Result<(), Failure> {
        call!(self, cuInit(0))
    }

    /// `cuDeviceGetCount`.
    pub(crate) fn device_count(&self) -> Result<i32, Failure> {
        let mut count = 0;
        call!(self, cuDeviceGetCount(&raw mut count))?;
        Ok(count)
    }

    /// `cuDeviceGet`.
    pub(crate) fn device(&self, ordinal: i32) -> Result<Device, Failure> {
        let mut device = 0;
        call!(self, cuDeviceGet(&raw mut device, ordinal))?;
        Ok(Device(device))
    }

    /// `cuDeviceGetName`.
    pub(crate) fn device_name(&self, device: Device) -> Result<String, Failure> {
        let mut buffer = [0_u8; 256];
        call!(self, cuDeviceGetName(buffer.as_mut_ptr().cast(), 256, device.0))?;
        Ok(text(&buffer))
    }

    /// `cuDeviceGetPCIBusId`, as the driver writes it.
    pub(crate) fn device_pci_bus_id(&self, device: Device) -> Result<String, Failure> {
        let mut buffer = [0_u8; 32];
        call!(self, cuDeviceGetPCIBusId(buffer.as_mut_ptr().cast(), 32, device.0))?;
        Ok(text(&buffer))
    }

    /// `cuDeviceGetUuid`: of the GPU, also where the device is a part of it (MIG).
    pub(crate) fn device_uuid(&self, device: Device) -> Result<[u8; 16], Failure> {
        let mut uuid = [0; 16];
        call!(self, cuDeviceGetUuid(&raw mut uuid, device.0))?;
        Ok(uuid)
    }

    /// `cuDeviceGetUuid_v2`: of the MIG device, where it is one.
    pub(crate) fn device_uuid_v2(&self, device: Device) -> Result<[u8; 16], Failure> {
        let mut uuid = [0; 16];
        call!(self, cuDeviceGetUuid_v2(&raw mut uuid, device.0))?;
        Ok(uuid)
    }

    /// `cuDeviceTotalMem_v2`, in bytes.
    pub(crate) fn device_memory_bytes(&self, device: Device) -> Result<usize, Failure> {
        let mut bytes = 0;
        call!(self, cuDeviceTotalMem_v2(&raw mut bytes, device.0))?;
        Ok(bytes)
    }

    /// `cuDeviceGetAttribute`; the numbers are in [`super::attribute`].
    pub(crate) fn device_attribute(&self, device: Device, attribute: u32) -> Result<i32, Failure> {
        let mut value = 0;
        call!(self, cuDeviceGetAttribute(&raw mut value, attribute, device.0))?;
        Ok(value)
    }

    /// `cuDevicePrimaryCtxRetain`.
    pub(crate) fn retain_context(&self, device: Device) -> Result<Context, Failure> {
        let mut context = 0;
        call!(self, cuDevicePrimaryCtxRetain(&raw mut context, device.0))?;
        Ok(Context(context, device))
    }

    /// `cuDevicePrimaryCtxRelease_v2`.
    pub(crate) fn release_context(&self, context: Context) -> Result<(), Failure> {
        call!(self, cuDevicePrimaryCtxRelease_v2(context.1.0))
    }

    /// `cuCtxSetCurrent`, for this thread.
    pub(crate) fn set_current(&self, context: &Context) -> Result<(), Failure> {
        call!(self, cuCtxSetCurrent(context.0))
    }

    /// `cuCtxSynchronize`: waits for all work of the current context.
    pub(crate) fn synchronize(&self) -> Result<(), Failure> {
        call!(self, cuCtxSynchronize())
    }

    /// `cuModuleLoadDataEx`: loads a cubin, or compiles PTX. On failure the second value is what
    /// the driver's compiler wrote (empty where it wrote nothing).
    pub(crate) fn load_module(&self, image: &[u8]) -> Result<Module, (Failure, String)> {
        const ERROR_LOG_BUFFER: c_uint = 5;
        const ERROR_LOG_BUFFER_SIZE_BYTES: c_uint = 6;
        // PTX must end in a zero byte; a cubin is not harmed by one.
        let image: Vec<u8> = image.iter().copied().chain([0]).collect();
        let mut log = vec![0_u8; 8192];
        let mut module = 0;
        let loaded = (|| {
            let mut options = [ERROR_LOG_BUFFER, ERROR_LOG_BUFFER_SIZE_BYTES];
            // The driver takes the size by value, in the place of a pointer, and writes it back.
            let mut values =
                [log.as_mut_ptr().cast(), std::ptr::without_provenance_mut::<c_void>(log.len())];
            let (options, values) = (options.as_mut_ptr(), values.as_mut_ptr());
            call!(
                self,
                cuModuleLoadDataEx(&raw mut module, image.as_ptr().cast(), 2, options, values)
            )
        })();
        match loaded {
            Ok(()) => Ok(Module(module)),
            Err(failure) => Err((failure, text(&log).trim().to_owned())),
        }
    }

    /// `cuModuleGetFunction`.
    pub(crate) fn function(&self, module: &Module, name: &CStr) -> Result<Function, Failure> {
        let mut function = 0;
        call!(self, cuModuleGetFunction(&raw mut function, module.0, name.as_ptr()))?;
        Ok(Function(function))
    }

    /// `cuModuleUnload`.
    pub(crate) fn unload_module(&self, module: Module) -> Result<(), Failure> {
        call!(self, cuModuleUnload(module.0))
    }

    /// `cuMemGetInfo_v2`: free and all memory of the current context's device, in bytes.
    pub(crate) fn memory_info(&self) -> Result<(usize, usize), Failure> {
        let (mut free, mut total) = (0, 0);
        call!(self, cuMemGetInfo_v2(&raw mut free, &raw mut total))?;
        Ok((free, total))
    }

    /// `cuMemAlloc_v2`.
    pub(crate) fn allocate(&self, bytes: usize) -> Result<DevicePointer, Failure> {
        let mut pointer = 0;
        call!(self, cuMemAlloc_v2(&raw mut pointer, bytes))?;
        Ok(DevicePointer(pointer))
    }

    /// `cuMemFree_v2`.
    pub(crate) fn free(&self, pointer: DevicePointer) -> Result<(), Failure> {
        call!(self, cuMemFree_v2(pointer.0))
    }

    /// `cuMemHostAlloc`, usable from every context; zeroed.
    pub(crate) fn pinned(&self, bytes: usize) -> Result<Pinned, Failure> {
        const PORTABLE: c_uint = 1;
        let mut pointer = null_mut();
        call!(self, cuMemHostAlloc(&raw mut pointer, bytes, PORTABLE))?;
        let pointer = pointer.cast::<u8>();
        if pointer.is_null() {
            return Err(Failure { call: "cuMemHostAlloc", code: CallCode(2), missing: false });
        }
        // SAFETY: the driver allocated `bytes` bytes there.
        unsafe { pointer.write_bytes(0, bytes) };
        Ok(Pinned { pointer, bytes })
    }

    /// `cuMemFreeHost`.
    pub(crate) fn free_pinned(&self, pinned: Pinned) -> Result<(), Failure> {
        call!(self, cuMemFreeHost(pinned.pointer.cast()))
    }

    /// `cuMemcpyHtoD_v2`.
    pub(crate) fn copy_to_device(&self, to: DevicePointer, from: &[u8]) -> Result<(), Failure> {
        call!(self, cuMemcpyHtoD_v2(to.0, from.as_ptr().cast(), from.len()))
    }

    /// `cuMemcpyDtoH_v2`.
    pub(crate) fn copy_to_host(&self, to: &mut [u8], from: DevicePointer) -> Result<(), Failure> {
        call!(self, cuMemcpyDtoH_v2(to.as_mut_ptr().cast(), from.0, to.len()))
    }

    /// `cuMemcpyDtoD_v2`.
    pub(crate) fn copy_on_device(
        &self,
        to: DevicePointer,
        from: DevicePointer,
        bytes: usize,
    ) -> Result<(), Failure> {
        call!(self, cuMemcpyDtoD_v2(to.0, from.0, bytes))
    }

    /// `cuMemcpyHtoDAsync_v2`, all of `from`.
    ///
    /// # Safety
    /// `from` must be neither changed nor freed before the stream has come past the copy.
    pub(crate) unsafe fn start_copy_to_device(
        &self,
        to: DevicePointer,
        from: &Pinned,
        stream: &Stream,
    ) -> Result<(), Failure> {
        call!(self, cuMemcpyHtoDAsync_v2(to.0, from.pointer.cast(), from.bytes, stream.0))
    }

    /// `cuMemcpyDtoHAsync_v2`, all of `to`.
    ///
    /// # Safety
    /// `to` must be neither looked at nor freed before the stream has come past the copy.
    pub(crate) unsafe fn start_copy_to_host(
        &self,
        to: &mut Pinned,
        from: DevicePointer,
        stream: &Stream,
    ) -> Result<(), Failure> {
        call!(self, cuMemcpyDtoHAsync_v2(to.pointer.cast(), from.0, to.bytes, stream.0))
    }

    /// `cuMemcpyDtoDAsync_v2`.
    pub(crate) fn start_copy_on_device(
        &self,
        to: DevicePointer,
        from: DevicePointer,
        bytes: usize,
        stream: &Stream,
    ) -> Result<(), Failure> {
        call!(self, cuMemcpyDtoDAsync_v2(to.0, from.0, bytes, stream.0))
    }

    /// `cuMemsetD8_v2`.
    pub(crate) fn set_bytes(
        &self,
        to: DevicePointer,
        value: u8,
        count: usize,
    ) -> Result<(), Failure> {
        call!(self, cuMemsetD8_v2(to.0, value, count))
    }

    /// `cuMemsetD32_v2`.
    pub(crate) fn set_words(
        &self,
        to: DevicePointer,
        value: u32,
        count: usize,
    ) -> Result<(), Failure> {
        call!(self, cuMemsetD32_v2(to.0, value, count))
    }

    /// `cuLaunchKernel`. `parameters` holds one pointer to each value that the kernel takes.
    ///
    /// # Safety
    /// The module of `function` must be loaded, `parameters` must match the kernel in number and
    /// size, and what the kernel reads and writes must be allocated.
    pub(crate) unsafe fn launch(
        &self,
        function: Function,
        shape: Launch,
        stream: &Stream,
        parameters: &mut [*mut c_void],
    ) -> Result<(), Failure> {
        let ([bx, by, bz], [tx, ty, tz]) = (shape.blocks, shape.threads);
        let (list, extra) = (parameters.as_mut_ptr(), null_mut());
        let shared = shape.shared_bytes;
        call!(
            self,
            cuLaunchKernel(function.0, bx, by, bz, tx, ty, tz, shared, stream.0, list, extra)
        )
    }

    /// `cuStreamCreate`, one that does not wait for the default stream.
    pub(crate) fn create_stream(&self) -> Result<Stream, Failure> {
        const NON_BLOCKING: c_uint = 1;
        let mut stream = 0;
        call!(self, cuStreamCreate(&raw mut stream, NON_BLOCKING))?;
        Ok(Stream(stream))
    }

    /// `cuStreamSynchronize`.
    pub(crate) fn synchronize_stream(&self, stream: &Stream) -> Result<(), Failure> {
        call!(self, cuStreamSynchronize(stream.0))
    }

    /// `cuStreamDestroy_v2`.
    pub(crate) fn destroy_stream(&self, stream: Stream) -> Result<(), Failure> {
        call!(self, cuStreamDestroy_v2(stream.0))
    }

    /// `cuEventCreate`, with a time.
    pub(crate) fn create_event(&self) -> Result<Event, Failure> {
        let mut event = 0;
        call!(self, cuEventCreate(&raw mut event, 0))?;
        Ok(Event(event))
    }

    /// `cuEventRecord`.
    pub(crate) fn record(&self, event: &Event, stream: &Stream) -> Result<(), Failure> {
        call!(self, cuEventRecord(event.0, stream.0))
    }

    /// `cuEventQuery`: whether the stream has come past the mark.
    pub(crate) fn is_past(&self, event: &Event) -> Result<bool, Failure> {
        const NOT_READY: CallCode = CallCode(600);
        match call!(self, cuEventQuery(event.0)) {
            Ok(()) => Ok(true),
            Err(failure) if failure.code == NOT_READY => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// `cuEventSynchronize`.
    pub(crate) fn wait_for(&self, event: &Event) -> Result<(), Failure> {
        call!(self, cuEventSynchronize(event.0))
    }

    /// `cuEventElapsedTime`, in milliseconds.
    pub(crate) fn elapsed_ms(&self, start: &Event, end: &Event) -> Result<f32, Failure> {
        let mut milliseconds = f32::NAN;
        call!(self, cuEventElapsedTime(&raw mut milliseconds, start.0, end.0))?;
        Ok(milliseconds)
    }

    /// `cuEventDestroy_v2`.
    pub(crate) fn destroy_event(&self, event: Event) -> Result<(), Failure> {
        call!(self, cuEventDestroy_v2(event.0))
    }
}

/// The text before the first zero byte.
fn text(buffer: &[u8]) -> String {
    let end = buffer.iter().position(|byte| *byte == 0).unwrap_or(buffer.len());
    String::from_utf8_lossy(&buffer[..end]).into_owned()
}
