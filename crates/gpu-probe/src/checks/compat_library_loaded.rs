//! A forward-compatibility library was loaded that does not work here.
//!
//! Images hold a newer `libcuda` in a folder `compat`, so that a newer CUDA runs on an older
//! driver. It works on data-centre GPUs and a few others only, and must be newer than the driver.
//! On a GeForce GPU CUDA returns 804, `forward compatibility was attempted on non supported HW`;
//! with an older library or a wrong mix it returns 803. Confirm with `ldconfig -p | grep libcuda` and
//! `echo $LD_LIBRARY_PATH`.
//!
//! Update the driver of the machine and use its own library: take the folder out of
//! `LD_LIBRARY_PATH` and out of `/etc/ld.so.conf.d`.

use super::{Diagnosis, Fix, Place};
use crate::{CallCode, Facts, Need, evidence};
use serde::Serialize;

/// The compatibility library does not work here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "the forward-compatibility library{} does not work on this machine: CUDA returned {code}",
    .path.as_ref().map_or_else(String::new, |path| format!(" `{path}`"))
)]
pub struct CompatLibraryLoaded {
    /// The library.
    pub path: Option<String>,
    /// What CUDA returned.
    pub code: CallCode,
}

impl CompatLibraryLoaded {
    pub(super) const CODE: &str = "gpu/compat-library-loaded";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/no-nvidia-device"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if evidence::cuda_claim(facts) != Some(Self::CODE) {
            return Vec::new();
        }
        let Some((_, code)) = evidence::cuda_failure(facts) else { return Vec::new() };
        let mapped = evidence::mapped_cuda(facts).filter(|path| path.contains("/compat/"));
        vec![Self { path: mapped.map(str::to_owned), code }]
    }
}

impl Diagnosis for CompatLibraryLoaded {
    fn place(&self) -> Place {
        self.path.clone().map_or(Place::Machine, |path| Place::Path { path })
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "find who names the folder, and take it out, then run `sudo ldconfig`",
                "grep -rn compat /etc/ld.so.conf.d; echo \"$LD_LIBRARY_PATH\"",
            ),
            Fix::by_hand(
                "update the driver of the machine, so that no compatibility library is needed",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(CompatLibraryLoaded::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn code_804_always_803_where_it_is_mapped() {
        let compat_803 = |facts: &mut Facts| {
            faults::cuda_fails(facts, 803);
            let crate::Probed::Answered(cuda) = &mut facts.cuda else { return };
            cuda.library = crate::Reading::Found(crate::MappedLibrary {
                path: "/usr/local/cuda-12.6/compat/libcuda.so.560.35.05".to_owned(),
                also_mapped: Vec::new(),
            });
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), |facts| faults::cuda_fails(facts, 804), 1);
        check(example::h200(), |facts| faults::cuda_fails(facts, 803), 0);
        check(example::h200(), compat_803, 1);
    }
}
