//! What several checks ask the facts: is there a GPU, does the driver work, whose is this code.
//!
//! A code of NVML or CUDA belongs to one check at most: [`nvml_claim`] and [`cuda_claim`] say to
//! which. A code that nobody claims is reported by `gpu/nvml-failed` or `gpu/cuda-init-failed`.

use crate::{
    CallCode, Cuda, DeviceNode, Facts, KernelRun, LibraryKind, NodeAccess, Nvml, NvmlGpu, PciGpu,
    Place, Reading, SmokeGpu,
};

/// The lowest and highest code of the multi-process service.
const MPS_CODES: std::ops::RangeInclusive<u32> = 805..=810;

/// Whether this is a WSL guest, whose driver is Windows' own.
pub(crate) fn in_wsl(facts: &Facts) -> bool {
    facts.host.machine.wsl.found().is_some()
}

/// Whether this is a container, whose kernel is the host's.
pub(crate) fn in_container(facts: &Facts) -> bool {
    facts.host.machine.container.found().is_some()
}

/// Whether this is certainly not a container.
pub(crate) fn certainly_on_host(facts: &Facts) -> bool {
    facts.host.machine.container.is_absent()
}

/// Whether the driver is the usual one: a module `nvidia` with nodes `/dev/nvidia*`.
pub(crate) fn has_usual_driver(facts: &Facts) -> bool {
    !in_wsl(facts) && facts.host.machine.tegra.found().is_none()
}

/// The NVIDIA GPUs on the bus; none where the bus could not be read.
pub(crate) fn pci_gpus(facts: &Facts) -> &[PciGpu] {
    facts.pci.found().map_or(&[], Vec::as_slice)
}

/// The addresses of the GPUs on the bus that `driver` holds.
pub(crate) fn held_by(facts: &Facts, driver: &str) -> Vec<String> {
    let held = |gpu: &&PciGpu| gpu.driver.found().is_some_and(|name| name == driver);
    pci_gpus(facts).iter().filter(held).map(|gpu| gpu.address.clone()).collect()
}

/// Whether a GPU is or may be there: false only where everything was looked at and none was seen.
pub(crate) fn may_have_gpu(facts: &Facts) -> bool {
    let bus_is_empty = facts.pci.found().is_some_and(Vec::is_empty);
    let seen_by_driver = nvml(facts).is_some_and(|nvml| !nvml.gpus.is_empty())
        || cuda(facts).is_some_and(|cuda| !cuda.devices.is_empty());
    !has_usual_driver(facts) || !bus_is_empty || seen_by_driver
}

/// Whether a GPU is on the bus and the module `nvidia` is certainly not loaded.
pub(crate) fn module_is_gone(facts: &Facts) -> bool {
    has_usual_driver(facts) && facts.kernel_module.loaded.is_absent() && !pci_gpus(facts).is_empty()
}

/// Whether nothing of NVIDIA's driver is on this machine: no module and no library.
pub(crate) fn nothing_is_installed(facts: &Facts) -> bool {
    let module = &facts.kernel_module;
    let nothing_on_disk = module.on_disk.found().is_some_and(Vec::is_empty);
    let nothing_in_dkms = match &module.dkms {
        Reading::Found(known) => known.is_empty(),
        Reading::Absent => true,
        Reading::Unknown(_) => false,
    };
    let libraries = &facts.driver_libraries;
    let stub = |copy: &crate::LibraryCopy| copy.kind == LibraryKind::Stub;
    let no_library = libraries.cuda.iter().chain(&libraries.nvml).all(stub);
    module_is_gone(facts)
        && certainly_on_host(facts)
        && nothing_on_disk
        && nothing_in_dkms
        && no_library
}

/// NVML's answers.
pub(crate) fn nvml(facts: &Facts) -> Option<&Nvml> {
    facts.nvml.answered()
}

/// The CUDA driver's answers.
pub(crate) fn cuda(facts: &Facts) -> Option<&Cuda> {
    facts.cuda.answered()
}

/// Whether NVML was started without an error.
pub(crate) fn nvml_works(facts: &Facts) -> bool {
    nvml(facts).and_then(|nvml| nvml.init.found()).is_some_and(|code| code.is_success())
}

/// Whether CUDA was started without an error and shows a device.
pub(crate) fn cuda_works(facts: &Facts) -> bool {
    cuda(facts).is_some_and(|cuda| {
        let fine = |code: &Reading<CallCode>| code.found().is_some_and(|code| code.is_success());
        fine(&cuda.init) && fine(&cuda.count) && !cuda.devices.is_empty()
    })
}

