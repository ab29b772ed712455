//! What to take instead: the newest release that fits everything that is known of an image and of the
//! machines that it must run on. A way out of one finding must not lead into the next.

use super::{Install, Pick, installs};
use crate::{Fleet, Place, Recipe};
use cuda_compat::{
    ComputeCapability, CudaVersion, DriverVersion, Flavour, Framework, FrameworkBuild, Platform,
    architecture, least_driver,
};

/// All facts that a release has to fit, beyond the Python and the C library that an [`Install`] knows.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    cuda: Option<CudaVersion>,
    /// Whether the base has a CUDA of its own, which wheels must not bring another major of.
    base_has_cuda: bool,
    cudnn: Cudnn,
    fleet: &'a Fleet,
}

/// The cuDNN that a framework without one of its own finds.
#[derive(Debug, PartialEq, Eq)]
enum Cudnn {
    Unknown,
    Missing,
    Major(u32),
}

impl<'a> Facts<'a> {
    pub(crate) fn of(recipe: &Recipe, fleet: &'a Fleet) -> Self {
        Self {
            cuda: recipe.cuda.as_ref().map(|cuda| cuda.value),
            base_has_cuda: recipe.cuda_tag().is_some_and(|tag| tag.flavour != Flavour::Base),
            cudnn: cudnn(recipe),
            fleet,
        }
    }

    /// The newest release of the package on any index that fits and passes.
    pub(crate) fn newest(
        &self,
        install: &Install<'_>,
        passes: impl Fn(&Pick) -> bool,
    ) -> Option<Pick> {
        install.best(|pick| self.fit(install, pick) && passes(pick))
    }

    /// The newest release of the package on its own index that fits.
    pub(crate) fn newest_here(&self, install: &Install<'_>) -> Option<Pick> {
        let fitting = install.here().filter(|pick| self.fit(install, pick));
        fitting.max_by_key(|pick| pick.version)
    }

    /// Whether the image can have it and the machines can run it; what is not known does not speak
    /// against it.
    pub(crate) fn fit(&self, install: &Install<'_>, pick: &Pick) -> bool {
        install.has_extras_of(pick.build) && self.fit_with_extras(install, pick)
    }

    /// The same, where the extras of the build are written as well.
    pub(crate) fn fit_with_extras(&self, install: &Install<'_>, pick: &Pick) -> bool {
        let runs = |gpu: &crate::Gpu| pick.may_run_on(gpu.capability);
        install.fits_image(pick.build)
            && self.fits_cuda(install, pick)
            && self.fits_cudnn(pick)
            && self.fits_driver(pick)
            && self.fleet.gpus.iter().all(runs)
    }

    fn fits_cuda(&self, install: &Install<'_>, pick: &Pick) -> bool {
        let Some(cuda) = self.cuda else { return true };
        let of_project = matches!(install.place(), Place::Key { path } if path[0] == "frameworks");
        if pick.build.brings_cuda {
            return !(self.base_has_cuda || of_project) || pick.is_for(cuda);
        }
        works(pick.build, cuda)
    }

    fn fits_cudnn(&self, pick: &Pick) -> bool {
        let needs = pick.build.cudnn.filter(|_| !pick.build.brings_cuda);
        needs.is_none_or(|needs| match self.cudnn {
            Cudnn::Unknown => true,
            Cudnn::Missing => false,
            Cudnn::Major(major) => major == needs.major,
        })
    }

    fn fits_driver(&self, pick: &Pick) -> bool {
        let known = self.fleet.driver.zip(self.fleet.platform);
        known.is_none_or(|(driver, platform)| {
            pick.least_driver(platform).is_none_or(|least| least <= driver)
        })
    }
}

fn cudnn(recipe: &Recipe) -> Cudnn {
    let Some(tag) = recipe.cuda_tag() else { return Cudnn::Unknown };
    if let Some(cudnn) = &recipe.cudnn {
        return Cudnn::Major(cudnn.value.major);
    }
    let by_package = recipe.apt.iter().any(|it| it.value.name.contains("cudnn"))
        || recipe.pip.iter().any(|it| it.value.requirement.name.as_ref().contains("cudnn"));
    let by_wheels = || {
        let all = installs(recipe);
        let picks = all.iter().filter_map(Install::pick);
        picks.into_iter().any(|pick| pick.build.brings_cuda && pick.build.cudnn.is_some())
    };
    if tag.cudnn.is_some() || by_package || by_wheels() { Cudnn::Unknown } else { Cudnn::Missing }
}

/// TensorFlow without its own CUDA is built for one minor version and finds the libraries of its
/// major.
pub(crate) fn works(build: &FrameworkBuild, cuda: CudaVersion) -> bool {
    build.works_with(cuda)
        || (build.cuda_first == build.cuda_last
            && cuda.major == build.cuda_last.major
            && cuda.minor_line() >= build.cuda_first)
}

impl Install<'_> {
    /// The major of CUDA that the name of a RAPIDS package says, where no table holds its releases.
    pub(crate) fn major_by_name(&self) -> Option<u32> {
        if self.framework != Framework::Rapids || self.builds_anywhere().next().is_some() {
            return None;
        }
        self.name().rsplit_once("-cu")?.1.parse().ok()
    }
}

impl Pick {
    /// Whether it may run on that GPU: where nothing is known of a wheel, only a toolkit that can build
    /// no code for the GPU any more speaks against it.
    pub(crate) fn may_run_on(&self, capability: ComputeCapability) -> bool {
        if let Some(known) = self.build.runs_on(capability) {
            return known;
        }
        let Some((cuda, row)) = self.brought().zip(architecture(capability)) else { return true };
        row.until.is_none_or(|until| cuda <= until)
    }

    /// The least driver for the wheels: that of their CUDA's major line, or one of their own.
    pub(crate) fn least_driver(&self, platform: Platform) -> Option<DriverVersion> {
        let by_cuda = self.brought().and_then(|cuda| least_driver(cuda, platform));
        let own = self.build.least_driver.filter(|_| platform == Platform::Linux);
        by_cuda.map(|least| least.minor_compatible).max(own)
    }
}
