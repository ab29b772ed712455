//! What several checks ask the facts: is there a GPU, does the driver work, whose is this code.
//!
//! A code of NVML or CUDA belongs to one check at most: [`nvml_claim`] and [`cuda_claim`] say to
//! which. A code that nobody claims is reported by `gpu/nvml-failed` or `gpu/cuda-init-failed`.

use crate::{
    CallCode, Cuda, DeviceNode, Facts, KernelRun, LibraryKind, NodeAccess, Nvml, NvmlGpu, PciGpu,
    Place, Reading, SmokeGpu,
};

mod claims;
mod gpus;

pub(crate) use claims::{cuda_claim, nvml_claim};
pub(crate) use gpus::{
    gpu_id, gpu_words, list_gpus, missing_addresses, nvml_place, place_of, smoke_place,
};

/// The codes of the multi-process service.
pub(crate) const MPS_CODES: std::ops::RangeInclusive<u32> = 805..=810;

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
    !has_usual_driver(facts) || !bus_is_empty || has_gpu(facts)
}

/// Whether anything shows that this machine has an NVIDIA GPU.
pub(crate) fn has_gpu(facts: &Facts) -> bool {
    !pci_gpus(facts).is_empty()
        || !nvml_gpus(facts).is_empty()
        || cuda(facts).is_some_and(|cuda| !cuda.devices.is_empty())
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
    // Stubs and compatibility libraries come with a toolkit.
    let of_toolkit =
        |copy: &crate::LibraryCopy| matches!(copy.kind, LibraryKind::Stub | LibraryKind::Compat);
    let no_library = libraries.cuda.iter().chain(&libraries.nvml).all(of_toolkit);
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

/// The GPUs that NVML shows; none where it did not answer.
pub(crate) fn nvml_gpus(facts: &Facts) -> &[NvmlGpu] {
    nvml(facts).map_or(&[], |nvml| nvml.gpus.as_slice())
}

/// Whether NVML says this of one GPU, by the code of opening it or of a question about it.
///
/// A lost GPU can often still be opened; then every question gives the code.
pub(crate) fn nvml_says(gpu: &NvmlGpu, code: CallCode) -> bool {
    let name = crate::nvml_code_name(code);
    let answers = [gpu.name.unknown(), gpu.memory.unknown(), gpu.temperature_c.unknown()];
    gpu.handle.found() == Some(&code)
        || answers.into_iter().flatten().any(|answer| Some(answer) == name)
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

/// The code of the multi-process service that CUDA or a kernel of the smoke test returned.
pub(crate) fn mps_failure(facts: &Facts) -> Option<CallCode> {
    let first = cuda_failure(facts).map(|(_, code)| code);
    let in_smoke = smoke_gpus(facts).iter().flat_map(smoke_failures);
    first.into_iter().chain(in_smoke).find(|code| MPS_CODES.contains(&code.0))
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

/// Whether CUDA needs the node. Those of `nvidia-caps`, `nvidia-modeset` and the like are for root,
/// for MIG and for graphics.
pub(crate) fn is_needed_node(path: &str) -> bool {
    path == "/dev/nvidiactl" || path == "/dev/nvidia-uvm" || is_gpu_node(path)
}

/// The library that was mapped as `libcuda`.
pub(crate) fn mapped_cuda(facts: &Facts) -> Option<&str> {
    cuda(facts)?.library.found().map(|library| library.path.as_str())
}

/// `803 (CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)`, or the number alone.
pub(crate) fn code_words(code: CallCode, name: Option<&str>) -> String {
    name.map_or_else(|| format!("code {code}"), |name| format!("code {code} ({name})"))
}

/// Whether `nvidia_uvm` of the open module runs with heterogeneous memory management.
pub(crate) fn heterogeneous_memory_is_on(facts: &Facts) -> bool {
    let open = facts.kernel_module.loaded.found().and_then(|loaded| loaded.open.found());
    open == Some(&true) && facts.kernel_module.parameters.uvm_disable_hmm.found() == Some(&false)
}

/// What `open(2)` gives where the driver or the GPU behind a node is gone.
pub(crate) const DEAD: &[&str] = &["EIO", "ENODEV", "ENXIO"];

/// What opening the node of `nvidia_uvm` gave, where it is there and dead.
pub(crate) fn dead_uvm_node(facts: &Facts) -> Option<&str> {
    let mut dead = refused_nodes(facts, DEAD);
    dead.find(|(node, _)| node.path == "/dev/nvidia-uvm").map(|(_, errno)| errno)
}

/// Whether the machine is one that sleeps, and does not keep the GPU's memory while it does.
fn uvm_lost_after_sleep(facts: &Facts) -> bool {
    nvml_works(facts)
        && !in_container(facts)
        && facts.host.machine.laptop.found() == Some(&true)
        && facts.kernel_module.parameters.preserve_video_memory.found() == Some(&false)
}

/// Whether this container may not use its GPU, by a rule of its cgroup.
pub(crate) fn lost_by_container(facts: &Facts) -> bool {
    let mut refused = refused_nodes(facts, &["EPERM"]);
    // Where CUDA works, the nodes that refuse are those of GPUs that others were given.
    let works = cuda_works(facts) && nvml_failure(facts).is_none();
    let refused = !works && refused.any(|(node, _)| is_needed_node(&node.path));
    let unseen = facts.device_nodes.unknown().is_some()
        && nvml_failure(facts).is_some_and(|code| code.0 == 999);
    in_container(facts) && (refused || unseen)
}

/// The GPUs whose compute mode lets no or one program in.
pub(crate) fn restricted_gpus(facts: &Facts) -> Vec<&NvmlGpu> {
    let gpus = nvml_gpus(facts);
    gpus.iter().filter(|gpu| gpu.compute_mode.found().is_some_and(|mode| *mode != 0)).collect()
}

/// Whether MIG is on and no instance was made, so that CUDA cannot use the GPU.
pub(crate) fn is_mig_without_instances(gpu: &NvmlGpu) -> bool {
    gpu.mig_enabled.found() == Some(&true) && gpu.mig_devices.found() == Some(&0)
}

/// Whether the container was told to leave out a part of the driver: `compute`, which is CUDA, or
/// `utility`, which is NVML. Where nothing is named, the toolkit takes its default, which has both.
pub(crate) fn capabilities_lack(facts: &Facts, part: &str) -> bool {
    let text = facts.environment.get("NVIDIA_DRIVER_CAPABILITIES").unwrap_or_default();
    let mut words = text.split(',').map(str::trim).filter(|word| !word.is_empty()).peekable();
    in_container(facts) && words.peek().is_some() && words.all(|word| word != "all" && word != part)
}

/// Whether NVML is not meant to be there: in a container without `utility`, on a Jetson.
pub(crate) fn nvml_is_left_out(facts: &Facts) -> bool {
    facts.host.machine.tegra.found().is_some() || capabilities_lack(facts, "utility")
}

/// Where a person installs a driver, to be put behind `install …`.
pub(crate) fn install_place(wsl: bool, container: bool) -> &'static str {
    match (wsl, container) {
        (true, _) => " in Windows, not in WSL",
        (false, true) => " on the host, not in the container",
        (false, false) => " and reboot",
    }
}

/// Whether the distribution has Ubuntu's package names, such as `nvidia-driver-570-open`.
pub(crate) fn has_ubuntu_packages(facts: &Facts) -> bool {
    let id = facts.host.os.found().map_or("", |os| os.id.as_str());
    matches!(id, "ubuntu" | "linuxmint" | "pop" | "zorin" | "elementary" | "neon")
}
