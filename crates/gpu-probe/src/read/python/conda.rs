//! What conda's own lists say of the packages: their names carry the build.

use super::{build::parse_tag, packages::is_wanted};
use crate::{
    PythonPackage, Reading,
    read::{root::Root, search::names_or_none},
};
use std::path::Path;

/// Adds what conda installed below `prefix`, and fills in what pip's metadata does not say.
pub(super) fn merge(root: &Root, prefix: Option<&Path>, packages: &mut Vec<PythonPackage>) {
    let Some(prefix) = prefix else { return };
    for name in names_or_none(root, prefix.join("conda-meta")) {
        let Some(package) = parse_file_name(&name) else { continue };
        let known = packages.iter_mut().find(|known| known.name == package.name);
        match known {
            None => packages.push(package),
            Some(known) if known.cuda.found().is_none() && package.cuda.unknown().is_none() => {
                known.cuda = package.cuda;
            }
            Some(_) => {}
        }
    }
}

/// `pytorch-2.5.1-py3.11_cuda12.4_cudnn9.1.0_0.json`.
pub(in crate::read) fn parse_file_name(name: &str) -> Option<PythonPackage> {
    let mut parts = name.strip_suffix(".json")?.rsplitn(3, '-');
    let (build, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    let name = match name {
        "pytorch" | "pytorch-gpu" => "torch",
        "tensorflow-base" => "tensorflow",
        name => name,
    };
    let is_toolkit = matches!(name, "cudatoolkit" | "cuda-version" | "cudnn");
    if !is_toolkit && !is_wanted(name) || version.is_empty() {
        return None;
    }
    let by_build = build.split('_').find_map(parse_tag);
    let cuda = match name {
        "cudatoolkit" | "cuda-version" => minor_line(version),
        _ => by_build,
    };
    let unsaid = || Reading::Unknown("the name of conda's build does not say it".to_owned());
    Some(PythonPackage {
        name: name.to_owned(),
        version: version.to_owned(),
        cuda: cuda.unwrap_or_else(unsaid),
        architectures: Reading::Unknown("conda's lists do not say which".to_owned()),
    })
}

fn minor_line(version: &str) -> Option<Reading<cuda_compat::CudaVersion>> {
    let parts: Vec<&str> = version.split('.').take(2).collect();
    parts.join(".").parse().ok().map(Reading::Found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_names_of_conda() {
        let check = |file: &str, expected: Option<(&str, &str, &str)>| {
            let got = parse_file_name(file);
            let got = got.as_ref().map(|got| {
                let cuda = match &got.cuda {
                    Reading::Found(version) => version.to_string(),
                    Reading::Absent => "absent".to_owned(),
                    Reading::Unknown(_) => "unknown".to_owned(),
                };
                (got.name.as_str(), got.version.as_str(), cuda)
            });
            let expected = expected.map(|(name, version, cuda)| (name, version, cuda.to_owned()));
            assert_eq!(got, expected, "{file}");
        };
        check("pytorch-2.5.1-py3.11_cuda12.4_cudnn9.1.0_0.json", Some(("torch", "2.5.1", "12.4")));
        check("pytorch-2.4.0-cuda120_py311h1a1b2c3_300.json", Some(("torch", "2.4.0", "12.0")));
        check("pytorch-2.4.0-cpu_generic_py311_0.json", Some(("torch", "2.4.0", "absent")));
        check("pytorch-2.0.1-py3.10_cpu_0.json", Some(("torch", "2.0.1", "absent")));
        check("jaxlib-0.4.31-cuda120py311h5a1b2c3_200.json", Some(("jaxlib", "0.4.31", "12.0")));
        check("cuda-version-12.6-h7480c83_3.json", Some(("cuda-version", "12.6", "12.6")));
        check("cudatoolkit-11.8.0-h4ba93d1_13.json", Some(("cudatoolkit", "11.8.0", "11.8")));
        check("cudnn-9.3.0.75-h93bb076_0.json", Some(("cudnn", "9.3.0.75", "unknown")));
        check("numpy-1.26.4-py311_0.json", None);
        check("history", None);
        check("-.json", None);
    }

    proptest! {
        #[test]
        fn never_panics(name in ".*") {
            let _ = parse_file_name(&name);
            let _ = parse_file_name(&format!("pytorch-{name}.json"));
        }
    }
}