/// What `nvmlInit_v2` returned, where it failed.
pub(crate) fn nvml_failure(facts: &Facts) -> Option<CallCode> {
    nvml(facts)?.init.found().copied().filter(|code| !code.is_success())
}

/// The first call of the CUDA driver that failed, and what it returned.
pub(crate) fn cuda_failure(facts: &Facts) -> Option<(&'static str, CallCode)> {
    let cuda = cuda(facts)?;
    let failed = |code: &Reading<CallCode>| code.found().copied().filter(|code| !code.is_success());
    let init = failed(&cuda.init).map(|code| ("cuInit", code));
    init.or_else(|| failed(&cuda.count).map(|code| ("cuDeviceGetCount", code)))
}

/// The smoke test of each GPU.
pub(crate) fn smoke_gpus(facts: &Facts) -> &[SmokeGpu] {
    let smoke = facts.smoke.as_ref().and_then(|smoke| smoke.answered());
    smoke.map_or(&[], |smoke| smoke.gpus.as_slice())
}

/// The code with which a kernel of this GPU failed, where a call failed.
pub(crate) fn smoke_failures(gpu: &SmokeGpu) -> impl Iterator<Item = CallCode> + '_ {
    [&gpu.cubin, &gpu.ptx].into_iter().filter_map(|run| match run.found() {
        Some(KernelRun::Failed { code, .. }) => Some(*code),
        Some(KernelRun::Correct { .. } | KernelRun::Wrong { .. }) | None => None,
    })
}

/// Whether CUDA or a kernel of the smoke test returned `code`.
pub(crate) fn cuda_returned(facts: &Facts, code: u32) -> bool {
    cuda_failure(facts).is_some_and(|(_, failure)| failure.0 == code)
        || smoke_gpus(facts).iter().flat_map(smoke_failures).any(|failure| failure.0 == code)
}

/// The nodes whose opening failed with one of `errnos`.
pub(crate) fn refused_nodes<'a>(
    facts: &'a Facts,
    errnos: &'a [&'a str],
) -> impl Iterator<Item = (&'a DeviceNode, &'a str)> {
    let nodes = facts.device_nodes.found().map_or(&[][..], Vec::as_slice);
    nodes.iter().filter_map(move |node| match &node.access {
        NodeAccess::Refused(errno) if errnos.contains(&errno.as_str()) => {
            Some((node, errno.as_str()))
        }
        NodeAccess::Refused(_) | NodeAccess::Opened | NodeAccess::NotTried(_) => None,
    })
}

/// Whether a node is there; `None` where the nodes could not be looked at.
pub(crate) fn node_exists(facts: &Facts, is_it: impl Fn(&str) -> bool) -> Option<bool> {
    let gone = |node: &DeviceNode| node.access == NodeAccess::Refused("ENOENT".to_owned());
    let nodes = facts.device_nodes.found()?;
    Some(nodes.iter().any(|node| is_it(&node.path) && !gone(node)))
}

