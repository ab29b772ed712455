//! The shape of the table of frameworks, and answers that are known.

use super::*;
use crate::toolkits;
use std::collections::HashSet;

#[test]
fn rows_say_where_they_come_from() {
    let rows = framework_builds().iter();
    table::check_origin(rows.map(|row| (row.source.as_str(), row.date.as_str())));
    for row in framework_builds() {
        assert!(row.note.as_ref().is_none_or(|note| !note.trim().is_empty()), "{row:?}");
    }
}

#[test]
fn rows_are_sorted_and_sane() {
    let key = |row: &FrameworkBuild| {
        (row.framework, row.package.clone(), row.index.clone(), row.versions[0].clone())
    };
    assert!(framework_builds().iter().all(|row| !row.versions.is_empty()));
    assert!(framework_builds().is_sorted_by(|one, next| key(one) < key(next)));
    let known: Vec<CudaVersion> = toolkits().iter().map(|row| row.cuda).collect();
    for row in framework_builds() {
        assert!(row.versions.is_sorted_by(|one, next| one < next), "{row:?}");
        assert!(row.cuda_first <= row.cuda_last, "{row:?}");
        assert!(known.contains(&row.cuda_first) && known.contains(&row.cuda_last), "{row:?}");
        assert!(!row.pythons.is_empty(), "{row:?}");
        assert!(row.pythons.is_sorted_by(|one, next| one < next), "{row:?}");
        assert!(row.pythons.iter().all(|it| it.major == 3 && it.patch.is_none()), "{row:?}");
        assert!(row.glibc.is_none_or(|glibc| glibc.0 == 2), "{row:?}");
        let (first, last) = (row.first_capability, row.last_capability);
        assert!(first.is_none() || last.is_none() || first <= last, "{row:?}");
        assert!(row.capabilities.is_sorted_by(|one, next| one < next), "{row:?}");
        assert!(row.capabilities.first().is_none_or(|it| Some(*it) == first), "{row:?}");
        assert!(row.capabilities.last().is_none_or(|it| Some(*it) == last), "{row:?}");
        assert!(row.ptx.is_none_or(|ptx| row.capabilities.contains(&ptx)), "{row:?}");
        let package = row.package.split('[').next().unwrap();
        assert_eq!(Framework::of_package(package), Some(row.framework), "{row:?}");
    }
}

#[test]
fn a_release_is_in_one_row_of_a_package_and_index() {
    let mut seen = HashSet::new();
    for row in framework_builds() {
        for version in &row.versions {
            assert!(!version.any_prerelease() && !version.is_local(), "{version}");
            let new = seen.insert((row.package.as_str(), row.index.as_deref(), version));
            assert!(new, "{} {version} is in two rows", row.package);
        }
    }
}

#[test]
fn an_index_of_pytorch_names_its_cuda() {
    for row in framework_builds().iter().filter(|row| row.framework == Framework::Torch) {
        let Some(index) = &row.index else { continue };
        assert_eq!(*index, format!("cu{}{}", row.cuda_first.major, row.cuda_first.minor));
        assert_eq!(row.cuda_first, row.cuda_last);
    }
}

#[test]
fn knows_what_fits_the_seed() {
    // CUDA 11.8 and Python 3.11.
    let python: PythonVersion = "3.11".parse().unwrap();
    let cuda = CudaVersion::new(11, 8);
    let newest = |framework: Framework, brings: bool| {
        let rows = framework_builds().iter().filter(|row| row.framework == framework);
        let fits = rows.filter(|row| row.works_with(cuda) && row.pythons.contains(&python));
        let fits = fits.filter(|row| row.brings_cuda == brings);
        fits.flat_map(|row| &row.versions).max().map(Version::to_string)
    };
    assert_eq!(newest(Framework::Torch, true).as_deref(), Some("2.7.1"));
    assert_eq!(newest(Framework::Tensorflow, false).as_deref(), Some("2.14.1"));
    assert_eq!(newest(Framework::Tensorflow, true), None);
    assert_eq!(newest(Framework::Cupy, false).as_deref(), Some("13.6.0"));
    assert_eq!(newest(Framework::Rapids, true).as_deref(), Some("25.6.0"));
    assert_eq!(newest(Framework::Jax, true), None);
}

#[test]
fn says_on_which_gpus_a_build_runs() {
    let check = |package: &str, index: Option<&str>, version: &str, cc: &str, expected| {
        let version: Version = version.parse().unwrap();
        let rows = framework_builds().iter().filter(|row| row.package == package);
        let mut rows = rows.filter(|row| row.index.as_deref() == index);
        let row = rows.find(|row| row.versions.contains(&version)).unwrap();
        assert_eq!(row.runs_on(cc.parse().unwrap()), expected, "{package} {version} on {cc}");
    };
    // Machine code of the same major, and no PTX.
    check("torch", Some("cu118"), "2.7.1", "8.9", Some(true));
    check("torch", Some("cu118"), "2.7.1", "12.0", Some(false));
    check("torch", Some("cu118"), "2.7.1", "3.5", Some(false));
    check("torch", Some("cu128"), "2.7.1", "12.0", Some(true));
    check("torch", Some("cu128"), "2.7.1", "7.0", Some(false));
    check("torch", None, "2.8.0", "7.0", Some(true));
    check("torch", None, "2.13.0", "7.0", Some(false));
    check("torch", None, "2.15.0", "9.0", None);
    // PTX runs on what is newer.
    check("tensorflow[and-cuda]", None, "2.18.1", "12.0", Some(true));
    check("tensorflow[and-cuda]", None, "2.18.1", "5.2", Some(false));
    // Only the oldest GPU is published.
    check("jax[cuda13]", None, "0.12.0", "7.0", Some(false));
    check("jax[cuda13]", None, "0.12.0", "9.0", None);
    check("tensorrt-cu12", Some("pypi.nvidia.com"), "10.5.0", "7.0", Some(false));
    check("cupy-cuda12x", None, "14.2.0", "12.0", None);
}

#[test]
fn first_releases() {
    let check = |framework: Framework, cc: &str, expected: Option<&str>| {
        let found = first_release_for(framework, cc.parse().unwrap());
        let found = found.map(|(version, row)| format!("{version} for CUDA {}", row.cuda_first));
        assert_eq!(found.as_deref(), expected, "{framework} on {cc}");
    };
    check(Framework::Torch, "8.0", Some("1.9.0 for CUDA 11.1"));
    check(Framework::Torch, "9.0", Some("2.0.0 for CUDA 11.8"));
    check(Framework::Torch, "10.0", Some("2.7.0 for CUDA 12.8"));
    check(Framework::Torch, "12.0", Some("2.7.0 for CUDA 12.8"));
    check(Framework::Rapids, "12.0", Some("25.10.0 for CUDA 12.2"));
    check(Framework::Cupy, "12.0", None);
}
