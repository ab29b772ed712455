//! Whether a GPU and its driver are there at all.

use super::{certainly_on_host, cuda, has_usual_driver, nvml_gpus};
use crate::{Facts, LibraryCopy, LibraryKind, PciGpu, Reading};

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
        |copy: &LibraryCopy| matches!(copy.kind, LibraryKind::Stub | LibraryKind::Compat);
    let no_library = libraries.cuda.iter().chain(&libraries.nvml).all(of_toolkit);
    module_is_gone(facts)
        && certainly_on_host(facts)
        && nothing_on_disk
        && nothing_in_dkms
        && no_library
}
