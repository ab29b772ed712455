//! The kernels of the smoke test: which call failed, and with which code.

use super::{cuda_failure, smoke_place};
use crate::{CallCode, Facts, KernelRun, Place, Reading, SmokeGpu};

/// The codes of the multi-process service.
pub(crate) const MPS_CODES: std::ops::RangeInclusive<u32> = 805..=810;

/// `CUDA_ERROR_NO_BINARY_FOR_GPU`.
pub(crate) const NO_BINARY: CallCode = CallCode(209);

/// `CUDA_ERROR_UNSUPPORTED_PTX_VERSION`.
pub(crate) const UNSUPPORTED_PTX: CallCode = CallCode(222);

/// `CUDA_ERROR_JIT_COMPILER_NOT_FOUND`, which `gpu/ptx-compiler-missing` is about.
const NO_PTX_COMPILER: CallCode = CallCode(221);

/// The codes that a check of their own reports, whichever kernel they come from.
pub(crate) const CODES_OF_OTHERS: [CallCode; 3] = [NO_BINARY, UNSUPPORTED_PTX, NO_PTX_COMPILER];

/// The codes that say that the driver is too old.
pub(crate) const NEWER_DRIVER: [CallCode; 2] = [CallCode(35), CallCode(36)];

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

/// A driver call that failed in the smoke test.
pub(crate) struct KernelFailure<'a> {
    /// Where.
    pub(crate) gpu: Place,
    /// CUDA's number for the GPU.
    pub(crate) ordinal: u32,
    /// `cubin kernel`, `PTX kernel` or `deep test`.
    pub(crate) which: &'static str,
    /// The call.
    pub(crate) call: &'a str,
    /// What it returned.
    pub(crate) code: CallCode,
    /// What the driver's compiler wrote, or when in a deep test it was.
    pub(crate) log: &'a str,
    /// Whether the PTX kernel failed and the cubin kernel was right.
    pub(crate) ptx_only: bool,
}

/// Every call of the smoke test that failed; of one GPU the same failure is named once.
pub(crate) fn kernel_failures(facts: &Facts) -> Vec<KernelFailure<'_>> {
    smoke_gpus(facts).iter().flat_map(failures_of).collect()
}

fn failures_of(gpu: &SmokeGpu) -> Vec<KernelFailure<'_>> {
    let cubin_right = matches!(gpu.cubin, Reading::Found(KernelRun::Correct { .. }));
    let failure = |which: &'static str, run: &'static str| {
        let reading = if run == "cubin" { &gpu.cubin } else { &gpu.ptx };
        let Some(KernelRun::Failed { call, code, log }) = reading.found() else { return None };
        Some(KernelFailure {
            gpu: smoke_place(gpu),
            ordinal: gpu.ordinal,
            which,
            call,
            code: *code,
            log,
            // The driver compiles PTX when it loads the module; what fails later fails by itself.
            ptx_only: run == "ptx" && cubin_right && call.starts_with("cuModuleLoad"),
        })
    };
    let cubin = failure("cubin kernel", "cubin");
    let ptx = failure("PTX kernel", "ptx").map(|failure| match failure.log.starts_with(DURING) {
        true => KernelFailure { which: "deep test", ..failure },
        false => failure,
    });
    match (cubin, ptx) {
        (Some(cubin), Some(ptx)) if cubin.call == ptx.call && cubin.code == ptx.code => vec![cubin],
        (cubin, ptx) => cubin.into_iter().chain(ptx).collect(),
    }
}

/// How the log of a deep test begins.
pub(crate) const DURING: &str = "during ";

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
