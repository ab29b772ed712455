//! Whose a code is: the one check that reports a code of NVML or CUDA.

use super::{
    MPS_CODES, cuda, cuda_failure, cuda_returned, cuda_works, dead_uvm_node, has_usual_driver,
    hides_every_device, in_container, in_wsl, is_mig_without_instances, lost_by_container,
    mapped_cuda, nvml, nvml_failure, nvml_gpus, nvml_works, restricted_gpus,
};
use crate::{FabricState, Facts, NvmlGpu};

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

/// Whether `nvidia_uvm` of the open module runs with heterogeneous memory management.
fn heterogeneous_memory_is_on(facts: &Facts) -> bool {
    let open = facts.kernel_module.loaded.found().and_then(|loaded| loaded.open.found());
    open == Some(&true) && facts.kernel_module.parameters.uvm_disable_hmm.found() == Some(&false)
}

/// Whether the machine is one that sleeps, and does not keep the GPU's memory while it does.
fn uvm_lost_after_sleep(facts: &Facts) -> bool {
    nvml_works(facts)
        && !in_container(facts)
        && facts.host.machine.laptop.found() == Some(&true)
        && facts.kernel_module.parameters.preserve_video_memory.found() == Some(&false)
}

/// The state of the first fabric that is not ready.
pub(crate) fn unready_fabric(facts: &Facts) -> Option<&FabricState> {
    let unready = |fabric: &&FabricState| match fabric.state {
        1 | 2 => true,
        3 => !fabric.status.is_success(),
        _ => false,
    };
    nvml_gpus(facts).iter().filter_map(|gpu| gpu.fabric.found()).find(unready)
}

/// Whether the fabric keeps CUDA from starting, whatever code CUDA returned.
pub(crate) fn fabric_stops_cuda(facts: &Facts) -> bool {
    let told = cuda_returned(facts, 802);
    let stuck = unready_fabric(facts).is_some() && cuda(facts).is_some();
    told || stuck && cuda_claim(facts).is_none() && !cuda_works(facts)
}
