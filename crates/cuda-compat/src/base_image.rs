//! Base images: which tags of `nvidia/cuda` are real, deleted, or were never published.
//!
//! The table is `base_image.toml`; its sources are the tags of Docker Hub and NVIDIA's own lists of
//! tags. A tag is text that anybody can write: [`look_up_tag`] says whether there is an image behind
//! it, [`nearest_tags`] what was probably meant, [`tag_for`] how the tag of a wish is written.

mod tag;

pub use tag::{CudaTag, Flavour, TagError};

use crate::{CudaVersion, CudnnVersion, DriverVersion, Platform, least_driver, table};
use serde::Deserialize;
use std::sync::LazyLock;

/// The images of one CUDA release on one distribution.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseImage {
    /// The CUDA release, with its patch.
    pub cuda: CudaVersion,
    /// The distribution as the tag writes it: `ubuntu22.04`, `ubi9`.
    pub os: String,
    /// The flavours without cuDNN.
    pub flavours: Vec<Flavour>,
    /// The cuDNN inside the images that have it; `None` where that was not seen.
    pub cudnn: Option<CudnnVersion>,
    /// How the tags with cuDNN write it: `cudnn8`, `cudnn9` or `cudnn`; `None` where there are none.
    pub cudnn_infix: Option<String>,
    /// The flavours with cuDNN.
    pub cudnn_flavours: Vec<Flavour>,
    /// What was seen of the tags.
    pub state: TagState,
    /// Whether only one tag of the row was seen, and the others follow from NVIDIA's habit of
    /// publishing all of a row together.
    #[serde(default)]
    pub inferred: bool,
    /// Whether NVIDIA lists the tags as supported; `None` where no list names them.
    pub supported: Option<bool>,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

/// What was seen of the tags of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagState {
    /// They were on the registry at the date of the row.
    Published,
    /// They were published once, and were gone at the date of the row.
    Deleted,
    /// NVIDIA names them, and nobody looked at the registry.
    Unverified,
}

/// What the table says of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagAnswer {
    /// It is real (published, or named by NVIDIA; see [`BaseImage::state`]).
    Real(&'static BaseImage),
    /// It was real once. NVIDIA deletes tags some months after their end of life.
    Deleted(&'static BaseImage),
    /// The table knows all tags of this CUDA and distribution, and this is none of them.
    NotPublished,
    /// The CUDA is newer than the table, or the distribution is of another family: it cannot say.
    NotInTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    image: Vec<BaseImage>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::parse(include_str!("base_image.toml")));

/// Every row, by CUDA and distribution.
///
/// ```
/// use cuda_compat::base_images;
///
/// let oldest = base_images().first().unwrap();
/// assert_eq!(oldest.cuda.to_string(), "11.0.3");
/// ```
pub fn base_images() -> &'static [BaseImage] {
    &TABLE.image
}

impl BaseImage {
    /// Whether this row has the tag.
    pub fn has(&self, tag: &CudaTag) -> bool {
        let flavours = match &tag.cudnn {
            None => &self.flavours,
            Some(infix) if Some(infix) == self.cudnn_infix.as_ref() => &self.cudnn_flavours,
            Some(_) => return false,
        };
        self.cuda == tag.cuda && self.os == tag.os && flavours.contains(&tag.flavour)
    }

    /// Every tag of the row: without cuDNN first, the small flavours first.
    ///
    /// ```
    /// use cuda_compat::base_images;
    ///
    /// let row = base_images().iter().find(|row| row.cuda.to_string() == "12.6.3").unwrap();
    /// let tags: Vec<String> = row.tags().map(|tag| tag.to_string()).collect();
    /// assert!(tags.contains(&"12.6.3-base-amzn2023".to_owned()));
    /// assert!(tags.contains(&"12.6.3-devel-amzn2023".to_owned()));
    /// ```
    pub fn tags(&self) -> impl Iterator<Item = CudaTag> {
        let plain = self.flavours.iter().map(|flavour| (None, *flavour));
        let infix = self.cudnn_infix.as_ref();
        let with = self
            .cudnn_flavours
            .iter()
            .filter_map(move |flavour| infix.map(|infix| (Some(infix.clone()), *flavour)));
        plain.chain(with).map(|(cudnn, flavour)| CudaTag {
            cuda: self.cuda,
            cudnn,
            flavour,
            os: self.os.clone(),
        })
    }

