//! What NVML, CUDA and the smoke test could not say of a GPU: one entry for each reason, and for the
//! GPUs that lack the same.

use super::List;
use crate::{CallCode, Cuda, Facts, Nvml, NvmlGpu, Reading, Smoke, evidence};

/// How many values a line names before it says how many more there are.
const NAMED: usize = 4;

pub(super) fn nvml(facts: &Facts, nvml: &Nvml, explained: bool, list: &mut List) {
    if !explained {
        list.reading("NVML", &nvml.init);
    }
    let started = nvml.init.found().is_some_and(|code| code.is_success());
    if started {
        list.reading("NVML, driver version", &nvml.driver_version);
        list.reading("NVML, number of GPUs", &nvml.count);
    }
    let mut alike: Vec<(Lack, Vec<String>)> = Vec::new();
    for gpu in &nvml.gpus {
        // Of a GPU that could not be opened, or that is lost, a problem says so.
        let gone = [15, 16].iter().any(|code| evidence::nvml_says(gpu, CallCode(*code)));
        if gone || gpu.handle.found().is_some_and(|code| !code.is_success()) {
            continue;
        }
        for lack in lacks(&nvml_values(gpu)) {
            let id = evidence::gpu_id(facts, gpu);
            match alike.iter_mut().find(|(known, _)| *known == lack) {
                Some((_, gpus)) => gpus.push(id),
                None => alike.push((lack, vec![id])),
            }
        }
    }
    for (lack, gpus) in alike {
        list.push(format!("NVML, {}: {}", which(&gpus), lack.values), &lack.reason);
    }
}

/// `GPU 0000:18:00.0`, or `8 GPUs`.
fn which(gpus: &[String]) -> String {
    match gpus {
        [gpu] => evidence::gpu_words(gpu),
        gpus => format!("{} GPUs", gpus.len()),
    }
}

pub(super) fn cuda(cuda: &Cuda, explained: bool, list: &mut List) {
    if !explained {
        list.reading("CUDA", &cuda.init);
    }
    let started = cuda.init.found().is_some_and(|code| code.is_success());
    if started {
        list.reading("CUDA, number of devices", &cuda.count);
        list.reading("CUDA version of the driver", &cuda.version);
    }
    for device in &cuda.devices {
        let values = [
            ("name", device.name.unknown()),
            ("PCI address", device.pci_address.unknown()),
            ("compute capability", device.compute_capability.unknown()),
            ("memory", device.memory_mib.unknown()),
        ];
        group(&format!("CUDA, device {}", device.ordinal), &values, list);
    }
}

pub(super) fn smoke(smoke: &Smoke, list: &mut List) {
    let deep = !matches!(smoke.depth, crate::Depth::Quick) && !smoke.interrupted;
    for gpu in &smoke.gpus {
        let mut values = vec![
            ("kernel from a cubin", gpu.cubin.unknown()),
            ("kernel from PTX", gpu.ptx.unknown()),
        ];
        if deep {
            values.extend([
                ("memory bandwidth", gpu.device_memory.unknown()),
                ("bandwidth to the GPU", gpu.host_to_device.unknown()),
                ("bandwidth from the GPU", gpu.device_to_host.unknown()),
                ("FP32 rate", gpu.fp32.unknown()),
                ("tensor rate", gpu.tensor.unknown()),
                ("memory test", gpu.memory.unknown()),
            ]);
        }
        let id = gpu.pci_address.found().map_or_else(
            || format!("device {}", gpu.ordinal),
            |address| evidence::gpu_words(address),
        );
        group(&format!("smoke test, {id}"), &values, list);
    }
}

/// One line for each reason, with the values that share it.
fn group(of: &str, values: &[(&str, Option<&str>)], list: &mut List) {
    for lack in lacks(values) {
        list.push(format!("{of}: {}", lack.values), &lack.reason);
    }
}

/// Values that could not be looked at, and why.
#[derive(Debug, PartialEq, Eq)]
struct Lack {
    values: String,
    reason: String,
}

fn lacks(values: &[(&str, Option<&str>)]) -> Vec<Lack> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, reason) in values {
        let Some(reason) = reason else { continue };
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    let lack = |(reason, names): (&str, Vec<&str>)| {
        let named = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let values = match names.len().saturating_sub(NAMED) {
            0 => named,
            more => format!("{named} and {more} more"),
        };
        Lack { values, reason: reason.to_owned() }
    };
    reasons.into_iter().map(lack).collect()
}

/// The values that a person or a check reads.
fn nvml_values(gpu: &NvmlGpu) -> Vec<(&'static str, Option<&str>)> {
    vec![
        ("name", gpu.name.unknown()),
        ("UUID", gpu.uuid.unknown()),
        ("PCI address", gpu.pci_address.unknown()),
        ("compute capability", gpu.compute_capability.unknown()),
        ("memory", gpu.memory.unknown()),
        ("ECC mode", gpu.ecc_enabled.unknown()),
        ("uncorrected ECC errors", gpu.ecc_errors.uncorrected_volatile.unknown()),
        ("remapped rows", gpu.remapped_rows.unknown()),
        ("page retirement", gpu.page_retirement_pending.unknown()),
        ("recovery action", gpu.recovery_action.unknown()),
        ("SM clock", gpu.clocks.current.sm_mhz.unknown()),
        ("throttle reasons", gpu.throttle_reasons.unknown()),
        ("power", gpu.power.usage_mw.unknown()),
        ("power limit", gpu.power.limit_mw.unknown()),
        ("temperature", gpu.temperature_c.unknown()),
        ("persistence", gpu.persistence.unknown()),
        ("compute mode", gpu.compute_mode.unknown()),
        ("MIG", gpu.mig_enabled.unknown()),
        ("processes", gpu.processes.unknown()),
        ("PCIe link", first_unknown(&[&gpu.pcie.current.width, &gpu.pcie.current.generation])),
        ("fabric", gpu.fabric.unknown()),
        ("NVLink", gpu.nvlinks.unknown()),
        ("vGPU licence", gpu.vgpu_license.unknown()),
    ]
}

fn first_unknown<'a, T>(readings: &[&'a Reading<T>]) -> Option<&'a str> {
    readings.iter().find_map(|reading| reading.unknown())
}
