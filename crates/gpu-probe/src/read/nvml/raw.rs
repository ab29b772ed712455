//! The calls of NVML that `nvml-wrapper` does not wrap, or wraps with a loss: enums that refuse
//! numbers they do not know.

#![expect(unsafe_code, reason = "calls NVML's C functions")]

use super::Answer;
use crate::{CallCode, FabricState, Memory, RemappedRows, ThrottleReason};
use nvml_wrapper::{
    Device,
    error::{NvmlError, nvml_sym, nvml_try},
    struct_wrappers::device::ProcessInfo,
};
use nvml_wrapper_sys::bindings::{
    nvmlGpuFabricInfo_t, nvmlGpuFabricInfo_v2_t, nvmlGridLicensableFeatures_t, nvmlMemory_t,
};

const MIB: u64 = 1024 * 1024;

/// Calls a function that writes one number.
macro_rules! number {
    ($device:expr, $name:ident) => {{
        let function = nvml_sym($device.nvml().lib().$name.as_ref())?;
        let mut value = 0;
        // SAFETY: the type is that of `nvml.h`; the handle is of this library, which is started.
        nvml_try(unsafe { function($device.handle(), &raw mut value) })?;
        value
    }};
}

/// Memory by the newer call, or by the older one where that fails, as under some WSL drivers.
pub(super) fn memory(device: &Device<'_>) -> Answer<Memory> {
    let in_mib = |total: u64, used: u64, free: u64| Memory {
        total_mib: total / MIB,
        used_mib: used / MIB,
        free_mib: free / MIB,
    };
    match device.memory_info() {
        Ok(info) => Ok(in_mib(info.total, info.used, info.free)),
        Err(error) => match older_memory(device) {
            Ok(info) => Ok(in_mib(info.total, info.used, info.free)),
            Err(_) => Err(error),
        },
    }
}

fn older_memory(device: &Device<'_>) -> Answer<nvmlMemory_t> {
    let function = nvml_sym(device.nvml().lib().nvmlDeviceGetMemoryInfo.as_ref())?;
    let mut memory = nvmlMemory_t { total: 0, free: 0, used: 0 };
    // SAFETY: as in `number`.
    nvml_try(unsafe { function(device.handle(), &raw mut memory) })?;
    Ok(memory)
}

pub(super) fn remapped_rows(device: &Device<'_>) -> Answer<RemappedRows> {
    let function = nvml_sym(device.nvml().lib().nvmlDeviceGetRemappedRows.as_ref())?;
    let (mut correctable, mut uncorrectable, mut pending, mut failed) = (0, 0, 0, 0);
    // SAFETY: as in `number`.
    nvml_try(unsafe {
        function(
            device.handle(),
            &raw mut correctable,
            &raw mut uncorrectable,
            &raw mut pending,
            &raw mut failed,
        )
    })?;
    let (pending, failed) = (pending != 0, failed != 0);
    Ok(RemappedRows { correctable, uncorrectable, pending, failed })
}

/// The processes that compute; drivers before R510 have only the older call.
pub(super) fn compute_processes(device: &Device<'_>) -> Answer<Vec<ProcessInfo>> {
    match device.running_compute_processes() {
        Err(NvmlError::FailedToLoadSymbol(_)) => device.running_compute_processes_v2(),
        answer => answer,
    }
}

/// The processes that draw, by the same two calls.
pub(super) fn graphics_processes(device: &Device<'_>) -> Answer<Vec<ProcessInfo>> {
    match device.running_graphics_processes() {
        Err(NvmlError::FailedToLoadSymbol(_)) => device.running_graphics_processes_v2(),
        answer => answer,
    }
}

pub(super) fn compute_mode(device: &Device<'_>) -> Answer<u32> {
    Ok(number!(device, nvmlDeviceGetComputeMode))
}

/// The performance state; NVML says 32 where it does not know it.
pub(super) fn performance_state(device: &Device<'_>) -> Answer<u32> {
    const UNKNOWN: u32 = 32;
    match number!(device, nvmlDeviceGetPerformanceState) {
        UNKNOWN => Err(NvmlError::NotSupported),
        state => Ok(state),
    }
}

pub(super) fn gpu_max_pcie_generation(device: &Device<'_>) -> Answer<u32> {
    Ok(number!(device, nvmlDeviceGetGpuMaxPcieLinkGeneration))
}

/// Why the clocks are held down, a bit a reason; by the name that drivers have long had, then by
/// the new one.
pub(crate) fn throttle_mask(device: &Device<'_>) -> Answer<u64> {
    if device.nvml().lib().nvmlDeviceGetCurrentClocksThrottleReasons.is_ok() {
        return Ok(number!(device, nvmlDeviceGetCurrentClocksThrottleReasons));
    }
    Ok(number!(device, nvmlDeviceGetCurrentClocksEventReasons))
}

