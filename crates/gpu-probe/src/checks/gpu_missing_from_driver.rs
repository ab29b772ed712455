//! The PCI bus shows more GPUs than the driver does.
//!
//! The driver is loaded and works, but a GPU that is on the bus is not in its list: it could not be
//! started, was given to another driver, or is not supported by this driver. `lspci -d 10de:` shows
//! the bus, `nvidia-smi -L` the driver's list; `sudo dmesg | grep -i nvrm` often says why.
//!
//! Look for the reason in the kernel log. A GPU that is newer than the driver needs a newer one; a
//! GPU that is older than Turing needs the proprietary module and a branch that still supports it.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

/// The driver does not list a GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the PCI bus shows {}, which the driver does not list", missing_words(.gpus))]
pub struct GpuMissingFromDriver {
    /// The addresses of the GPUs that are missing.
    pub gpus: Vec<String>,
    /// How many GPUs are on the bus.
    pub on_bus: usize,
    /// Whether the kernel log says that the open module does not support the GPU.
    pub too_old_for_open: bool,
}

impl GpuMissingFromDriver {
    pub(super) const CODE: &str = "gpu/gpu-missing-from-driver";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/adapter-init-failed",
        "gpu/open-module-required",
        "gpu/gpu-lost",
        "gpu/fell-off-the-bus",
        "gpu/memory-windows-unassigned",
        "gpu/gpu-needs-reset",
        "gpu/device-node-dead",
        "gpu/device-node-missing",
        "gpu/device-node-permission",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(nvml) = evidence::nvml(facts) else { return Vec::new() };
        let Some(count) = nvml.count.found() else { return Vec::new() };
        // A container is given some of the host's GPUs, and shows the bus of the host.
        if !evidence::has_usual_driver(facts) || !evidence::certainly_on_host(facts) {
            return Vec::new();
        }
        // A job scheduler gives some of the GPUs, too, by the same means as a container.
        let withheld = evidence::refused_nodes(facts, &["EPERM"])
            .any(|(node, _)| evidence::is_gpu_node(&node.path));
        if withheld {
            return Vec::new();
        }
        let ours = |gpu: &&crate::PciGpu| match gpu.driver.found() {
            Some(driver) => driver == "nvidia",
            None => true,
        };
        let on_bus: Vec<&str> =
            evidence::pci_gpus(facts).iter().filter(ours).map(|gpu| gpu.address.as_str()).collect();
        if usize::try_from(*count).is_ok_and(|count| count >= on_bus.len()) {
            return Vec::new();
        }
        let missing = evidence::missing_addresses(facts);
        let gpus = missing.into_iter().filter(|gpu| on_bus.contains(&gpu.as_str())).collect();
        let too_old_for_open = facts.kernel_log.found().is_some_and(|log| {
            log.driver_messages.iter().any(|line| line.contains("not supported by open"))
        });
        vec![Self { gpus, on_bus: on_bus.len(), too_old_for_open }]
    }
}

impl Diagnosis for GpuMissingFromDriver {
    fn place(&self) -> Place {
        evidence::place_of(&self.gpus)
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "see why the driver left it out",
                "sudo dmesg | grep -i -e nvrm -e xid",
            ),
            Fix::by_hand(match self.too_old_for_open {
                true => {
                    "install the proprietary variant of the driver's module: the open one does not \
                     support this GPU"
                }
                false => "install a driver that supports the GPU, or switch the machine off and on",
            }),
        ]
    }
}

fn missing_words(gpus: &[String]) -> String {
    if gpus.is_empty() { "a GPU".to_owned() } else { evidence::list_gpus(gpus) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(GpuMissingFromDriver::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn compares_the_bus_with_nvml() {
        check(example::eight_h100(), |_| {}, 0);
        check(example::rtx_4060_wsl(), |_| {}, 0);
        check(example::eight_h100(), |facts| faults::hide_gpu(facts, 3), 1);
        let container = |facts: &mut Facts| {
            facts.host.machine.container = crate::Reading::Found("docker".to_owned());
            faults::hide_gpu(facts, 3);
        };
        check(example::eight_h100(), container, 0);
        let unreadable = |facts: &mut Facts| {
            facts.pci = crate::Reading::Unknown("no `/sys`".to_owned());
            faults::hide_gpu(facts, 3);
        };
        check(example::eight_h100(), unreadable, 0);
    }

    #[test]
    fn a_job_scheduler_withholds_gpus() {
        let mut facts = example::eight_h100();
        faults::hide_gpu(&mut facts, 3);
        assert_eq!(GpuMissingFromDriver::find(&facts, &Need::default()).len(), 1);
        faults::refuse_nodes(&mut facts, "EPERM", |path| path == "/dev/nvidia3");
        let problems = crate::diagnose(&facts, &Need::default()).problems;
        assert_eq!(problems, []);
    }
}