    fn is_deleted(&self) -> bool {
        self.state == TagState::Deleted
    }
}

/// What the table says of a tag.
///
/// ```
/// use cuda_compat::{TagAnswer, look_up_tag};
///
/// let answer = |tag: &str| look_up_tag(&tag.parse().unwrap());
/// assert!(matches!(answer("11.8.0-cudnn8-devel-ubuntu20.04"), TagAnswer::Real(_)));
/// assert!(matches!(answer("11.7.0-base-ubuntu20.04"), TagAnswer::Deleted(_)));
/// // From CUDA 12.4.1 on the infix is `cudnn`, without a number.
/// assert_eq!(answer("12.4.1-cudnn9-devel-ubuntu22.04"), TagAnswer::NotPublished);
/// assert_eq!(answer("99.0.0-base-ubuntu22.04"), TagAnswer::NotInTable);
/// ```
pub fn look_up_tag(tag: &CudaTag) -> TagAnswer {
    if let Some(row) = base_images().iter().find(|row| row.has(tag)) {
        return if row.is_deleted() { TagAnswer::Deleted(row) } else { TagAnswer::Real(row) };
    }
    if knows_all_tags(tag.cuda, &tag.os) { TagAnswer::NotPublished } else { TagAnswer::NotInTable }
}

/// Whether a tag of that CUDA and distribution that is not in the table does not exist. The lines
/// that NVIDIA still works on may have got a patch or a distribution after the table was read.
fn knows_all_tags(cuda: CudaVersion, os: &str) -> bool {
    let rows = || base_images().iter();
    if rows().any(|row| row.cuda == cuda && row.os == os) {
        return true;
    }
    let family =
        |os: &str| os.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned();
    let newest_of_major =
        |major| rows().filter(|row| row.cuda.major == major).map(|row| row.cuda.minor_line()).max();
    let newest_major = rows().map(|row| row.cuda.major).max();
    let family_is_known = rows()
        .any(|row| family(&row.os) == family(os) && row.cuda.minor_line() >= cuda.minor_line());
    // NVIDIA looks after two majors: all lines of the newest, and the last line of the one before.
    let may_have_grown = match newest_major {
        Some(newest) if cuda.major >= newest => true,
        Some(newest) if cuda.major + 1 == newest => {
            Some(cuda.minor_line()) >= newest_of_major(cuda.major)
        }
        _ => false,
    };
    family_is_known && !may_have_grown
}

/// The real tags that are nearest to one that is not: as few differences as possible, in cuDNN and
/// flavour least, then in CUDA, then in the distribution; supported tags before others.
///
/// ```
/// use cuda_compat::nearest_tags;
///
/// let nearest = nearest_tags(&"12.4.1-cudnn8-devel-ubuntu22.04".parse().unwrap(), 1);
/// assert_eq!(nearest[0].to_string(), "12.4.1-cudnn-devel-ubuntu22.04");
/// ```
pub fn nearest_tags(tag: &CudaTag, most: usize) -> Vec<CudaTag> {
    let mut near: Vec<(u32, CudaTag)> = Vec::new();
    for row in base_images().iter().filter(|row| !row.is_deleted()) {
        near.extend(row.tags().map(|real| (distance(tag, &real, row), real)));
    }
    // Of two that are as near the newer is the better one.
    near.sort_by(|(one, first), (other, second)| {
        one.cmp(other)
            .then_with(|| second.cuda.cmp(&first.cuda))
            .then_with(|| second.os.cmp(&first.os).then_with(|| first.cudnn.cmp(&second.cudnn)))
    });
    near.into_iter().take(most).map(|(_, tag)| tag).collect()
}

