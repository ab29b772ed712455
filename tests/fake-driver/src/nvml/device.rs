//! NVML: what one GPU answers. What its profile does not list is not supported.

use super::{INSUFFICIENT_SIZE, INVALID_ARGUMENT, NOT_SUPPORTED, exports, is_mig, mig_handle};
use crate::{Answer, card::Card, handle, put, put_text};
use nvml_wrapper_sys::bindings::{
    nvmlMemory_t, nvmlMemory_v2_t, nvmlPciInfo_t, nvmlProcessInfo_v1_t, nvmlProcessInfo_v2_t,
    nvmlTemperature_v1_t, nvmlUtilization_t,
};
use std::ffi::{c_char, c_int, c_uint, c_ulonglong, c_void};

/// Writes the number under `key`.
pub(crate) fn number(card: &Card, key: &str, out: *mut c_uint) -> Answer {
    let value = card.number(key).ok_or(NOT_SUPPORTED)?;
    put(out, u32::try_from(value).map_err(|_| 999_u32)?, INVALID_ARGUMENT)
}

fn text(card: &Card, key: &str, out: *mut c_char, length: c_uint) -> Answer {
    put_text(out, length, card.text(key).ok_or(NOT_SUPPORTED)?, INSUFFICIENT_SIZE)
}

fn clock(card: &Card, prefix: &str, kind: c_uint, out: *mut c_uint) -> Answer {
    match kind {
        0 | 1 => number(card, &format!("{prefix}sm_clock"), out),
        2 => number(card, &format!("{prefix}memory_clock"), out),
        _ => Err(NOT_SUPPORTED),
    }
}

/// Bits of the reasons, from a number or names joined by `+`.
fn throttle_bits(card: &Card) -> Option<u64> {
    if let Some(bits) = card.now("throttle", "0") {
        return Some(bits);
    }
    let bit = |name: &str| match name {
        "gpu_idle" => 0x1,
        "app_clocks" => 0x2,
        "sw_power" => 0x4,
        "hw_slowdown" => 0x8,
        "sync_boost" => 0x10,
        "sw_thermal" => 0x20,
        "hw_thermal" => 0x40,
        "hw_power_brake" => 0x80,
        "display" => 0x100,
        _ => 0,
    };
    Some(card.text("throttle")?.split('+').map(bit).sum())
}

fn throttle(card: &Card, out: *mut c_ulonglong) -> Answer {
    put(out, throttle_bits(card).ok_or(NOT_SUPPORTED)?, INVALID_ARGUMENT)
}

/// The only process of a profile: `process=PID:MIB`.
fn process(card: &Card) -> Option<(u32, u64)> {
    let (pid, mib) = card.text("process")?.split_once(':')?;
    Some((pid.parse().ok()?, mib.parse::<u64>().ok()? << 20))
}

fn processes<T>(
    card: &Card,
    count: *mut c_uint,
    out: *mut T,
    make: impl FnOnce(u32, u64) -> T,
) -> Answer {
    card.text("processes").ok_or(NOT_SUPPORTED)?;
    let Some((pid, bytes)) = process(card) else { return put(count, 0, INVALID_ARGUMENT) };
    // SAFETY: `put` below would refuse a null pointer; a caller owns what it points to.
    let room = if count.is_null() { 0 } else { unsafe { count.read() } };
    put(count, 1, INVALID_ARGUMENT)?;
    if room == 0 { Err(INSUFFICIENT_SIZE) } else { put(out, make(pid, bytes), INVALID_ARGUMENT) }
}

fn process_v2(pid: u32, bytes: u64) -> nvmlProcessInfo_v2_t {
    nvmlProcessInfo_v2_t {
        pid,
        usedGpuMemory: bytes,
        gpuInstanceId: u32::MAX,
        computeInstanceId: u32::MAX,
    }
}

fn no_processes(card: &Card, count: *mut c_uint) -> Answer {
    card.text("processes").ok_or(NOT_SUPPORTED)?;
    put(count, 0, INVALID_ARGUMENT)
}

/// Total, reserved and used bytes.
fn memory(card: &Card) -> Result<[u64; 3], u32> {
    let of = |key| card.number(key).map(|mib| mib << 20);
    let total = of("memory_mib").ok_or(NOT_SUPPORTED)?;
    let held = process(card).map_or(0, |(_, bytes)| bytes);
    Ok([total, of("reserved_mib").unwrap_or(0), of("used_mib").unwrap_or(0) + held])
}

fn pci_text<const N: usize>(text: &str) -> [c_char; N] {
    let mut bytes = text.bytes();
    std::array::from_fn(|_| c_char::from_ne_bytes([bytes.next().unwrap_or(0)]))
}

