//! A library of the driver is there and cannot be loaded.
//!
//! The file is empty, damaged, of another processor, or needs something that is not there; or it can be
//! loaded and holds none of the driver's functions (`nm -D PATH | grep cuInit`). Images
//! that were built on a machine with a GPU often hold empty files of this name, left by the
//! container runtime. `file -L PATH` shows what it is, `ldd PATH` what it lacks.
//!
//! Delete the file and install the driver's compute package again; in an image delete it in the
//! same build step that brought it.

use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::steps;
use crate::{Facts, Need, Reading, evidence};
use serde::Serialize;

/// The driver's library cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{path}` {}: {reason}", if *.loads { "cannot be used" } else { "cannot be loaded" })]
pub struct DriverLibraryBroken {
    /// The library.
    pub path: String,
    /// Whether it can be loaded all the same.
    pub loads: bool,
    /// What is wrong with it, in the loader's words where it has spoken.
    pub reason: String,
}

impl DriverLibraryBroken {
    pub(super) const CODE: &str = "gpu/driver-library-broken";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/no-nvidia-device"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let libraries = &facts.driver_libraries;
        let cuda =
            evidence::cuda(facts).map(|cuda| cuda.library.clone().map(|library| library.path));
        let nvml = evidence::nvml(facts).map(|nvml| nvml.library.clone());
        let both =
            [("libcuda.so.1", &libraries.cuda, cuda), ("libnvidia-ml.so.1", &libraries.nvml, nvml)];
        let broken = both.into_iter().filter_map(|(name, copies, loaded)| {
            let loaded = loaded.unwrap_or(Reading::Absent);
            let not_elf = copies.first().filter(|copy| copy.elf == Reading::Found(false));
            let reason = match (&loaded, not_elf) {
                (Reading::Found(_), _) | (Reading::Absent, None) => return None,
                (Reading::Unknown(reason), None) => reason.clone(),
                (Reading::Absent | Reading::Unknown(_), Some(_)) => {
                    "it is not a library".to_owned()
                }
            };
            let path = copies.first().map_or_else(|| name.to_owned(), |copy| copy.path.clone());
            Some(Self { path, loads: false, reason })
        });
        broken.chain(foreign(facts)).collect()
    }
}

impl Diagnosis for DriverLibraryBroken {
    fn place(&self) -> Place {
        Place::Path { path: self.path.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::by_command(
                "see what the file is",
                format!("file -L {0} && ldd {0}", shell_word(&self.path)),
            ),
            Fix::by_hand(
                "if it is empty or damaged, delete it and install the driver's compute package again",
            ),
            steps::renew_loader_list(),
        ]
    }
}

/// A library that was loaded and does not hold what every driver has had.
fn foreign(facts: &Facts) -> Option<DriverLibraryBroken> {
    let cuda = evidence::cuda(facts)?;
    let library = cuda.library.found()?;
    let vital = VITAL.iter().find(|name| cuda.missing_symbols.iter().any(|it| it == *name))?;
    let reason = format!("it has no `{vital}`: it is not the driver's");
    Some(DriverLibraryBroken { path: library.path.clone(), loads: true, reason })
}

/// What a `libcuda` of any age exports.
const VITAL: &[&str] = &["cuInit", "cuDeviceGetCount", "cuDeviceGet"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(DriverLibraryBroken::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn not_a_library() {
        let damage = |facts: &mut Facts, reason: &str| {
            let crate::Probed::Answered(cuda) = &mut facts.cuda else { return };
            *cuda = crate::Cuda {
                library: Reading::Unknown(reason.to_owned()),
                init: Reading::Absent,
                ..crate::Cuda::default()
            };
        };
        let text = |facts: &mut Facts| {
            damage(facts, "invalid ELF header");
            facts.driver_libraries.cuda[0].elf = Reading::Found(false);
        };
        check(example::h200(), |_| {}, 0);
        check(example::h200(), text, 1);
        check(example::h200(), |facts| damage(facts, "undefined symbol: x"), 1);
        check(example::h200(), faults::remove_libraries, 0);
        let strip = |facts: &mut Facts| {
            let crate::Probed::Answered(cuda) = &mut facts.cuda else { return };
            cuda.init = Reading::Unknown("the library has no `cuInit`".to_owned());
            cuda.missing_symbols = vec!["cuInit".to_owned()];
        };
        check(example::h200(), strip, 1);
    }
}
