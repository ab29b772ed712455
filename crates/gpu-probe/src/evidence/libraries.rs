//! Which file the loader comes to for a library of the driver.

use crate::{Facts, LibraryCopy};

/// The library that a step named `load of …` loads, and the file that the loader came to first.
pub(crate) fn loaded_in<'a>(facts: &'a Facts, stage: &str) -> Option<&'a LibraryCopy> {
    let libraries = &facts.driver_libraries;
    match stage.strip_prefix("load of ")? {
        "libcuda.so.1" => libraries.cuda.first(),
        "libnvidia-ml.so.1" => libraries.nvml.first(),
        _ => None,
    }
}

/// Whether `LD_LIBRARY_PATH` led the loader to `path`.
pub(crate) fn is_by_library_path(facts: &Facts, path: &str) -> bool {
    let folders = facts.environment.get("LD_LIBRARY_PATH").unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut folders = folders.split([':', ';']).map(|it| it.trim_end_matches('/'));
    !folder.is_empty() && folders.any(|it| it == folder)
}
