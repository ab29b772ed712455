//! The newest set of versions that fits a list of wishes, or why there is none.
//!
//! [`solve`] looks at every combination that the tables know: a base image, a Python, and for each
//! framework one build of one release. A combination fits when
//!
//! - its base image was published and not deleted, and CUDA, cuDNN and the GPUs fit each other;
//! - each build is for that Python, for the C library of the distribution, and for the CUDA of the
//!   base: a build that takes CUDA from the system for exactly that line, one that brings CUDA for the
//!   same major version;
//! - all builds mean the same major version of cuDNN, and no two require versions of a shared package
//!   that exclude each other ([`requirements_of`](crate::requirements_of));
//! - the oldest driver runs it, by minor-version compatibility at least, and the image lets itself be
//!   started on that driver (`NVIDIA_REQUIRE_CUDA`);
//! - the oldest driver knows each GPU;
//! - each GPU finds code that it can run, as far as it is known what a build ships.
//!
//! What the tables do not know excludes nothing. Of all combinations that fit the best is, in this
//! order: the newest frameworks, the first wish before the second (and CuPy and Numba, on which others
//! build, after these); a driver that needs no minor-version compatibility; a base with the CUDA that the wheels bring; a tag that was seen on the registry; the
//! newest CUDA; the newest Python; the distribution that is supported longest; builds that bring CUDA,
//! from PyPI before another index. The search is complete: where it finds nothing, nothing fits.
//!
//! Where nothing fits, [`Contradiction`] holds a smallest set of wishes that exclude each other, with
//! the facts behind each, and the changes of one wish (or, where none helps, of two and more) after
//! which everything fits.

mod change;
mod contradiction;
mod fact;
mod rules;
mod search;
mod set;
mod space;
mod step;
mod wish;

pub use change::Change;
pub use contradiction::{Clash, Contradiction};
pub use fact::Fact;
pub use step::Step;
pub use wish::{DriverWish, FrameworkWish, GpuCapability, Wish, Wishes};

use crate::{
    BaseImage, CudaTag, CudnnVersion, DriverVersion, Flavour, Framework, FrameworkBuild,
    PythonVersion, base_images, framework_builds,
};
use pep440_rs::Version;
use space::{Asked, Space};

/// What [`solve`] found.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The best set that fits.
    Fits(Box<Fit>),
    /// Nothing fits.
    Contradiction(Box<Contradiction>),
}

/// A set of versions that fits together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The base image, in the smallest flavour that suffices or the one that was wished.
    pub tag: CudaTag,
    /// Its row in the table.
    pub base: &'static BaseImage,
    /// The Python.
    pub python: PythonVersion,
    /// The frameworks, in the order of the wishes.
    pub frameworks: Vec<Chosen>,
    /// The cuDNN and who brings it; `None` where nothing needs it.
    pub cudnn: Option<(CudnnVersion, CudnnFrom)>,
    /// How it stands with the driver.
    pub driver: DriverFit,
}

/// A release of a framework, and the build of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The framework.
    pub framework: Framework,
    /// The release.
    pub version: Version,
    /// The build: package, index and facts.
    pub build: &'static FrameworkBuild,
}

/// Who brings cuDNN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CudnnFrom {
    /// The base image.
    Base,
    /// The wheels of a framework. The version is the one that they pin, or the least that they take.
    Wheels,
    /// Nobody yet: it has to be installed with pip.
    Pip,
}

/// How a set stands with the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriverFit {
    /// No driver was named; this is the least that runs it.
    Least(DriverVersion),
    /// The driver is as new as its CUDA.
    Exact,
    /// The driver is older than its CUDA and runs it by minor-version compatibility: machine code for
    /// the GPU only (no PTX), and not the newest features. From this driver on it is exact.
    MinorCompatible {
        /// The first driver that needs no compatibility; `None` where NVIDIA has not published it.
        exact_from: Option<DriverVersion>,
    },
}

/// The best set that fits the wishes, or why there is none. The text of the module says what fits
/// and what is better.
///
/// ```
/// use cuda_compat::{Answer, FrameworkWish, Wishes, solve};
///
/// let mut wishes = Wishes::on("2026-11-24".parse()?);
/// wishes.frameworks.push(FrameworkWish::new("torch".parse()?, ">=2.6".parse()?));
/// wishes.cuda = Some("==11.8.*".parse()?);
/// let Answer::Fits(fit) = solve(&wishes) else { panic!() };
/// assert_eq!(fit.frameworks[0].version.to_string(), "2.7.1");
/// assert_eq!(fit.frameworks[0].build.index.as_deref(), Some("cu118"));
/// assert_eq!(fit.tag.to_string(), "11.8.0-base-ubuntu22.04");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn solve(wishes: &Wishes) -> Answer {
    solve_with(&Tables::all(), wishes)
}

/// The rows that are looked at.
#[derive(Debug, Clone)]
struct Tables {
    builds: Vec<&'static FrameworkBuild>,
    bases: Vec<&'static BaseImage>,
}

impl Tables {
    fn all() -> Self {
        Self { builds: framework_builds().iter().collect(), bases: base_images().iter().collect() }
    }
}

fn solve_with(tables: &Tables, wishes: &Wishes) -> Answer {
    let space = Space::new(tables, wishes);
    match space.best(&Asked::everything(&space)) {
        Some(found) => Answer::Fits(Box::new(space.fit(&found))),
        None => Answer::Contradiction(Box::new(contradiction::explain(&space))),
    }
}

impl Fit {
    /// The flavour of the base.
    pub fn flavour(&self) -> Flavour {
        self.tag.flavour
    }

    /// The build of a framework.
    pub fn of(&self, framework: Framework) -> Option<&Chosen> {
        self.frameworks.iter().find(|chosen| chosen.framework == framework)
    }
}

#[cfg(test)]
mod brute;
#[cfg(test)]
mod tests;
