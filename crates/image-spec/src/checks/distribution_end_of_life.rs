//! The distribution gets no fixes for security any more.
//!
//! A release of Ubuntu LTS is looked after for five years, one of Debian for three. After that nothing of it
//! is fixed without a paid contract; its archive moves, PPAs delete their packages, and scanners find more
//! every week.
//!
//! See for yourself with `distro-info --supported`, or the table of `cargo altlas facts`.
//!
//! Take a newer release of the distribution.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, once::once};
use cuda_compat::{Distribution, base_images, distribution, distributions};
use jiff::civil::Date;
use serde::Serialize;

/// The distribution gets no fixes for security any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{os} gets no fixes since {end}")]
pub struct DistributionEndOfLife {
    /// The distribution.
    pub os: String,
    /// The last day of free support.
    pub end: Date,
    /// The last day of paid or long-term support.
    pub extended: Option<Date>,
    /// Newer releases with images of this CUDA.
    pub newer: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

impl DistributionEndOfLife {
    pub(super) const CODE: &str = "image/distribution-end-of-life";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        once(scene.recipes.iter().filter_map(|recipe| {
            let os = recipe.os.as_ref()?;
            let row = distribution(&os.value)?;
            let end = row.end_of_life.filter(|end| *end < scene.today)?;
            let cuda = recipe.cuda.as_ref().map(|cuda| cuda.value.minor_line());
            let has_image = |os: &str| {
                cuda.is_none_or(|cuda| {
                    let mut rows = base_images().iter();
                    rows.any(|row| row.cuda.minor_line() == cuda && row.os == os)
                })
            };
            let newer = distributions().iter().filter(|other| {
                other.name == row.name && other.is_over(scene.today) == Some(false) && has_image(&other.id())
            });
            Some(Self {
                os: row.id(),
                end,
                extended: row.extended_end.filter(|end| *end >= scene.today),
                newer: newer.map(Distribution::id).collect(),
                place: os.place.clone(),
            })
        }))
    }
}

impl Diagnosis for DistributionEndOfLife {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let newer: Vec<String> = self.newer.iter().map(|os| format!("`{os}`")).collect();
        let mut fixes = vec![match newer.is_empty() {
            true => Fix::by_hand("take a newer release, together with a newer CUDA that has images for it"),
            false => Fix::by_hand(format!("take a newer release: {}", newer.join(", "))),
        }];
        if let Some(extended) = self.extended {
            let text = format!("or have a contract for long-term support, which ends on {extended}");
            fixes.push(Fix::by_hand(text));
        }
        fixes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_today() {
        let check = |from: &str, expected: Option<&str>| {
            let found = example::dockerfile(&format!("FROM {from}\n"), DistributionEndOfLife::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{from}");
        };
        check(
            "nvidia/cuda:11.8.0-base-ubuntu20.04",
            Some("ubuntu20.04 gets no fixes since 2025-05-29"),
        );
        check("nvidia/cuda:11.8.0-base-ubuntu22.04", None);
        check("busybox:1.36", None);
    }

    #[test]
    fn names_newer_ones_of_the_same_cuda() {
        let text = "FROM nvidia/cuda:11.8.0-base-ubuntu20.04\n";
        let found = example::dockerfile(text, DistributionEndOfLife::find);
        assert_eq!(found[0].newer, ["ubuntu22.04"]);
    }
}
