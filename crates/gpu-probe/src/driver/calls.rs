//! One method a driver call.
//!
//! A [`Context`] belongs to all threads; which one a thread uses is set by
//! [`Driver::set_current`], and memory, modules and launches need a current one.

use super::{Context, Device, DevicePointer, Driver, Failure, Function, Module};
use crate::CallCode;
use std::{
    ffi::{CStr, c_uint, c_void},
    ptr::null_mut,
};

/// The stream that is used where none is named.
const DEFAULT_STREAM: usize = 0;

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

    /// `cuMemcpyDtoH_v2`.
    pub(crate) fn copy_to_host(&self, to: &mut [u8], from: DevicePointer) -> Result<(), Failure> {
        call!(self, cuMemcpyDtoH_v2(to.as_mut_ptr().cast(), from.0, to.len()))
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

    /// `cuLaunchKernel`, in one dimension and on the default stream. `parameters` holds one pointer
    /// to each value that the kernel takes.
    ///
    /// # Safety
    /// The module of `function` must be loaded, `parameters` must match the kernel in number and
    /// size, and what the kernel reads and writes must be allocated.
    pub(crate) unsafe fn launch(
        &self,
        function: Function,
        blocks: u32,
        threads: u32,
        parameters: &mut [*mut c_void],
    ) -> Result<(), Failure> {
        let (list, extra) = (parameters.as_mut_ptr(), null_mut());
        call!(
            self,
            cuLaunchKernel(function.0, blocks, 1, 1, threads, 1, 1, 0, DEFAULT_STREAM, list, extra)
        )
    }
}

/// The text before the first zero byte.
fn text(buffer: &[u8]) -> String {
    let end = buffer.iter().position(|byte| *byte == 0).unwrap_or(buffer.len());
    String::from_utf8_lossy(&buffer[..end]).into_owned()
}
