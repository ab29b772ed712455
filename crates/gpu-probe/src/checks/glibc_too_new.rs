//! The C library's headers are newer than this CUDA toolkit can compile.
//!
//! From version 2.42 on, glibc declares functions such as `rsqrt` that CUDA declares, too, and not
//! in the same way. `nvcc` up to CUDA 13.1 ends with `exception specification is incompatible with
//! that of previous function "rsqrt"`. Programs that are built already run as before.
//!
//! Confirm with `ldd --version`. Use a newer toolkit, or build in an image with an older
//! distribution.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use cuda_compat::CudaVersion;
use serde::Serialize;

/// glibc and the toolkit's headers do not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the headers of glibc {glibc} are too new for the `nvcc` of CUDA {cuda}")]
pub struct GlibcTooNew {
    /// The version of glibc.
    pub glibc: String,
    /// The version of the toolkit.
    pub cuda: CudaVersion,
    /// The folder of the toolkit.
    pub folder: String,
}

/// The first glibc whose headers collide.
const COLLIDES_FROM: (u32, u32) = (2, 42);

/// The last toolkit whose headers collide.
const LAST_TOOLKIT: CudaVersion = CudaVersion::new(13, 1);

impl GlibcTooNew {
    pub(super) const CODE: &str = "gpu/glibc-too-new";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/toolkit-version-differs"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        Self::of(facts).into_iter().collect()
    }

    fn of(facts: &Facts) -> Option<Self> {
        let toolkit =
            evidence::active_toolkit(facts).filter(|toolkit| toolkit.nvcc.found().is_some())?;
        let cuda = *toolkit.version.found()?;
        let glibc = facts.host.glibc.found()?;
        let collides = parse_glibc(glibc)? >= COLLIDES_FROM && cuda.minor_line() <= LAST_TOOLKIT;
        collides.then(|| Self { glibc: glibc.clone(), cuda, folder: toolkit.path.clone() })
    }
}

fn parse_glibc(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

impl Diagnosis for GlibcTooNew {
    fn place(&self) -> Place {
        Place::Path { path: self.folder.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "install CUDA 13.2 or newer, or build in an image of a distribution with an older glibc",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, example};
    use proptest::prelude::*;

    #[test]
    fn finds_headers_that_collide() {
        assert_eq!(GlibcTooNew::find(&example::h200(), &Need::default()), []);
        let check = |glibc: Reading<String>, cuda: &str, expected: usize| {
            let mut facts = example::h200();
            facts.host.glibc = glibc.clone();
            facts.toolkits[0].version = Reading::Found(cuda.parse().unwrap());
            let found = GlibcTooNew::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{glibc:?} {cuda}");
        };
        check(Reading::Found("2.42".to_owned()), "13.1.1", 1);
        check(Reading::Found("2.42".to_owned()), "13.2", 0);
        check(Reading::Found("2.39".to_owned()), "12.6", 0);
        check(Reading::Unknown("musl".to_owned()), "12.6", 0);
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse_glibc(&text);
        }
    }
}
