//! Ways to break an example, as the facts of a real machine would show it.

use super::*;

/// `nvmlInit_v2` returned `code`.
pub(crate) fn nvml_fails(facts: &mut Facts, code: u32) {
    if let Probed::Answered(nvml) = &mut facts.nvml {
        nvml.init = Found(CallCode(code));
        nvml.driver_version = Absent;
        nvml.count = Absent;
        nvml.gpus = Vec::new();
    }
}

/// `cuInit` returned `code`.
pub(crate) fn cuda_fails(facts: &mut Facts, code: u32) {
    if let Probed::Answered(cuda) = &mut facts.cuda {
        cuda.init = Found(CallCode(code));
        cuda.count = Absent;
        cuda.devices = Vec::new();
    }
    if facts.smoke.is_some() {
        facts.smoke = Some(Probed::NotRun("CUDA shows no device".to_owned()));
    }
}

/// The module is not loaded, with all that follows from it.
pub(crate) fn unload_module(facts: &mut Facts) {
    facts.kernel_module.loaded = Absent;
    facts.kernel_module.uvm_loaded = Found(false);
    facts.device_nodes = Found(Vec::new());
    if let Found(gpus) = &mut facts.pci {
        gpus.iter_mut().for_each(|gpu| gpu.driver = Absent);
    }
    nvml_fails(facts, 9);
    cuda_fails(facts, 100);
}

/// The libraries of the driver are not there.
pub(crate) fn remove_libraries(facts: &mut Facts) {
    facts.driver_libraries = DriverLibraries::default();
    facts.nvml = Probed::Answered(Nvml { library: Absent, init: Absent, ..Nvml::default() });
    facts.cuda = Probed::Answered(Cuda { library: Absent, init: Absent, ..Cuda::default() });
    facts.smoke = facts.smoke.as_ref().map(|_| Probed::NotRun("no `libcuda.so.1`".to_owned()));
}

/// Opening each node that `is_it` names gives `errno`.
pub(crate) fn refuse_nodes(facts: &mut Facts, errno: &str, is_it: impl Fn(&str) -> bool) {
    let Found(nodes) = &mut facts.device_nodes else { return };
    for node in nodes.iter_mut().filter(|node| is_it(&node.path)) {
        node.access = NodeAccess::Refused(errno.to_owned());
    }
}

/// Opening one GPU by NVML gives `code`, and nothing else is known of it.
pub(crate) fn lose_gpu(facts: &mut Facts, index: usize, code: u32) {
    let Probed::Answered(nvml) = &mut facts.nvml else { return };
    let gpu = &mut nvml.gpus[index];
    *gpu = NvmlGpu { index: gpu.index, handle: Found(CallCode(code)), ..NvmlGpu::default() };
}

/// NVML and CUDA see one GPU fewer than the bus.
pub(crate) fn hide_gpu(facts: &mut Facts, index: usize) {
    if let Probed::Answered(nvml) = &mut facts.nvml {
        nvml.gpus.remove(index);
        nvml.count = Found(u32::try_from(nvml.gpus.len()).unwrap());
    }
    if let Probed::Answered(cuda) = &mut facts.cuda {
        cuda.devices.remove(index);
        if cuda.devices.is_empty() {
            cuda_fails(facts, 100);
        }
    }
}

/// The kernel wrote an Xid line.
pub(crate) fn write_xid(facts: &mut Facts, code: u32, address: &str) {
    let Found(log) = &mut facts.kernel_log else { return };
    log.xids.push(XidEvent {
        code,
        pci_address: address.to_owned(),
        since_boot_s: Found(4000),
        pid: Absent,
        program: Absent,
        text: String::new(),
    });
}

/// The kernel wrote a line of the driver's.
pub(crate) fn write_line(facts: &mut Facts, line: &str) {
    let Found(log) = &mut facts.kernel_log else { return };
    log.driver_messages.push(line.to_owned());
}
