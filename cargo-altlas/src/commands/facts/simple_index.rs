//! Reads a project's page of a Python package index (PEP 503, PEP 691): which releases there are,
//! and on which Pythons each can be installed on Linux x86-64.

use cuda_compat::PythonVersion;
use pep440_rs::Version;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for: JSON, or the older HTML.
pub(super) const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// A page that is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("its answer is not a list of files")]
pub(super) struct NotAList;

/// The releases with their Pythons; without any for a source package.
pub(super) type Releases = BTreeMap<Version, BTreeSet<PythonVersion>>;

#[derive(Deserialize)]
struct Page {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    /// `true`, or the reason.
    #[serde(default)]
    yanked: serde_json::Value,
}

/// Reads a page: `kind` is its content type.
pub(super) fn releases(kind: &str, body: &[u8]) -> Result<Releases, NotAList> {
    let text = std::str::from_utf8(body).map_err(|_| NotAList)?;
    let names = if kind.contains("json") { json_names(text)? } else { html_names(text)? };
    let mut found = Releases::new();
    for name in names {
        if let Some((version, pythons)) = read_name(&name)
            && !version.any_prerelease()
        {
            found.entry(version.without_local()).or_default().extend(pythons);
        }
    }
    Ok(found)
}

fn json_names(text: &str) -> Result<Vec<String>, NotAList> {
    let page: Page = serde_json::from_str(text).map_err(|_| NotAList)?;
    let is_there = |file: &File| {
        matches!(file.yanked, serde_json::Value::Null | serde_json::Value::Bool(false))
    };
    Ok(page.files.into_iter().filter(is_there).map(|file| file.filename).collect())
}

/// The texts of the links, without those that are withdrawn.
fn html_names(text: &str) -> Result<Vec<String>, NotAList> {
    let mut names = Vec::new();
    let mut links = text.split("<a").skip(1).peekable();
    if links.peek().is_none() && !text.to_ascii_lowercase().contains("<html") {
        return Err(NotAList);
    }
    for link in links {
        let Some((attributes, rest)) = link.split_once('>') else { continue };
        if attributes.contains("data-yanked") {
            continue;
        }
        let name = rest.split('<').next().unwrap_or_default();
        names.push(name.trim().replace("&#43;", "+"));
    }
    Ok(names)
}

/// The release of a file and the Pythons that it is for; `None` for a file that nobody installs on
/// Linux x86-64.
fn read_name(name: &str) -> Option<(Version, Vec<PythonVersion>)> {
    if let Some(stem) = name.strip_suffix(".whl") {
        let parts: Vec<&str> = stem.split('-').collect();
        let [_, version, .., python, abi, platform] = parts.as_slice() else { return None };
        let is_linux = platform.contains("linux") && platform.contains("x86_64");
        if !is_linux && *platform != "any" {
            return None;
        }
        return Some((version.parse().ok()?, pythons(python, abi)));
    }
    let stem = name.strip_suffix(".tar.gz").or_else(|| name.strip_suffix(".zip"))?;
    let (_, version) = stem.rsplit_once('-')?;
    Some((version.parse().ok()?, Vec::new()))
}

/// `cp311` is 3.11; what a build without the interpreter's lock is for (`cp313t`) is not counted.
fn pythons(tags: &str, abi: &str) -> Vec<PythonVersion> {
    if abi.starts_with("cp") && abi.ends_with('t') {
        return Vec::new();
    }
    let one = |tag: &str| {
        let minor = tag.strip_prefix("cp3").filter(|minor| !minor.is_empty())?;
        format!("3.{minor}").parse().ok()
    };
    tags.split('.').filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, body: &str, expected: &str) {
        let got = match releases(kind, body.as_bytes()) {
            Err(error) => error.to_string(),
            Ok(found) => found
                .iter()
                .map(|(version, pythons)| {
                    let pythons: Vec<String> = pythons.iter().map(ToString::to_string).collect();
                    format!("{version}: {}", pythons.join(" "))
                })
                .collect::<Vec<_>>()
                .join("; "),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn reads_json() {
        let kind = "application/vnd.pypi.simple.v1+json";
        check(
            kind,
            r#"{"meta": {"api-version": "1.3"}, "files": [
                {"filename": "torch-2.9.1-cp311-cp311-manylinux_2_28_x86_64.whl", "yanked": false},
                {"filename": "torch-2.9.1-cp310-cp310-manylinux_2_28_x86_64.whl"},
                {"filename": "torch-2.9.1-cp313-cp313t-manylinux_2_28_x86_64.whl"},
                {"filename": "torch-2.9.1-cp314-cp314-win_amd64.whl"},
                {"filename": "torch-2.9.2-cp311-cp311-manylinux_2_28_x86_64.whl", "yanked": "broken"},
                {"filename": "torch-2.10.0rc1-cp311-cp311-manylinux_2_28_x86_64.whl"},
                {"filename": "numba_cuda-0.14.0-py3-none-any.whl"},
                {"filename": "cupy-14.0.0.tar.gz"},
                {"filename": "README"}]}"#,
            "0.14.0: ; 2.9.1: 3.10 3.11; 14.0.0: ",
        );
        check(kind, r#"{"files": []}"#, "");
        check(kind, "{\"files\": [", "its answer is not a list of files");
        check(kind, "[]", "its answer is not a list of files");
    }

    #[test]
    fn reads_html() {
        check(
            "text/html",
            "<!DOCTYPE html><html><body><a href=\"x#sha256=1\" data-requires-python=\"&gt;=3.9\">\
             torch-2.9.1+cu129-cp310-cp310-manylinux_2_28_x86_64.whl</a><br>\n\
             <a href=y>torch-2.9.0&#43;cu129-cp310-cp310-linux_x86_64.whl</a>\n\
             <a data-yanked=\"no\" href=z>torch-2.8.9-cp310-cp310-linux_x86_64.whl</a></body></html>",
            "2.9.0: 3.10; 2.9.1: 3.10",
        );
        check("text/html", "<html></html>", "");
        check("text/plain", "Bad gateway", "its answer is not a list of files");
        check("text/html", "<a", "");
    }

    #[test]
    fn garbage_is_no_list() {
        assert_eq!(releases("text/html", &[0xff, 0xfe, 0x00]), Err(NotAList));
        assert_eq!(releases("application/json", &[0x00]), Err(NotAList));
    }
}
