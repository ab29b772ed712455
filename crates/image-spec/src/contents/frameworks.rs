//! The frameworks in an image, with the CUDA that they were built for.

use super::{Files, PythonPackage, text};
use cuda_compat::{CudaVersion, Framework, FrameworkBuild, builds_of};
use pep440_rs::Version;
use serde::Serialize;

/// A framework in an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameworkInside {
    /// Which.
    pub framework: Framework,
    /// The package that it is.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The CUDA that it was built for; `None` where neither a file nor the table says it.
    pub cuda: Option<CudaVersion>,
    /// What the tables know of this build.
    #[serde(skip)]
    pub build: Option<&'static FrameworkBuild>,
    /// The file that says so.
    pub path: String,
    /// The layer that the file is in, from 0.
    pub layer: usize,
}

/// Files in which frameworks say what they were built for.
const OWN_WORDS: [&str; 2] = ["/torch/version.py", "/tensorflow/python/platform/build_info.py"];

pub(super) fn wants(path: &str) -> bool {
    OWN_WORDS.iter().any(|end| path.ends_with(end))
}

pub(super) fn of(files: &Files<'_>, packages: &[PythonPackage]) -> Vec<FrameworkInside> {
    let mut found = Vec::new();
    for package in packages {
        let Some(framework) = Framework::of_package(&package.name) else { continue };
        let build = build(framework, package);
        let own = own_words(files, package);
        found.push(FrameworkInside {
            framework,
            package: package.name.clone(),
            version: package.version.clone(),
            cuda: own.or_else(|| build.map(|build| build.cuda_last)),
            build,
            path: package.path.clone(),
            layer: package.layer,
        });
    }
    found
}

/// The row of the tables: the index is the local part of the version (`+cu118`).
fn build(framework: Framework, package: &PythonPackage) -> Option<&'static FrameworkBuild> {
    let version: Version = package.version.parse().ok()?;
    let local = package.version.split_once('+').map(|(_, local)| local);
    let plain =
        |build: &FrameworkBuild| build.package.split('[').next().unwrap_or_default().to_owned();
    let mut rows =
        builds_of(framework, &version).filter(|build| plain(build) == package.name).filter(
            |build| build.index.as_deref() == local || (local.is_none() && build.index.is_none()),
        );
    rows.next()
}

/// The CUDA in a file of the package itself.
fn own_words(files: &Files<'_>, package: &PythonPackage) -> Option<CudaVersion> {
    let folder = package.path.rsplit_once('/')?.0.rsplit_once('/')?.0;
    let end = OWN_WORDS.iter().find(|end| end.starts_with(&format!("/{}/", package.name)))?;
    let (_, entry) = files.get(format!("{folder}{end}").as_str())?;
    cuda_in(&text(entry)?)
}

/// `cuda = '12.8'` of torch, `"cuda_version": "12.5.1"` of TensorFlow.
fn cuda_in(text: &str) -> Option<CudaVersion> {
    let torch = text.lines().find_map(|line| {
        let line = line.strip_prefix("cuda")?;
        let (_, value) = line.split_once('=')?;
        Some(value)
    });
    let tensorflow = || Some(text.split_once("\"cuda_version\"")?.1.split_once(':')?.1);
    let value = torch.or_else(tensorflow)?;
    let quoted = value.split(['"', '\'']).nth(1)?;
    quoted.parse::<CudaVersion>().ok().map(CudaVersion::minor_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_their_own_words() {
        let check = |text: &str, expected: Option<&str>| {
            let got = cuda_in(text).map(|version| version.to_string());
            assert_eq!(got.as_deref(), expected, "{text}");
        };
        check(
            "__version__ = '2.8.0+cu128'\ncuda: Optional[str] = '12.8'\nhip = None\n",
            Some("12.8"),
        );
        check("__version__ = '2.0.1'\ncuda = '11.7'\n", Some("11.7"));
        check("cuda: Optional[str] = None\n", None);
        check("{\"cuda_version\": \"12.5.1\", \"cudnn_version\": \"9\"}", Some("12.5"));
        check("", None);
    }

    #[test]
    fn finds_the_build() {
        let check = |name: &str, version: &str, framework: Framework, expected: Option<&str>| {
            let package = PythonPackage {
                name: name.to_owned(),
                version: version.to_owned(),
                path: String::new(),
                layer: 0,
            };
            let got = build(framework, &package).map(|build| build.cuda_last.to_string());
            assert_eq!(got.as_deref(), expected, "{name} {version}");
        };
        check("torch", "2.7.1+cu118", Framework::Torch, Some("11.8"));
        check("torch", "2.7.1", Framework::Torch, Some("12.6"));
        check("torch", "99.0", Framework::Torch, None);
        check("cupy-cuda11x", "13.6.0", Framework::Cupy, Some("11.8"));
    }
}
