//! Packages of Debian and Ubuntu.

use super::{Files, text};
use serde::Serialize;

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DebianPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The size that the package itself says, in bytes.
    pub size: u64,
}

const STATUS: &str = "var/lib/dpkg/status";
/// Distroless images have a file for each package.
const STATUS_FOLDER: &str = "var/lib/dpkg/status.d/";

pub(super) fn wants(path: &str) -> bool {
    path == STATUS || path.starts_with(STATUS_FOLDER)
}

pub(super) fn packages(files: &Files<'_>) -> Vec<DebianPackage> {
    let mut found = Vec::new();
    for (path, (_, entry)) in files.range(STATUS..) {
        if !path.starts_with(STATUS) {
            break;
        }
        let is_folder = path.starts_with(STATUS_FOLDER);
        if let Some(text) = text(entry).filter(|_| wants(path)) {
            let stanzas = text.split("\n\n").filter_map(|stanza| package(stanza, is_folder));
            found.extend(stanzas);
        }
    }
    found
}

fn package(stanza: &str, without_status: bool) -> Option<DebianPackage> {
    let field = |name: &str| {
        let line = stanza.lines().find_map(|line| line.strip_prefix(name))?;
        line.strip_prefix(':').map(str::trim)
    };
    let installed = field("Status").is_some_and(|status| status.ends_with(" installed"));
    if !installed && !without_status {
        return None;
    }
    let kib: u64 = field("Installed-Size").and_then(|size| size.parse().ok()).unwrap_or(0);
    Some(DebianPackage {
        name: field("Package")?.to_owned(),
        version: field("Version").unwrap_or_default().to_owned(),
        size: kib.saturating_mul(1024),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_stanzas() {
        let check = |stanza: &str, folder: bool, expected: Option<(&str, &str, u64)>| {
            let got = package(stanza, folder);
            let got = got.as_ref().map(|it| (it.name.as_str(), it.version.as_str(), it.size));
            assert_eq!(got, expected);
        };
        let installed =
            "Package: libc6\nStatus: install ok installed\nInstalled-Size: 10\nVersion: 2.36-9\n";
        check(installed, false, Some(("libc6", "2.36-9", 10240)));
        check("Package: a\nStatus: deinstall ok config-files\nVersion: 1\n", false, None);
        check("Package: a\nVersion: 1\n", true, Some(("a", "1", 0)));
        check("", false, None);
    }
}
