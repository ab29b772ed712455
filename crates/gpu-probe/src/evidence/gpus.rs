//! How GPUs are named, and where a problem of theirs is.

use super::{nvml, nvml_gpus, pci_gpus};
use crate::{Facts, NvmlGpu, Place, SmokeGpu};
use cuda_compat::ComputeCapability;

/// The name by which a person knows an NVML GPU: its PCI address, or `GPU 3`.
///
/// A lost GPU does not tell its address. Where exactly one address of the bus is left over, it is
/// that one.
pub(crate) fn gpu_id(facts: &Facts, gpu: &NvmlGpu) -> String {
    if let Some(address) = gpu.pci_address.found() {
        return address.clone();
    }
    let all = nvml_gpus(facts);
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

/// Where a GPU of NVML is.
pub(crate) fn nvml_place(gpu: &NvmlGpu) -> Place {
    let address = gpu.pci_address.found().cloned();
    Place::Gpu {
        gpu: address.unwrap_or_else(|| format!("GPU {}", gpu.index)),
        name: gpu.name.found().cloned(),
    }
}

/// Where a GPU of the smoke test is.
pub(crate) fn smoke_place(gpu: &SmokeGpu) -> Place {
    let address = gpu.pci_address.found().cloned();
    Place::Gpu {
        gpu: address.unwrap_or_else(|| format!("GPU {}", gpu.ordinal)),
        name: gpu.name.found().cloned(),
    }
}

/// What is known of one GPU.
#[derive(Debug, Clone)]
pub(crate) struct KnownGpu {
    /// Where.
    pub(crate) place: Place,
    /// Its name.
    pub(crate) name: Option<String>,
    /// Its compute capability.
    pub(crate) capability: Option<ComputeCapability>,
}

/// The GPUs: as NVML shows them, else as CUDA does.
pub(crate) fn gpu_capabilities(facts: &Facts) -> Vec<KnownGpu> {
    let by_nvml: Vec<KnownGpu> = nvml_gpus(facts)
        .iter()
        .map(|gpu| KnownGpu {
            place: nvml_place(gpu),
            name: gpu.name.found().cloned(),
            capability: gpu.compute_capability.found().copied(),
        })
        .collect();
    if by_nvml.iter().any(|gpu| gpu.capability.is_some()) {
        return by_nvml;
    }
    let devices = facts.cuda.answered().map(|cuda| cuda.devices.as_slice()).unwrap_or_default();
    let by_cuda = devices.iter().map(|device| KnownGpu {
        place: Place::Gpu {
            gpu: device.pci_address.found().cloned().unwrap_or_else(|| device.ordinal.to_string()),
            name: device.name.found().cloned(),
        },
        name: device.name.found().cloned(),
        capability: device.compute_capability.found().copied(),
    });
    let by_cuda: Vec<KnownGpu> = by_cuda.collect();
    if by_cuda.is_empty() { by_nvml } else { by_cuda }
}
