//! CUDA toolkits that are installed on top of the base.

use super::History;
use cuda_compat::CudaVersion;
use std::ops::Range;

/// A package or installer of a CUDA toolkit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InstalledToolkit {
    /// The package, or the file of the installer.
    pub(crate) name: String,
    /// Its CUDA; `None` where it is whatever is newest on the day of the build.
    pub(crate) cuda: Option<CudaVersion>,
    /// Whether it holds the compiler.
    pub(crate) compiler: bool,
    pub(crate) span: Range<usize>,
}

/// The CUDA of the package `nvidia-cuda-toolkit` of a distribution's own archive. Sorted. Source:
/// packages.ubuntu.com and packages.debian.org; date: 2026-11-24.
const OF_DISTRIBUTION: [(&str, CudaVersion); 5] = [
    ("debian12", CudaVersion::new(11, 8)),
    ("debian13", CudaVersion::new(12, 4)),
    ("ubuntu20.04", CudaVersion::new(10, 1)),
    ("ubuntu22.04", CudaVersion::new(11, 5)),
    ("ubuntu24.04", CudaVersion::new(12, 0)),
];

/// The toolkits that are installed on top of the base, in their order.
pub(crate) fn installed_toolkits(history: &History<'_>) -> Vec<InstalledToolkit> {
    let os = history.plain_distribution().map(cuda_compat::Distribution::id).unwrap_or_default();
    let mut found = Vec::new();
    for (_, installed) in history.packages() {
        for package in &installed.packages {
            let Some((cuda, compiler)) = package_of(package.name, &os) else { continue };
            let (name, span) = (package.name.to_owned(), package.span.clone());
            found.push(InstalledToolkit { name, cuda, compiler, span });
        }
    }
    for (_, command) in history.commands() {
        for word in command.arguments() {
            let Some((name, cuda)) = installer(&word.text) else { continue };
            // It is fetched and then run: the first place is enough.
            if !found.iter().any(|it| it.name == name) {
                let (name, span) = (name.to_owned(), word.span.clone());
                found.push(InstalledToolkit { name, cuda: Some(cuda), compiler: true, span });
            }
        }
    }
    found
}

fn package_of(name: &str, os: &str) -> Option<(Option<CudaVersion>, bool)> {
    if name == "nvidia-cuda-toolkit" {
        let row = OF_DISTRIBUTION.iter().find(|(known, _)| *known == os);
        return row.map(|(_, cuda)| (Some(*cuda), true));
    }
    let kinds = [
        ("cuda-toolkit", true),
        ("cuda-compiler", true),
        ("cuda-libraries", false),
        ("cuda-runtime", false),
        ("cuda", true),
    ];
    let (rest, compiler) =
        kinds.iter().find_map(|(kind, compiler)| Some((name.strip_prefix(kind)?, *compiler)))?;
    if rest.is_empty() {
        return Some((None, compiler));
    }
    let (major, minor) = rest.strip_prefix('-')?.split_once('-')?;
    Some((Some(CudaVersion::new(major.parse().ok()?, minor.parse().ok()?)), compiler))
}

/// `cuda_12.4.1_550.54.15_linux.run`, behind any address.
fn installer(text: &str) -> Option<(&str, CudaVersion)> {
    let name = text.rsplit('/').next()?;
    let version = name.strip_prefix("cuda_")?.strip_suffix(".run")?.split('_').next()?;
    Some((name, version.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names() {
        let check = |name: &str, expected: Option<(Option<&str>, bool)>| {
            let got = package_of(name, "ubuntu22.04")
                .map(|(cuda, compiler)| (cuda.map(|cuda| cuda.to_string()), compiler));
            let got = got.as_ref().map(|(cuda, compiler)| (cuda.as_deref(), *compiler));
            assert_eq!(got, expected, "{name}");
        };
        check("cuda-toolkit-12-8", Some((Some("12.8"), true)));
        check("cuda-libraries-12-8", Some((Some("12.8"), false)));
        check("cuda-12-4", Some((Some("12.4"), true)));
        check("cuda", Some((None, true)));
        check("nvidia-cuda-toolkit", Some((Some("11.5"), true)));
        check("cuda-nvcc-12-8", None);
        check("cuda-libraries-dev-12-8", None);
        check("cuda-keyring", None);
        let cuda = installer("https://x/y/cuda_11.8.0_520.61.05_linux.run").map(|it| it.1);
        assert_eq!(cuda.map(|cuda| cuda.to_string()).as_deref(), Some("11.8.0"));
        assert_eq!(installer("cuda_x.run"), None);
    }
}
