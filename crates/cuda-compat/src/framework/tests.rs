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
