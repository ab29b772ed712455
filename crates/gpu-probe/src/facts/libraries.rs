//! The copies of the driver's user-space libraries.

use super::Reading;
use cuda_compat::DriverVersion;
use serde::{Deserialize, Serialize};

/// Where `libcuda.so*` and `libnvidia-ml.so*` are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverLibraries {
    /// Copies of `libcuda`, in the order in which the loader would come to them.
    pub cuda: Vec<LibraryCopy>,
    /// Copies of `libnvidia-ml`, in the same order.
    pub nvml: Vec<LibraryCopy>,
    /// Copies of `libnvidia-ptxjitcompiler`, which compiles PTX at run time.
    pub ptx_compiler: Vec<LibraryCopy>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryCopy {
    /// Where it was found, before links are followed.
    pub path: String,
    /// What the path says of it.
    pub kind: LibraryKind,
    /// The version, from the name of the file that the link leads to.
    pub version: Reading<DriverVersion>,
    /// Whether the file is an ELF object. `Unknown` where it could not be read.
    pub elf: Reading<bool>,
}

/// What kind of library a path shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LibraryKind {
    /// The driver's own.
    Driver,
    /// A toolkit's stub (`…/stubs/…`), for linking only.
    Stub,
    /// Forward compatibility (`…/compat/…`), for data-centre GPUs only.
    Compat,
    /// The one that Windows lends to WSL (`/usr/lib/wsl/…`).
    Wsl,
}
