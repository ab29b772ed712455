//! The distribution gets no fixes for security any more.
//!
//! A release of Ubuntu LTS is looked after for five years; after that only machines with Ubuntu Pro get
//! fixes (ESM). One of Debian is looked after for three years, and for two more by the volunteers and
//! companies of Debian LTS, for everybody; after that there is ELTS, which is paid. In the end the archive
//! moves, PPAs delete their packages, and scanners find more every week.
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
#[error("{os} gets {what} since {end}",
    what = if self.is_in_debian_lts() { "fixes from Debian LTS only" } else { "no fixes" })]
pub struct DistributionEndOfLife {
    /// The distribution.
    pub os: String,
    /// The last day of the support that was free for all.
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
            // The archive of Debian gets the fixes of LTS too, so that they end later.
            let lts = row.extended_end.filter(|end| row.name == "debian" && *end < scene.today);
            let end = lts.unwrap_or(end);
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

impl DistributionEndOfLife {
    fn is_in_debian_lts(&self) -> bool {
        self.extended.is_some() && self.os.starts_with("debian")
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
            fixes.push(Fix::by_hand(match () {
                () if self.is_in_debian_lts() => format!(
                    "or stay with Debian LTS, which is free, looks after most packages and ends on \
                     {extended}"
                ),
                () if self.os.starts_with("ubuntu") => format!(
                    "or attach Ubuntu Pro in the build: its fixes (ESM) end on {extended}"
                ),
                () => format!("or have a contract for longer support, which ends on {extended}"),
            }));
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
        check("debian:buster", Some("debian10 gets no fixes since 2024-06-30"));
        check("debian:10-slim", Some("debian10 gets no fixes since 2024-06-30"));
        check("debian:bullseye", Some("debian11 gets no fixes since 2026-08-31"));
        check("debian:12", Some("debian12 gets fixes from Debian LTS only since 2026-07-11"));
        check("debian:13", None);
        check("ubuntu:14.04", Some("ubuntu14.04 gets no fixes since 2019-04-25"));
        check("busybox:1.36", None);
    }

    #[test]
    fn names_newer_ones_of_the_same_cuda() {
        let text = "FROM nvidia/cuda:11.8.0-base-ubuntu20.04\n";
        let found = example::dockerfile(text, DistributionEndOfLife::find);
        assert_eq!(found[0].newer, ["ubuntu22.04"]);
    }

    #[test]
    fn says_who_looks_after_it_longer() {
        let check = |from: &str, expected: &str| {
            let text = format!("FROM {from}\n");
            let found = example::dockerfile(&text, DistributionEndOfLife::find);
            let last = found[0].fixes().pop().unwrap().text;
            assert!(last.contains(expected), "{from}: {last}");
        };
        check("ubuntu:20.04", "Ubuntu Pro");
        check("debian:12", "Debian LTS, which is free");
        check("debian:10", "take a newer release");
    }
}