exports! {
    fn nvmlDeviceGetIndex(card, out: *mut c_uint) { put(out, card.index, INVALID_ARGUMENT) }
    fn nvmlDeviceGetMinorNumber(card, out: *mut c_uint) { put(out, card.index, INVALID_ARGUMENT) }
    fn nvmlDeviceGetName(card, out: *mut c_char, length: c_uint) { text(card, "name", out, length) }
    fn nvmlDeviceGetUUID(card, out: *mut c_char, length: c_uint) { text(card, "uuid", out, length) }
    fn nvmlDeviceGetSerial(card, out: *mut c_char, length: c_uint) {
        text(card, "serial", out, length)
    }
    fn nvmlDeviceGetVbiosVersion(card, out: *mut c_char, length: c_uint) {
        text(card, "vbios", out, length)
    }
    fn nvmlDeviceGetBrand(card, out: *mut c_uint) { number(card, "brand", out) }
    fn nvmlDeviceGetArchitecture(card, out: *mut c_uint) { number(card, "architecture", out) }
    fn nvmlDeviceGetNumGpuCores(card, out: *mut c_uint) { number(card, "cores", out) }
    fn nvmlDeviceGetMemoryBusWidth(card, out: *mut c_uint) { number(card, "bus_bits", out) }
    fn nvmlDeviceGetCudaComputeCapability(card, major: *mut c_int, minor: *mut c_int) {
        let (first, second) = card.capability().ok_or(NOT_SUPPORTED)?;
        put(major, first.cast_signed(), INVALID_ARGUMENT)?;
        put(minor, second.cast_signed(), INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetPciInfo_v3(card, out: *mut nvmlPciInfo_t) {
        let bus = card.bus().ok_or(NOT_SUPPORTED)?;
        let id = |key| card.number(key).and_then(|id| u32::try_from(id).ok()).unwrap_or(0);
        put(out, nvmlPciInfo_t {
            busIdLegacy: pci_text(&format!("0000:{bus:02X}:00.0")),
            domain: 0,
            bus,
            device: 0,
            pciDeviceId: id("pci_device_id"),
            pciSubSystemId: id("pci_subsystem_id"),
            busId: pci_text(&format!("00000000:{bus:02X}:00.0")),
        }, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetMemoryInfo(card, out: *mut nvmlMemory_t) {
        let [total, reserved, used] = memory(card)?;
        let used = used + reserved;
        put(out, nvmlMemory_t { total, free: total - used, used }, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetMemoryInfo_v2(card, out: *mut nvmlMemory_v2_t) {
        let [total, reserved, used] = memory(card)?;
        let free = total - used - reserved;
        let version = 0x0200_0028;
        put(out, nvmlMemory_v2_t { version, total, reserved, free, used }, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetEccMode(card, now: *mut c_uint, pending: *mut c_uint) {
        number(card, "ecc", now)?;
        number(card, "ecc_pending", pending)
    }
    fn nvmlDeviceGetTotalEccErrors(
        card, kind: c_uint, _counter: c_uint, out: *mut c_ulonglong,
    ) {
        let key = if kind == 0 { "ecc_corrected" } else { "ecc_uncorrected" };
        put(out, card.number(key).ok_or(NOT_SUPPORTED)?, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetMemoryErrorCounter(
        card, kind: c_uint, _counter: c_uint, _place: c_uint, out: *mut c_ulonglong,
    ) {
        let key = if kind == 0 { "ecc_corrected" } else { "ecc_uncorrected" };
        put(out, card.number(key).ok_or(NOT_SUPPORTED)?, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetRemappedRows(
        card, correctable: *mut c_uint, uncorrectable: *mut c_uint, pending: *mut c_uint,
        failed: *mut c_uint,
    ) {
        number(card, "remap_correctable", correctable)?;
        number(card, "remap_uncorrectable", uncorrectable)?;
        number(card, "remap_pending", pending)?;
        number(card, "remap_failed", failed)
    }
    fn nvmlDeviceGetRetiredPagesPendingStatus(card, out: *mut c_uint) {
        number(card, "retired_pending", out)
    }
    fn nvmlDeviceGetClockInfo(card, kind: c_uint, out: *mut c_uint) { clock(card, "", kind, out) }
    fn nvmlDeviceGetMaxClockInfo(card, kind: c_uint, out: *mut c_uint) {
        clock(card, "max_", kind, out)
    }
    fn nvmlDeviceGetCurrentClocksThrottleReasons(card, out: *mut c_ulonglong) {
        throttle(card, out)
    }
    fn nvmlDeviceGetCurrentClocksEventReasons(card, out: *mut c_ulonglong) { throttle(card, out) }
    fn nvmlDeviceGetPowerUsage(card, out: *mut c_uint) { number(card, "power", out) }
    fn nvmlDeviceGetPowerManagementLimit(card, out: *mut c_uint) {
        number(card, "power_limit", out)
    }
    fn nvmlDeviceGetEnforcedPowerLimit(card, out: *mut c_uint) { number(card, "power_limit", out) }
    fn nvmlDeviceGetPowerManagementDefaultLimit(card, out: *mut c_uint) {
        number(card, "power_default", out)
    }
    fn nvmlDeviceGetTemperature(card, _sensor: c_uint, out: *mut c_uint) {
        number(card, "temperature", out)
    }
    fn nvmlDeviceGetTemperatureV(card, out: *mut nvmlTemperature_v1_t) {
        let value = card.number("temperature").ok_or(NOT_SUPPORTED)?;
        let temperature = i32::try_from(value).map_err(|_| 999_u32)?;
        let version = 0x0100_000C;
        put(out, nvmlTemperature_v1_t { version, sensorType: 0, temperature }, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetTemperatureThreshold(card, kind: c_uint, out: *mut c_uint) {
        match kind {
            0 => number(card, "shutdown_temperature", out),
            1 => number(card, "slowdown_temperature", out),
            _ => Err(NOT_SUPPORTED),
        }
    }
    fn nvmlDeviceGetPersistenceMode(card, out: *mut c_uint) { number(card, "persistence", out) }
    fn nvmlDeviceGetComputeMode(card, out: *mut c_uint) { number(card, "compute_mode", out) }
    fn nvmlDeviceGetPerformanceState(card, out: *mut c_uint) { number(card, "pstate", out) }
    fn nvmlDeviceGetPowerState(card, out: *mut c_uint) { number(card, "pstate", out) }
    fn nvmlDeviceGetVirtualizationMode(card, out: *mut c_uint) {
        number(card, "virtualization", out)
    }
    fn nvmlDeviceGetUtilizationRates(card, out: *mut nvmlUtilization_t) {
        let value = card.number("utilization").ok_or(NOT_SUPPORTED)?;
        let gpu = u32::try_from(value).map_err(|_| 999_u32)?;
        put(out, nvmlUtilization_t { gpu, memory: 0 }, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetMigMode(card, now: *mut c_uint, pending: *mut c_uint) {
        number(card, "mig", now)?;
        number(card, "mig", pending)
    }
    fn nvmlDeviceGetMaxMigDeviceCount(card, out: *mut c_uint) {
        put(out, if card.number("mig").is_some() { 7 } else { 0 }, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetMigDeviceHandleByIndex(card, instance: c_uint, out: *mut *mut c_void) {
        card.number("mig").ok_or(NOT_SUPPORTED)?;
        put(out, mig_handle(card, instance)?, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetDeviceHandleFromMigDeviceHandle(card, out: *mut *mut c_void) {
        put(out, handle(card.index), INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetComputeRunningProcesses(
        card, count: *mut c_uint, out: *mut nvmlProcessInfo_v1_t,
    ) {
        processes(card, count, out, |pid, usedGpuMemory| {
            nvmlProcessInfo_v1_t { pid, usedGpuMemory }
        })
    }
    fn nvmlDeviceGetComputeRunningProcesses_v2(
        card, count: *mut c_uint, out: *mut nvmlProcessInfo_v2_t,
    ) {
        processes(card, count, out, process_v2)
    }
    fn nvmlDeviceGetComputeRunningProcesses_v3(
        card, count: *mut c_uint, out: *mut nvmlProcessInfo_v2_t,
    ) {
        processes(card, count, out, process_v2)
    }
    fn nvmlDeviceGetGraphicsRunningProcesses(card, count: *mut c_uint, _out: *mut c_void) {
        no_processes(card, count)
    }
    fn nvmlDeviceGetGraphicsRunningProcesses_v2(card, count: *mut c_uint, _out: *mut c_void) {
        no_processes(card, count)
    }
    fn nvmlDeviceGetGraphicsRunningProcesses_v3(card, count: *mut c_uint, _out: *mut c_void) {
        no_processes(card, count)
    }
    fn nvmlDeviceGetMPSComputeRunningProcesses_v3(card, count: *mut c_uint, _out: *mut c_void) {
        no_processes(card, count)
    }
    fn nvmlDeviceGetNumFans(card, out: *mut c_uint) { number(card, "fans", out) }
    fn nvmlDeviceGetTotalEnergyConsumption(card, out: *mut c_ulonglong) {
        put(out, card.number("energy").ok_or(NOT_SUPPORTED)?, INVALID_ARGUMENT)
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmlDeviceIsMigDeviceHandle(
    device: *mut c_void,
    out: *mut c_uint,
) -> u32 {
    super::on_card("nvmlDeviceIsMigDeviceHandle", device, |_| {
        put(out, u32::from(is_mig(device)), INVALID_ARGUMENT)
    })
}
