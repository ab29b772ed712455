//! The version of a toolkit, from the files that it brings.

use crate::{
    Reading,
    read::{root::Root, search::names_or_none},
};
use cuda_compat::CudaVersion;
use std::path::{Path, PathBuf};

/// `cuda.h` has over a megabyte; its version stands near the top.
const HEAD: u64 = 64 * 1024;

/// Tries `version.json`, `version.txt`, `cuda.h` and, for conda, the name of its package.
/// `Absent` where no file says a version.
pub(super) fn read(root: &Root, folder: &Path, includes: &[PathBuf]) -> Reading<CudaVersion> {
    let mut unknown = None;
    let mut told = |path: &Path, text: Reading<String>, parse: fn(&str) -> Option<CudaVersion>| {
        let reason = match text {
            Reading::Found(text) => match parse(&text) {
                Some(version) => return Some(version),
                None => format!("`{}` states no version that is understood", path.display()),
            },
            Reading::Absent => return None,
            Reading::Unknown(reason) => reason,
        };
        unknown.get_or_insert(reason);
        None
    };
    let json = folder.join("version.json");
    let txt = folder.join("version.txt");
    let mut version = told(&json, root.text(&json), parse_version_json)
        .or_else(|| told(&txt, root.text(&txt), parse_version_txt));
    for include in includes {
        let header = include.join("cuda.h");
        version = version.or_else(|| told(&header, root.head(&header, HEAD), parse_cuda_h));
    }
    let conda = folder.join("conda-meta");
    let version =
        version.or_else(|| names_or_none(root, conda).iter().find_map(|name| conda_version(name)));
    match (version, unknown) {
        (Some(version), _) => Reading::Found(version),
        (None, Some(reason)) => Reading::Unknown(reason),
        (None, None) => Reading::Absent,
    }
}

/// `{"cuda": {"version": "12.6.3"}, …}`; `11.8.20220929` has a date in place of a patch.
pub(in crate::read) fn parse_version_json(text: &str) -> Option<CudaVersion> {
    #[derive(serde::Deserialize)]
    struct VersionJson {
        cuda: Component,
    }
    #[derive(serde::Deserialize)]
    struct Component {
        version: String,
    }
    let json: VersionJson = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    without_date(json.cuda.version.parse().ok()?)
}

/// `CUDA Version 10.2.89`.
pub(in crate::read) fn parse_version_txt(text: &str) -> Option<CudaVersion> {
    let (_, version) = text.split_once("CUDA Version ")?;
    without_date(version.split_whitespace().next()?.parse().ok()?)
}

fn without_date(version: CudaVersion) -> Option<CudaVersion> {
    let patch = version.patch.filter(|patch| *patch < 10_000);
    (version.major > 0).then_some(CudaVersion { patch, ..version })
}

/// `#define CUDA_VERSION 12060`.
pub(in crate::read) fn parse_cuda_h(text: &str) -> Option<CudaVersion> {
    text.lines().find_map(|line| {
        let rest =
            line.trim().strip_prefix("#define")?.trim_start().strip_prefix("CUDA_VERSION")?;
        CudaVersion::from_driver_integer(rest.split_whitespace().next()?.parse().ok()?)
    })
}

/// `cuda-version-12.6-h7480c83_3.json`.
pub(in crate::read) fn conda_version(name: &str) -> Option<CudaVersion> {
    name.strip_prefix("cuda-version-")?.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(parse: fn(&str) -> Option<CudaVersion>, text: &str, expected: Option<&str>) {
        let got = parse(text).map(|version| version.to_string());
        assert_eq!(got.as_deref(), expected, "{text}");
    }

    #[test]
    fn reads_version_json() {
        let json = |version: &str| {
            format!(
                "{{\"cuda\": {{\"name\": \"CUDA SDK\", \"version\": \"{version}\"}}, \
                 \"nvidia_driver\": {{\"version\": \"560.35.05\"}}}}"
            )
        };
        check(parse_version_json, &json("12.6.3"), Some("12.6.3"));
        check(parse_version_json, &json("11.8.20220929"), Some("11.8"));
        check(parse_version_json, &json(""), None);
        check(parse_version_json, "{}", None);
        check(parse_version_json, "{\"cuda\": 12}", None);
    }

    #[test]
    fn reads_the_other_files() {
        check(parse_version_txt, "CUDA Version 10.2.89\n", Some("10.2.89"));
        check(parse_version_txt, "CUDA Version 11.0.228\nCUDA Patch Version 1", Some("11.0.228"));
        check(parse_version_txt, "CUDA Version ", None);
        check(parse_version_txt, "10.2", None);
        check(
            parse_cuda_h,
            "/**\n * CUDA API version number\n */\n#define CUDA_VERSION 12060\n",
            Some("12.6"),
        );
        check(parse_cuda_h, "#  define CUDA_VERSION 12060", None);
        check(
            parse_cuda_h,
            "#define CUDA_VERSION_X 1\n#define CUDA_VERSION  13000 /* */",
            Some("13.0"),
        );
        check(parse_cuda_h, "#define CUDA_VERSION", None);
        check(conda_version, "cuda-version-12.6-h7480c83_3.json", Some("12.6"));
        check(conda_version, "cuda-nvcc-12.6.85-hcdd1206_0.json", None);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*") {
            for parse in [parse_version_json, parse_version_txt, parse_cuda_h, conda_version] {
                let _ = parse(&text);
            }
            let _ = parse_cuda_h(&format!("#define CUDA_VERSION {text}"));
            let _ = parse_version_txt(&format!("CUDA Version {text}"));
        }
    }
}
