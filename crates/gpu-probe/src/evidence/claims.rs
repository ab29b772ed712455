//! Whose a code is: the one check that reports a code of NVML or CUDA.

use super::*;

/// The check to which the code of a failed `nvmlInit_v2` belongs.
pub(crate) fn nvml_claim(facts: &Facts) -> Option<&'static str> {
    let code = nvml_failure(facts)?;
    let stub = nvml(facts)?.library.found().is_some_and(|path| path.contains("/stubs/"));
    match code.0 {
        _ if stub => Some("gpu/stub-library-loaded"),
        15 => Some("gpu/gpu-lost"),
        16 => Some("gpu/gpu-needs-reset"),
        17 if in_wsl(facts) => Some("gpu/wsl-access-blocked"),
        18 => Some("gpu/driver-version-mismatch"),
        999 if lost_by_container(facts) => Some("gpu/container-lost-gpu"),
        _ => None,
    }
}

/// The check to which the code of CUDA's first failed call belongs.
pub(crate) fn cuda_claim(facts: &Facts) -> Option<&'static str> {
    let (call, code) = cuda_failure(facts)?;
    let compat = mapped_cuda(facts).is_some_and(|path| path.contains("/compat/"));
    let stub = mapped_cuda(facts).is_some_and(|path| path.contains("/stubs/"));
    match code.0 {
        34 => Some("gpu/stub-library-loaded"),
        _ if stub => Some("gpu/stub-library-loaded"),
        35 | 36 if call == "cuInit" => Some("gpu/driver-too-old-for-cuda"),
        46 if restricted_gpus(facts).is_empty() => Some("gpu/device-busy"),
        46 => Some("gpu/compute-mode-prohibited"),
        100 => no_device_claim(facts),
        102 => Some("gpu/vgpu-unlicensed"),
        802 => Some("gpu/fabric-not-ready"),
        803 if !compat => Some("gpu/driver-version-mismatch"),
        803 | 804 => Some("gpu/compat-library-loaded"),
        code if MPS_CODES.contains(&code) => Some("gpu/mps-unreachable"),
        3 | 304 | 999 => init_claim(facts, code.0),
        _ => None,
    }
}

/// Why CUDA sees no device, where the facts say it.
fn no_device_claim(facts: &Facts) -> Option<&'static str> {
    let gpus = nvml_gpus(facts);
    let all = |is_so: fn(&NvmlGpu) -> bool| !gpus.is_empty() && gpus.iter().all(is_so);
    if hides_every_device(facts) {
        Some("gpu/visible-devices-invalid")
    } else if all(is_mig_without_instances) {
        Some("gpu/mig-without-instances")
    } else if all(|gpu| gpu.compute_mode.found() == Some(&2)) {
        Some("gpu/compute-mode-prohibited")
    } else {
        None
    }
}

/// Why CUDA could not be started, where the facts say it.
fn init_claim(facts: &Facts, code: u32) -> Option<&'static str> {
    if !has_usual_driver(facts) || facts.kernel_module.loaded.found().is_none() {
        return None;
    }
    // NVML needs neither `nvidia_uvm` nor HMM: where it fails too, the cause lies below them.
    let below = nvml_failure(facts).is_some();
    if !below && facts.kernel_module.uvm_loaded.found() == Some(&false) {
        return Some("gpu/uvm-not-loaded");
    }
    if !below && code == 3 && heterogeneous_memory_is_on(facts) {
        return Some("gpu/hmm-breaks-init");
    }
    let broken = code == 999 && (dead_uvm_node(facts).is_some() || uvm_lost_after_sleep(facts));
    broken.then_some("gpu/uvm-broken")
}

fn hides_every_device(facts: &Facts) -> bool {
    crate::VisibleDevicesInvalid::hides_all(facts)
}