/// The bits of a mask of throttle reasons.
pub(crate) fn throttle_reasons(mask: u64) -> Vec<ThrottleReason> {
    let set = (0..u64::BITS).filter(|bit| mask & (1 << bit) != 0);
    set.map(|bit| match bit {
        0 => ThrottleReason::GpuIdle,
        1 => ThrottleReason::ApplicationClocksSetting,
        2 => ThrottleReason::SoftwarePowerCap,
        3 => ThrottleReason::HardwareSlowdown,
        4 => ThrottleReason::SyncBoost,
        5 => ThrottleReason::SoftwareThermal,
        6 => ThrottleReason::HardwareThermal,
        7 => ThrottleReason::HardwarePowerBrake,
        8 => ThrottleReason::DisplayClockSetting,
        other => ThrottleReason::Other(other),
    })
    .collect()
}

/// The state of the fabric; `None` on a GPU that is on none.
pub(super) fn fabric(device: &Device<'_>) -> Answer<Option<FabricState>> {
    let (state, status) = match fabric_v2(device) {
        Ok(info) => (info.state, info.status),
        // Drivers before R550 have only the first form.
        Err(NvmlError::NotSupported) => return Err(NvmlError::NotSupported),
        Err(_) => fabric_v1(device).map(|info| (info.state, info.status))?,
    };
    let on_fabric = state != 0;
    Ok(on_fabric.then(|| FabricState { state: u32::from(state), status: CallCode(status) }))
}

fn fabric_v2(device: &Device<'_>) -> Answer<nvmlGpuFabricInfo_v2_t> {
    let function = nvml_sym(device.nvml().lib().nvmlDeviceGetGpuFabricInfoV.as_ref())?;
    let size = u32::try_from(size_of::<nvmlGpuFabricInfo_v2_t>()).unwrap_or(0);
    let mut info = nvmlGpuFabricInfo_v2_t {
        version: size | 2 << 24,
        clusterUuid: [0; 16],
        status: 0,
        cliqueId: 0,
        state: 0,
        healthMask: 0,
    };
    // SAFETY: as in `number`; the version says that the second form of the struct is handed in, so
    // the library writes no more than that.
    nvml_try(unsafe { function(device.handle(), (&raw mut info).cast()) })?;
    Ok(info)
}

fn fabric_v1(device: &Device<'_>) -> Answer<nvmlGpuFabricInfo_t> {
    let function = nvml_sym(device.nvml().lib().nvmlDeviceGetGpuFabricInfo.as_ref())?;
    let mut info = nvmlGpuFabricInfo_t { clusterUuid: [0; 16], status: 0, cliqueId: 0, state: 0 };
    // SAFETY: as in `number`.
    nvml_try(unsafe { function(device.handle(), &raw mut info) })?;
    Ok(info)
}

/// Whether this GPU is a vGPU that a hypervisor lends to this machine.
pub(super) fn is_vgpu_guest(device: &Device<'_>) -> Answer<bool> {
    const VGPU: u32 = 2;
    Ok(number!(device, nvmlDeviceGetVirtualizationMode) == VGPU)
}

/// Whether the vGPU's licence is held; `None` where it needs none.
pub(super) fn vgpu_licensed(device: &Device<'_>) -> Answer<Option<bool>> {
    let function = nvml_sym(device.nvml().lib().nvmlDeviceGetGridLicensableFeatures_v4.as_ref())?;
    // SAFETY: the struct is numbers and arrays of numbers, for which zero is a value.
    let mut features: nvmlGridLicensableFeatures_t = unsafe { std::mem::zeroed() };
    // SAFETY: as in `number`.
    nvml_try(unsafe { function(device.handle(), &raw mut features) })?;
    let count = usize::try_from(features.licensableFeaturesCount).unwrap_or(0);
    if features.isGridLicenseSupported == 0 || count == 0 {
        return Ok(None);
    }
    let mut listed = features.gridLicensableFeatures.iter().take(count);
    Ok(Some(listed.any(|feature| feature.featureState != 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_bits() {
        assert_eq!(throttle_reasons(0), []);
        assert_eq!(
            throttle_reasons(0b1_0010_0100 | 1 << 40),
            [
                ThrottleReason::SoftwarePowerCap,
                ThrottleReason::SoftwareThermal,
                ThrottleReason::DisplayClockSetting,
                ThrottleReason::Other(40)
            ]
        );
    }
}