/// Whether `path` is the node of one GPU, such as `/dev/nvidia0`.
pub(crate) fn is_gpu_node(path: &str) -> bool {
    path.strip_prefix("/dev/nvidia").is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The library that was mapped as `libcuda`.
pub(crate) fn mapped_cuda(facts: &Facts) -> Option<&str> {
    cuda(facts)?.library.found().map(|library| library.path.as_str())
}

/// The name by which a person knows an NVML GPU: its PCI address, or `GPU 3`.
///
/// A lost GPU does not tell its address. Where exactly one address of the bus is left over, it is
/// that one.
pub(crate) fn gpu_id(facts: &Facts, gpu: &NvmlGpu) -> String {
    if let Some(address) = gpu.pci_address.found() {
        return address.clone();
    }
    let all = nvml(facts).map_or(&[][..], |nvml| nvml.gpus.as_slice());
    let nameless = all.iter().filter(|gpu| gpu.pci_address.found().is_none()).count();
    match missing_addresses(facts).as_slice() {
        [only] if nameless == 1 => only.clone(),
        _ => format!("GPU {}", gpu.index),
    }
}

/// The addresses on the bus that no GPU of NVML names.
pub(crate) fn missing_addresses(facts: &Facts) -> Vec<String> {
    let Some(nvml) = nvml(facts) else { return Vec::new() };
    let known: Vec<&String> = nvml.gpus.iter().filter_map(|gpu| gpu.pci_address.found()).collect();
    let addresses = pci_gpus(facts).iter().map(|gpu| &gpu.address);
    addresses.filter(|address| !known.contains(address)).cloned().collect()
}

/// Where a problem of these GPUs is: at the one, or at the machine.
pub(crate) fn place_of(gpus: &[String]) -> Place {
    match gpus {
        [gpu] => Place::Gpu { gpu: gpu.clone(), name: None },
        _ => Place::Machine,
    }
}

/// `GPU 0000:18:00.0`, or `2 GPUs (0000:18:00.0, 0000:2a:00.0)`, at most four of them by name.
pub(crate) fn list_gpus(gpus: &[String]) -> String {
    match gpus {
        [gpu] => gpu_words(gpu),
        [] | [_, _, _, _, _, ..] => format!("{} GPUs", gpus.len()),
        _ => format!("{} GPUs ({})", gpus.len(), gpus.join(", ")),
    }
}

/// `GPU 0000:18:00.0`, also for a name that begins with `GPU`.
pub(crate) fn gpu_words(gpu: &str) -> String {
    if gpu.starts_with("GPU") { gpu.to_owned() } else { format!("GPU {gpu}") }
}

/// `803 (CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)`, or the number alone.
pub(crate) fn code_words(code: CallCode, name: Option<&str>) -> String {
    name.map_or_else(|| format!("code {code}"), |name| format!("code {code} ({name})"))
}

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
    let gpus = nvml(facts).map_or(&[][..], |nvml| nvml.gpus.as_slice());
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
    let broken = code == 999 && (uvm_node_is_dead(facts) || uvm_lost_after_sleep(facts));
    broken.then_some("gpu/uvm-broken")
}

/// Whether `nvidia_uvm` of the open module runs with heterogeneous memory management.
pub(crate) fn heterogeneous_memory_is_on(facts: &Facts) -> bool {
    let open = facts.kernel_module.loaded.found().and_then(|loaded| loaded.open.found());
    open == Some(&true) && facts.kernel_module.parameters.uvm_disable_hmm.found() == Some(&false)
}

/// What `open(2)` gives where the driver or the GPU behind a node is gone.
pub(crate) const DEAD: &[&str] = &["EIO", "ENODEV", "ENXIO"];

/// Whether the node of `nvidia_uvm` is there and dead.
pub(crate) fn uvm_node_is_dead(facts: &Facts) -> bool {
    refused_nodes(facts, DEAD).any(|(node, _)| node.path.starts_with("/dev/nvidia-uvm"))
}

/// Whether the machine is one that sleeps, and does not keep the GPU's memory while it does.
fn uvm_lost_after_sleep(facts: &Facts) -> bool {
    nvml_works(facts)
        && !in_container(facts)
        && facts.host.machine.laptop.found() == Some(&true)
        && facts.kernel_module.parameters.preserve_video_memory.found() == Some(&false)
}

/// Whether this container could use its GPU and has lost the right to.
pub(crate) fn lost_by_container(facts: &Facts) -> bool {
    let refused = refused_nodes(facts, &["EPERM"]).next().is_some();
    let unseen = facts.device_nodes.unknown().is_some()
        && nvml_failure(facts).is_some_and(|code| code.0 == 999);
    in_container(facts) && (refused || unseen)
}

/// The GPUs whose compute mode lets no or one program in.
pub(crate) fn restricted_gpus(facts: &Facts) -> Vec<&NvmlGpu> {
    let gpus = nvml(facts).map_or(&[][..], |nvml| nvml.gpus.as_slice());
    gpus.iter().filter(|gpu| gpu.compute_mode.found().is_some_and(|mode| *mode != 0)).collect()
}

/// Whether MIG is on and no instance was made, so that CUDA cannot use the GPU.
pub(crate) fn is_mig_without_instances(gpu: &NvmlGpu) -> bool {
    gpu.mig_enabled.found() == Some(&true) && gpu.mig_devices.found() == Some(&0)
}

fn hides_every_device(facts: &Facts) -> bool {
    crate::VisibleDevicesInvalid::hides_all(facts)
}

/// Whether the container was told to have no CUDA, so that it has no `libcuda`.
pub(crate) fn capabilities_lack_compute(facts: &Facts) -> bool {
    let capabilities = facts.environment.get("NVIDIA_DRIVER_CAPABILITIES");
    in_container(facts)
        && capabilities.is_some_and(|text| {
            !text.is_empty()
                && text.split(',').all(|word| !["all", "compute"].contains(&word.trim()))
        })
}
