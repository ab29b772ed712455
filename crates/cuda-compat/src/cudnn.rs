//! cuDNN: which CUDA each release is for, which GPUs it runs on, which base images hold it.
//!
//! The table is `cudnn.toml`, from the files on PyPI and NVIDIA's support matrices. A library that is
//! linked with cuDNN 8 does not load cuDNN 9, and the other way round; a release for CUDA 12 runs
//! with every minor version of CUDA 12.

use crate::{BaseImage, ComputeCapability, CudnnVersion, base_images, table};
use serde::Deserialize;
use std::sync::LazyLock;

/// One release of cuDNN.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CudnnRelease {
    /// The version, of four parts.
    pub cudnn: CudnnVersion,
    /// The major versions of CUDA that it is published for.
    pub cuda_majors: Vec<u32>,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

/// The least compute capability from a release on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CudnnFloor {
    /// The first release that it holds for.
    pub since: CudnnVersion,
    /// The least compute capability.
    pub capability: ComputeCapability,
    /// Whether NVIDIA's matrix of that very release says so.
    pub verified: bool,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    release: Vec<CudnnRelease>,
    floor: Vec<CudnnFloor>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| table::parse(include_str!("cudnn.toml")));

/// Every release, oldest first.
pub fn cudnn_releases() -> &'static [CudnnRelease] {
    &TABLES.release
}

/// The steps of the least compute capability, oldest release first.
pub fn cudnn_floors() -> &'static [CudnnFloor] {
    &TABLES.floor
}

/// The releases for a major version of CUDA, oldest first.
///
/// ```
/// use cuda_compat::cudnn_for_cuda_major;
///
/// let last = cudnn_for_cuda_major(11).next_back().unwrap();
/// assert_eq!(last.cudnn.to_string(), "9.10.2.21");
/// ```
pub fn cudnn_for_cuda_major(major: u32) -> impl DoubleEndedIterator<Item = &'static CudnnRelease> {
    cudnn_releases().iter().filter(move |row| row.cuda_majors.contains(&major))
}

/// The least compute capability that a cuDNN runs on; `None` where the table does not know. A
/// version that names only its first parts means the oldest release that they fit.
///
/// ```
/// use cuda_compat::{ComputeCapability, cudnn_least_capability};
///
/// let least = cudnn_least_capability("9.12.0".parse()?);
/// assert_eq!(least, Some(ComputeCapability::new(7, 5)));
/// # Ok::<(), cuda_compat::VersionError>(())
/// ```
pub fn cudnn_least_capability(cudnn: CudnnVersion) -> Option<ComputeCapability> {
    let first_of_major = CudnnVersion { minor: Some(0), patch: None, build: None, ..cudnn };
    let asked = if cudnn.minor.is_none() { first_of_major } else { cudnn };
    let mut known = cudnn_floors().iter().filter(|row| row.since <= asked);
    known.next_back().map(|row| row.capability)
}

/// The base images that hold a cuDNN, by CUDA; `cudnn` may name its first parts only.
///
/// ```
/// use cuda_compat::base_images_with_cudnn;
///
/// let first = base_images_with_cudnn("9.10".parse()?).next().unwrap();
/// assert_eq!(first.cuda.to_string(), "12.9.1");
/// # Ok::<(), cuda_compat::VersionError>(())
/// ```
pub fn base_images_with_cudnn(cudnn: CudnnVersion) -> impl Iterator<Item = &'static BaseImage> {
    let holds = move |row: &&BaseImage| row.cudnn.is_some_and(|found| cudnn.is_met_by(found));
    base_images().iter().filter(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_say_where_they_come_from() {
        assert!(cudnn_releases().is_sorted_by(|one, next| one.cudnn < next.cudnn));
        assert!(cudnn_floors().is_sorted_by(|one, next| {
            one.since < next.since && one.capability < next.capability
        }));
        let releases = cudnn_releases().iter().map(|row| (row.source.as_str(), row.date.as_str()));
        let floors = cudnn_floors().iter().map(|row| (row.source.as_str(), row.date.as_str()));
        table::check_origin(releases.chain(floors));
        for row in cudnn_releases() {
            assert!(row.cudnn.build.is_some(), "{row:?}");
            assert!(row.cuda_majors.is_sorted() && !row.cuda_majors.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn base_images_hold_what_was_released_for_them() {
        for row in base_images() {
            let Some(cudnn) = row.cudnn else { continue };
            let Some(release) = cudnn_releases().iter().find(|it| it.cudnn == cudnn) else {
                assert!(cudnn < cudnn_releases()[0].cudnn, "{row:?}");
                continue;
            };
            assert!(release.cuda_majors.contains(&row.cuda.major), "{row:?}");
        }
    }

    #[test]
    fn least_capability() {
        let check = |cudnn: &str, expected: Option<&str>| {
            let got = cudnn_least_capability(cudnn.parse().unwrap()).map(|cc| cc.to_string());
            assert_eq!(got.as_deref(), expected, "{cudnn}");
        };
        check("8.9.4", None);
        check("8.9.7.29", Some("5.0"));
        check("8", None);
        check("9", Some("5.0"));
        check("9.0.0", Some("5.0"));
        check("9.10.2.21", Some("5.0"));
        check("9.11", Some("7.5"));
        check("9.28.1.4", Some("7.5"));
    }
}
