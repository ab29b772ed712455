//! Machine code runs, but the driver cannot compile PTX.
//!
//! The same kernel was right when it was loaded as machine code for this GPU, and failed when the
//! driver had to compile it from PTX. Programs that bring machine code work; those that rely on PTX
//! (older binaries on a newer GPU, Numba, CuPy, Triton, anything through NVRTC) do not.
//!
//! Causes: `CUDA_DISABLE_PTX_JIT=1` in the environment, a `libnvidia-ptxjitcompiler.so.1` of
//! another driver version, or a compile cache that cannot be written. Confirm with
//! `env | grep CUDA_` and `CUDA_FORCE_PTX_JIT=1 PROGRAM`; the cache is `~/.nv/ComputeCache` or `CUDA_CACHE_PATH`.

use super::{Diagnosis, Fix, Place};
use crate::{CallCode, Facts, Need, evidence};
use serde::Serialize;

/// The PTX kernel failed and the cubin kernel was right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "machine code runs but PTX does not: `{call}` returned {code}{}",
    if *.disabled { ", and `CUDA_DISABLE_PTX_JIT` is set" } else { "" }
)]
pub struct PtxJitBroken {
    /// Which GPU.
    #[serde(skip)]
    pub gpu: Place,
    /// The call that failed.
    pub call: String,
    /// What it returned.
    pub code: CallCode,
    /// What the driver's compiler wrote; empty where it wrote nothing.
    pub log: String,
    /// Whether the environment forbids compiling PTX.
    pub disabled: bool,
}

impl PtxJitBroken {
    pub(super) const CODE: &str = "gpu/ptx-jit-broken";
    pub(super) const FOLLOWS_FROM: &[&str] =
        &["gpu/driver-version-mismatch", "gpu/ptx-compiler-missing"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let disabled = facts.environment.get("CUDA_DISABLE_PTX_JIT").is_some_and(|on| on == "1");
        let broken = |failure: &evidence::KernelFailure<'_>| {
            failure.ptx_only && !evidence::CODES_OF_OTHERS.contains(&failure.code)
        };
        let found = evidence::kernel_failures(facts).into_iter().filter(broken);
        found
            .map(|failure| Self {
                gpu: failure.gpu,
                call: failure.call.to_owned(),
                code: failure.code,
                log: failure.log.to_owned(),
                disabled,
            })
            .collect()
    }
}

impl Diagnosis for PtxJitBroken {
    fn place(&self) -> Place {
        self.gpu.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.disabled {
            return vec![Fix::by_command(
                "let the driver compile PTX again",
                "unset CUDA_DISABLE_PTX_JIT",
            )];
        }
        vec![
            Fix::by_command(
                "check that the PTX compiler is of the same version as the driver",
                "ldconfig -p | grep nvidia-ptxjitcompiler; nvidia-smi --version",
            ),
            Fix::by_command(
                "move the compile cache out of the way, in case it is damaged",
                "mv ~/.nv/ComputeCache ~/.nv/ComputeCache.old",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_runs};

    #[test]
    fn needs_a_right_cubin() {
        let check = |cubin: Option<u32>, ptx: Option<u32>, expected: usize| {
            let found = PtxJitBroken::find(&with_runs(cubin, ptx), &Need::default());
            assert_eq!(found.len(), expected, "{cubin:?} {ptx:?}");
        };
        check(None, None, 0);
        check(None, Some(218), 1);
        check(None, Some(222), 0);
        check(Some(700), Some(218), 0);
    }

    #[test]
    fn names_the_variable_that_forbids_it() {
        let mut facts = with_runs(None, Some(223));
        facts.environment.variables.insert("CUDA_DISABLE_PTX_JIT".to_owned(), "1".to_owned());
        let found = PtxJitBroken::find(&facts, &Need::default());
        assert!(found[0].to_string().contains("CUDA_DISABLE_PTX_JIT"));
        assert_eq!(PtxJitBroken::find(&example::h200(), &Need::default()), []);
    }

    #[test]
    fn a_later_kernel_is_not_a_matter_of_ptx() {
        let mut facts = crate::example::h200();
        let Some(crate::Probed::Answered(smoke)) = &mut facts.smoke else { return };
        smoke.gpus[0].ptx = crate::Reading::Found(crate::KernelRun::Failed {
            call: "cuStreamSynchronize".to_owned(),
            code: CallCode(700),
            log: "during memory, in round 1".to_owned(),
        });
        let found = crate::diagnose(&facts, &Need::default()).problems;
        let texts: Vec<_> = found.iter().map(|(found, _)| found.diagnosis().to_string()).collect();
        assert_eq!(
            texts,
            ["the deep test did not run: `cuStreamSynchronize` returned 700 \
              (`CUDA_ERROR_ILLEGAL_ADDRESS`), during memory, in round 1"]
        );
    }
}
