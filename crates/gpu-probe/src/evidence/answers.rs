//! What NVML and CUDA answered, and whether they work.

use crate::{
    CallCode, Cuda, Facts, Nvml, NvmlGpu, Probed, Reading,
    isolate::{ENDED, NOT_STARTED},
    nvml_code_name,
};

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
    let name = nvml_code_name(code);
    let answers = [gpu.name.unknown(), gpu.memory.unknown(), gpu.temperature_c.unknown()];
    gpu.handle.found() == Some(&code)
        || answers.into_iter().flatten().any(|answer| Some(answer) == name)
}

/// The CUDA driver's answers.
pub(crate) fn cuda(facts: &Facts) -> Option<&Cuda> {
    facts.cuda.answered()
}

/// Why the driver was not asked where nothing on the machine is the reason: the user ended it, or no
/// process could be started to ask it.
pub(crate) fn not_asked<T>(probed: &Probed<T>) -> Option<&str> {
    match probed {
        Probed::NotRun(why) => {
            Some(why.as_str()).filter(|why| *why == ENDED || why.starts_with(NOT_STARTED))
        }
        Probed::Answered(_) | Probed::Hung { .. } | Probed::Crashed { .. } => None,
    }
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

/// The library that was mapped as `libcuda`.
pub(crate) fn mapped_cuda(facts: &Facts) -> Option<&str> {
    cuda(facts)?.library.found().map(|library| library.path.as_str())
}

/// `803 (CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)`, or the number alone.
pub(crate) fn code_words(code: CallCode, name: Option<&str>) -> String {
    name.map_or_else(|| format!("code {code}"), |name| format!("code {code} ({name})"))
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
