//! NVML: PCIe, NVLink, fabric, vGPU licence.

use super::{INVALID_ARGUMENT, NOT_SUPPORTED, device::number, exports};
use crate::put;
use nvml_wrapper_sys::bindings::{
    nvmlGpuFabricInfo_t, nvmlGpuFabricInfo_v2_t, nvmlGridLicensableFeatures_t,
};
use std::ffi::c_uint;

exports! {
    fn nvmlDeviceGetCurrPcieLinkGeneration(card, out: *mut c_uint) {
        let now = card.now("pcie_gen_current", "pcie_gen_max").ok_or(NOT_SUPPORTED)?;
        put(out, u32::try_from(now).map_err(|_| 999_u32)?, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetCurrPcieLinkWidth(card, out: *mut c_uint) {
        number(card, "pcie_width_current", out)
    }
    fn nvmlDeviceGetMaxPcieLinkGeneration(card, out: *mut c_uint) {
        number(card, "pcie_gen_max", out)
    }
    fn nvmlDeviceGetGpuMaxPcieLinkGeneration(card, out: *mut c_uint) {
        number(card, "pcie_gen_gpu", out)
    }
    fn nvmlDeviceGetMaxPcieLinkWidth(card, out: *mut c_uint) {
        number(card, "pcie_width_max", out)
    }
    fn nvmlDeviceGetPcieReplayCounter(card, out: *mut c_uint) { number(card, "pcie_replays", out) }
    fn nvmlDeviceGetNvLinkState(card, link: c_uint, out: *mut c_uint) {
        let links = card.number("nvlinks").ok_or(NOT_SUPPORTED)?;
        if u64::from(link) >= links {
            return Err(INVALID_ARGUMENT);
        }
        let on = card.number("nvlinks_on").unwrap_or(links);
        put(out, u32::from(u64::from(link) < on), INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetGpuFabricInfo(card, out: *mut nvmlGpuFabricInfo_t) {
        let of = |key| card.number(key).and_then(|n| u32::try_from(n).ok()).ok_or(NOT_SUPPORTED);
        put(out, nvmlGpuFabricInfo_t {
            clusterUuid: [0; 16],
            status: of("fabric_status")?,
            cliqueId: 0,
            state: u8::try_from(of("fabric_state")?).map_err(|_| 999_u32)?,
        }, INVALID_ARGUMENT)
    }
    // The caller names the version; the third has one byte more than the second, left as it is.
    fn nvmlDeviceGetGpuFabricInfoV(card, out: *mut nvmlGpuFabricInfo_v2_t) {
        let of = |key| card.number(key).and_then(|n| u32::try_from(n).ok()).ok_or(NOT_SUPPORTED);
        if out.is_null() {
            return Err(INVALID_ARGUMENT);
        }
        // SAFETY: not null; every version of the struct begins with its version.
        let version = unsafe { out.cast::<u32>().read() };
        put(out, nvmlGpuFabricInfo_v2_t {
            version,
            clusterUuid: [0; 16],
            status: of("fabric_status")?,
            cliqueId: 0,
            state: u8::try_from(of("fabric_state")?).map_err(|_| 999_u32)?,
            healthMask: 0,
        }, INVALID_ARGUMENT)
    }
    fn nvmlDeviceGetGridLicensableFeatures_v4(card, out: *mut nvmlGridLicensableFeatures_t) {
        let licensed = card.number("vgpu_licensed").ok_or(NOT_SUPPORTED)?;
        if out.is_null() {
            return Err(INVALID_ARGUMENT);
        }
        // SAFETY: the struct is plain numbers and arrays of them, for which all zeros are valid.
        let mut features: nvmlGridLicensableFeatures_t = unsafe { std::mem::zeroed() };
        features.isGridLicenseSupported = 1;
        features.licensableFeaturesCount = 1;
        features.gridLicensableFeatures[0].featureState = u32::from(licensed != 0);
        features.gridLicensableFeatures[0].featureEnabled = u32::from(licensed != 0);
        put(out, features, INVALID_ARGUMENT)
    }
}
