//! The loader took a toolkit's stub for the driver's library.
//!
//! The CUDA toolkit brings an empty `libcuda.so` in a folder `stubs`, so that programs can be
//! linked on a machine without a driver. It must never be found at run time: it answers every call
//! with code 34, `CUDA driver is a stub library`. `echo $LD_LIBRARY_PATH` usually names the folder.
//!
//! Take the folder out of `LD_LIBRARY_PATH`; it belongs into `LIBRARY_PATH`, which only the linker
//! reads. In an image the line is often an `ENV` of the Dockerfile.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, LibraryKind, Need, evidence};
use serde::Serialize;

/// A stub was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "a stub for linking was loaded as the driver{}",
    .path.as_ref().map_or_else(String::new, |path| format!(": `{path}`"))
)]
pub struct StubLibraryLoaded {
    /// The stub.
    pub path: Option<String>,
    /// Whether `LD_LIBRARY_PATH` names a folder of stubs.
    pub on_library_path: bool,
}

impl StubLibraryLoaded {
    pub(super) const CODE: &str = "gpu/stub-library-loaded";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let is_stub = |path: &&str| path.contains("/stubs/");
        let nvml = evidence::nvml(facts).and_then(|nvml| nvml.library.found()).map(String::as_str);
        let mapped = evidence::mapped_cuda(facts).filter(is_stub).or(nvml.filter(is_stub));
        let told = evidence::cuda_claim(facts) == Some(Self::CODE);
        if mapped.is_none() && !told {
            return Vec::new();
        }
        let on_disk =
            facts.driver_libraries.cuda.iter().find(|copy| copy.kind == LibraryKind::Stub);
        let path = mapped.map(str::to_owned).or_else(|| on_disk.map(|copy| copy.path.clone()));
        let variable = facts.environment.get("LD_LIBRARY_PATH").unwrap_or_default();
        vec![Self { path, on_library_path: variable.contains("/stubs") }]
    }
}

impl Diagnosis for StubLibraryLoaded {
    fn place(&self) -> Place {
        match self.on_library_path {
            true => Place::Variable { name: "LD_LIBRARY_PATH".to_owned() },
            false => self.path.clone().map_or(Place::Machine, |path| Place::Path { path }),
        }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![if self.on_library_path {
            Fix::by_command(
                "take the folder out of the loader's path, and out of the file that sets it",
                "export LD_LIBRARY_PATH=$(printf %s \"$LD_LIBRARY_PATH\" | tr : '\\n' | grep -v \
                 /stubs | paste -sd:)",
            )
        } else {
            Fix::by_command(
                "take the folder `stubs` out of the loader's configuration, then run `sudo \
                 ldconfig`",
                "grep -rn stubs /etc/ld.so.conf /etc/ld.so.conf.d",
            )
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(StubLibraryLoaded::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn by_path_and_by_code() {
        let map = |facts: &mut Facts| {
            let crate::Probed::Answered(cuda) = &mut facts.cuda else { return };
            cuda.library = crate::Reading::Found(crate::MappedLibrary {
                path: "/usr/local/cuda/lib64/stubs/libcuda.so".to_owned(),
                also_mapped: Vec::new(),
            });
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), map, 1);
        check(example::h200(), |facts| faults::cuda_fails(facts, 34), 1);
        check(example::h200(), |facts| faults::cuda_fails(facts, 100), 0);
    }
}
