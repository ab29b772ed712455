//! A toolkit's stub is taken for the driver's library, or stands in its way.
//!
//! The CUDA toolkit brings an empty `libcuda.so` in a folder `stubs`, so that programs can be
//! linked on a machine without a driver. It must never be found at run time: it answers every call
//! with code 34, `CUDA driver is a stub library`. `echo $LD_LIBRARY_PATH` usually names the folder.
//! The folder holds `libcuda.so` only: programs that open `libcuda.so.1` pass it by, those that open
//! `libcuda.so` first do not, so that some programs work and others fail.
//!
//! Take the folder out of `LD_LIBRARY_PATH`; it belongs into `LIBRARY_PATH`, which only the linker
//! reads. In an image the line is often an `ENV` of the Dockerfile.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, LibraryCopy, LibraryKind, Need, evidence};
use serde::Serialize;

/// A stub was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", sentence(.path, *.loaded))]
pub struct StubLibraryLoaded {
    /// The stub.
    pub path: Option<String>,
    /// Whether `LD_LIBRARY_PATH` names a folder of stubs.
    pub on_library_path: bool,
    /// Whether it was loaded here; else it only lies in the way of other programs.
    pub loaded: bool,
}

impl StubLibraryLoaded {
    pub(super) const CODE: &str = "gpu/stub-library-loaded";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/no-nvidia-device"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let is_stub = |path: &&str| path.contains("/stubs/");
        let nvml = evidence::nvml(facts).and_then(|nvml| nvml.library.found()).map(String::as_str);
        let mapped = evidence::mapped_cuda(facts).filter(is_stub).or(nvml.filter(is_stub));
        let told = evidence::cuda_claim(facts) == Some(Self::CODE);
        let loaded = mapped.is_some() || told;
        let variable = facts.environment.get("LD_LIBRARY_PATH").unwrap_or_default();
        let in_variable = |copy: &&LibraryCopy| {
            let folder = copy.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            variable.split([':', ';']).any(|named| named.trim_end_matches('/') == folder)
        };
        let stubs = facts.driver_libraries.cuda.iter();
        let stubs = stubs.filter(|copy| copy.kind == LibraryKind::Stub);
        let in_the_way = stubs.clone().find(in_variable);
        if !loaded && in_the_way.is_none() {
            return Vec::new();
        }
        let on_disk = in_the_way.or_else(|| stubs.clone().next());
        let path = mapped.map(str::to_owned).or_else(|| on_disk.map(|copy| copy.path.clone()));
        vec![Self { path, on_library_path: variable.contains("/stubs"), loaded }]
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

fn sentence(path: &Option<String>, loaded: bool) -> String {
    match (path, loaded) {
        (Some(path), true) => format!("a stub for linking was loaded as the driver: `{path}`"),
        (None, true) => "a stub for linking was loaded as the driver".to_owned(),
        (path, false) => format!(
            "`LD_LIBRARY_PATH` leads to the stub `{}`: programs that open `libcuda.so` get it",
            path.as_deref().unwrap_or_default()
        ),
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

    #[test]
    fn in_the_way_of_other_programs() {
        let mut facts = example::h200();
        let stubs = "/usr/local/cuda/lib64/stubs";
        let first = facts.driver_libraries.cuda[0].clone();
        facts.driver_libraries.cuda.push(LibraryCopy {
            path: format!("{stubs}/libcuda.so"),
            kind: LibraryKind::Stub,
            ..first
        });
        assert_eq!(StubLibraryLoaded::find(&facts, &Need::default()), []);
        let name = "LD_LIBRARY_PATH".to_owned();
        facts.environment.variables.insert(name, format!("/opt/lib:{stubs}/"));
        let found = StubLibraryLoaded::find(&facts, &Need::default());
        assert_eq!(
            found[0].to_string(),
            "`LD_LIBRARY_PATH` leads to the stub `/usr/local/cuda/lib64/stubs/libcuda.so`: programs \
             that open `libcuda.so` get it"
        );
        assert!(!found[0].loaded);
    }
}