fn distance(wish: &CudaTag, real: &CudaTag, row: &BaseImage) -> u32 {
    let mut far = 0;
    if wish.cudnn.is_some() != real.cudnn.is_some() {
        far += 200;
    }
    if wish.flavour != real.flavour {
        far += 120;
    }
    if wish.cuda.major != real.cuda.major {
        far += 60;
    }
    if wish.cuda.minor_line() != real.cuda.minor_line() {
        far += 25 + 2 * wish.cuda.minor.abs_diff(real.cuda.minor).min(20);
    }
    if wish.cuda != real.cuda {
        far += 2;
    }
    if wish.os != real.os {
        far += 15 + os_distance(&wish.os, &real.os);
    }
    if row.supported == Some(false) || row.state == TagState::Unverified {
        far += 1;
    }
    far
}

/// Years between two releases of the same distribution; far for another one.
fn os_distance(one: &str, other: &str) -> u32 {
    let split = |os: &str| {
        let at = os.find(|c: char| c.is_ascii_digit()).unwrap_or(os.len());
        let (name, version) = os.split_at(at);
        let year = version.split('.').next().and_then(|year| year.parse::<u32>().ok());
        (name.to_owned(), year)
    };
    match (split(one), split(other)) {
        ((name, Some(year)), (same, Some(another))) if name == same => {
            year.abs_diff(another).min(20)
        }
        _ => 40,
    }
}

/// The tag of a wish: the right infix for cuDNN, and the newest patch where `cuda` names none.
///
/// `None` where there is no such image, as for cuDNN on the `base` flavour.
///
/// ```
/// use cuda_compat::{CudaVersion, Flavour, tag_for};
///
/// let tag = tag_for(CudaVersion::new(12, 6), true, Flavour::Devel, "ubuntu22.04").unwrap();
/// assert_eq!(tag.to_string(), "12.6.3-cudnn-devel-ubuntu22.04");
/// assert_eq!(tag_for(CudaVersion::new(12, 6), true, Flavour::Base, "ubuntu22.04"), None);
/// ```
pub fn tag_for(cuda: CudaVersion, cudnn: bool, flavour: Flavour, os: &str) -> Option<CudaTag> {
    let fits = |found: CudaVersion| match cuda.patch {
        Some(_) => found == cuda,
        None => found.minor_line() == cuda,
    };
    let rows = base_images().iter().filter(|row| !row.is_deleted() && row.os == os);
    let tags = rows.filter(|row| fits(row.cuda)).rev().flat_map(BaseImage::tags);
    let mut tags = tags.filter(|tag| tag.flavour == flavour && tag.cudnn.is_some() == cudnn);
    tags.next()
}

/// The tag of a wish, as [`tag_for`] writes it, for machines with that driver: where `cuda` names no
/// patch, the newest patch that the driver runs in full, and the newest of all where it runs none so.
///
/// ```
/// use cuda_compat::{CudaVersion, Flavour, Platform, tag_for_driver};
///
/// let tag = |driver: &str| {
///     let driver = Some((driver.parse().unwrap(), Platform::Linux));
///     tag_for_driver(CudaVersion::new(12, 6), false, Flavour::Base, "ubuntu22.04", driver)
/// };
/// assert_eq!(tag("560.35.03").unwrap().to_string(), "12.6.2-base-ubuntu22.04");
/// assert_eq!(tag("570.26").unwrap().to_string(), "12.6.3-base-ubuntu22.04");
/// assert_eq!(tag("535.183.01").unwrap().to_string(), "12.6.3-base-ubuntu22.04");
/// ```
pub fn tag_for_driver(
    cuda: CudaVersion,
    cudnn: bool,
    flavour: Flavour,
    os: &str,
    driver: Option<(DriverVersion, Platform)>,
) -> Option<CudaTag> {
    let of_line = base_images().iter().rev().map(|row| row.cuda);
    let mut in_full = of_line.filter(|release| {
        let exact = |platform| least_driver(*release, platform).and_then(|least| least.exact);
        cuda.patch.is_none()
            && release.minor_line() == cuda
            && driver.is_some_and(|(driver, platform)| {
                exact(platform).is_some_and(|exact| exact <= driver)
            })
    });
    in_full
        .find_map(|release| tag_for(release, cudnn, flavour, os))
        .or_else(|| tag_for(cuda, cudnn, flavour, os))
}

#[cfg(test)]
mod tests;
