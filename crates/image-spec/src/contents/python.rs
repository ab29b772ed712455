//! Pythons and their packages.

use super::{Files, Found, name, text};
use cuda_compat::PythonVersion;
use serde::Serialize;

/// An installed Python package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PythonPackage {
    /// Its name, in lower case and with `-` between its words.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its metadata file.
    pub path: String,
    /// The layer that it is in, from 0.
    pub layer: usize,
}

pub(super) fn wants(path: &str) -> bool {
    metadata_file(path)
}

fn metadata_file(path: &str) -> bool {
    path.ends_with(".dist-info/METADATA") || path.ends_with(".egg-info/PKG-INFO")
}

pub(super) fn packages(files: &Files<'_>) -> Vec<PythonPackage> {
    let mut found: Vec<PythonPackage> = files
        .iter()
        .filter(|(path, _)| metadata_file(path))
        .filter_map(|(path, (layer, entry))| {
            let text = text(entry)?;
            let (name, version) = header(&text)?;
            Some(PythonPackage { name, version, path: (*path).to_owned(), layer: *layer })
        })
        .collect();
    found.sort_by(|one, other| (&one.name, &one.path).cmp(&(&other.name, &other.path)));
    found
}

/// Name and version of a metadata file, which are in its head.
fn header(text: &str) -> Option<(String, String)> {
    let head = || text.lines().take_while(|line| !line.trim().is_empty());
    let field = |name: &str| head().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let words = field("Name:")?.split(['-', '_', '.']).filter(|word| !word.is_empty());
    let name = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    Some((name, field("Version:")?.to_owned()))
}

/// Every Python: those that packages are installed for come first, then programs.
pub(super) fn interpreters(files: &Files<'_>) -> Vec<Found<PythonVersion>> {
    // The folder of a Python's packages: `opt/venv/lib/python3.11`.
    let of_folder = |path: &str| {
        let (root, rest) = path.split_once("lib/python")?;
        let end = rest.split_once("/site-packages/").or(rest.split_once("/dist-packages/"))?.0;
        Some((end.parse().ok()?, format!("{root}lib/python{end}")))
    };
    let of_packages =
        files.iter().filter(|(path, _)| metadata_file(path)).filter_map(|(path, (layer, _))| {
            let (version, folder) = of_folder(path)?;
            Some(Found::at(version, &folder, *layer))
        });
    let of_programs = files.iter().filter_map(|(path, (layer, _))| {
        let version = path.contains("bin/").then(|| name(path).strip_prefix("python"))??;
        Some(Found::at(version.parse().ok()?, path, *layer))
    });
    of_packages.chain(of_programs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_head() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let got = header(text);
            let got = got.as_ref().map(|(name, version)| (name.as_str(), version.as_str()));
            assert_eq!(got, expected);
        };
        check("Name: Foo_Bar.baz\nVersion: 1.0\n\nName: other\n", Some(("foo-bar-baz", "1.0")));
        check("Metadata-Version: 2.1\r\nName: a\r\nVersion: 2\r\n", Some(("a", "2")));
        check("Name: a\n\nVersion: 1\n", None);
        check("", None);
    }
}
