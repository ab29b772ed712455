//! What fits what: the rules between two things, each a lookup in the tables.

use super::{
    Wishes,
    wish::{DriverWish, Wish, allows_python},
};
use crate::{
    BaseImage, ComputeCapability, CudaVersion, CudnnVersion, DriverVersion, Flavour, Framework,
    FrameworkBuild, Platform, PythonVersion, architectures, cudnn_for_cuda_major,
    cudnn_least_capability, distribution, least_driver, least_driver_for_gpu, machine_code_runs_on,
    newest_cuda_for, require_cuda,
};
use jiff::civil::Date;
use pep440_rs::{Version, VersionSpecifiers};

/// A base image with what is known of its distribution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Base {
    pub(super) image: &'static BaseImage,
    pub(super) glibc: Option<(u32, u32)>,
    pub(super) end_of_life: Option<Date>,
}

impl Base {
    pub(super) fn of(image: &'static BaseImage) -> Self {
        let row = distribution(&image.os);
        Self {
            image,
            glibc: row.and_then(|row| row.glibc),
            end_of_life: row.and_then(|row| row.end_of_life),
        }
    }
}

/// Whether a build can stand on a base image.
pub(super) fn build_on_base(build: &FrameworkBuild, base: &Base) -> bool {
    let glibc = build.glibc.zip(base.glibc).is_none_or(|(needed, found)| found >= needed);
    glibc && cuda_on_base(build, base.image) && system_cudnn(build, base.image)
}

/// A build that brings CUDA needs the same major version, so that there is one stack; another one
/// needs a CUDA that it was built for.
fn cuda_on_base(build: &FrameworkBuild, base: &BaseImage) -> bool {
    if build.brings_cuda {
        return (build.cuda_first.major..=build.cuda_last.major).contains(&base.cuda.major);
    }
    build.works_with(base.cuda) && base.flavours.contains(&least_flavour(build))
}

/// Where a build takes cuDNN from the system, the base has to have it, of the same major version and
/// not older.
fn system_cudnn(build: &FrameworkBuild, base: &BaseImage) -> bool {
    let Some(needed) = needed_from_system(build) else { return true };
    let of_flavour = base.cudnn_flavours.iter().any(|flavour| *flavour >= least_flavour(build));
    of_flavour
        && cudnn_major(base).is_none_or(|major| major == needed.major)
        && base.cudnn.is_none_or(|found| found >= needed)
}

/// The cuDNN that a build needs and does not bring.
pub(super) fn needed_from_system(build: &FrameworkBuild) -> Option<CudnnVersion> {
    build.cudnn.filter(|_| !build.brings_cuda)
}

/// The major version of the cuDNN in a base image; `None` where there is none or it is not known.
pub(super) fn cudnn_major(base: &BaseImage) -> Option<u32> {
    let by_name = base.cudnn_infix.as_deref().and_then(|infix| infix.get(5..)?.parse().ok());
    base.cudnn.map(|cudnn| cudnn.major).or(by_name)
}

/// The smallest flavour that has what a build takes from the system. Numba compiles with NVVM and
/// libdevice, which are parts of the compiler and in `devel` only.
pub(super) fn least_flavour(build: &FrameworkBuild) -> Flavour {
    match build.framework {
        _ if build.brings_cuda => Flavour::Base,
        Framework::Numba | Framework::NumbaCuda => Flavour::Devel,
        _ => Flavour::Runtime,
    }
}

/// Whether two builds mean the same major version of cuDNN, as far as is known.
pub(super) fn same_cudnn(one: &FrameworkBuild, other: &FrameworkBuild) -> bool {
    match (one.cudnn, other.cudnn) {
        (Some(one), Some(other)) => one.major == other.major,
        _ => true,
    }
}

/// Whether a wish allows a base image.
pub(super) fn allows_base(wish: &Wish, place: &Base, wishes: &Wishes) -> bool {
    let base = place.image;
    match wish {
        Wish::Framework(_) | Wish::Python(_) | Wish::Flavour(_) => true,
        Wish::Cuda(range) => in_range(range, base.cuda),
        Wish::Cudnn(cudnn) => has_cudnn(*cudnn, base),
        Wish::Gpu(gpu) => toolkit_knows(base.cuda, base.cuda, gpu.capability),
        Wish::Driver(driver) => {
            runs_on_driver(base.cuda, *driver)
                && is_let_in(base, *driver, wishes.only_data_center())
        }
        Wish::Os(os) => base.os == *os,
        Wish::SupportedOs(today) => {
            has_apt(&base.os) && place.end_of_life.is_some_and(|end| *today <= end)
        }
    }
}

/// Whether a wish allows a Python.
pub(super) fn allows_line(wish: &Wish, python: PythonVersion) -> bool {
    match wish {
        Wish::Python(range) => allows_python(range, python),
        _ => true,
    }
}

/// Whether a wish allows a release of a build.
pub(super) fn allows_build(wish: &Wish, build: &FrameworkBuild, version: &Version) -> bool {
    match wish {
        Wish::Framework(wish) => wish.framework != build.framework || wish.range.contains(version),
        Wish::Cudnn(cudnn) => build.cudnn.is_none_or(|found| found.major == cudnn.major),
        Wish::Gpu(gpu) => has_kernels(build, gpu.capability) != Some(false),
        Wish::Driver(driver) => build_runs_on_driver(build, *driver),
        Wish::Flavour(flavour) => least_flavour(build) <= *flavour,
        Wish::Python(_) | Wish::Cuda(_) | Wish::Os(_) | Wish::SupportedOs(_) => true,
    }
}

/// Whether a distribution has the packages of Debian, which the rest of altlas writes about. Others
/// have to be named.
pub(super) fn has_apt(os: &str) -> bool {
    os.starts_with("ubuntu") || os.starts_with("debian")
}

fn in_range(range: &VersionSpecifiers, cuda: CudaVersion) -> bool {
    let parts = [Some(cuda.major), Some(cuda.minor), cuda.patch];
    range.contains(&Version::new(parts.into_iter().flatten().map(u64::from)))
}

/// cuDNN is in the base or can be installed with pip, where it was released for that CUDA.
fn has_cudnn(wish: CudnnVersion, base: &BaseImage) -> bool {
    base_holds_cudnn(wish, base)
        || cudnn_for_cuda_major(base.cuda.major).any(|row| wish.is_met_by(row.cudnn))
}

/// Whether the images with cuDNN of a base hold the one that is wished.
pub(super) fn base_holds_cudnn(wish: CudnnVersion, base: &BaseImage) -> bool {
    base.cudnn.is_some_and(|found| wish.is_met_by(found))
}

/// Whether one of these toolkits builds machine code that runs on a GPU.
pub(super) fn toolkit_knows(
    first: CudaVersion,
    last: CudaVersion,
    capability: ComputeCapability,
) -> bool {
    let (first, last) = (first.minor_line(), last.minor_line());
    architectures().iter().any(|row| {
        row.since <= last
            && row.until.is_none_or(|until| first <= until)
            && machine_code_runs_on(row.cc, capability)
    })
}

/// Whether a build has code for a GPU; `None` where it is not known what it ships.
pub(super) fn has_kernels(build: &FrameworkBuild, capability: ComputeCapability) -> Option<bool> {
    let floor = build.cudnn.and_then(cudnn_least_capability);
    let known_by_its_cuda = toolkit_knows(build.cuda_first, build.cuda_last, capability);
    if floor.is_some_and(|floor| capability < floor) {
        return Some(false);
    }
    build.runs_on(capability).or_else(|| (!known_by_its_cuda).then_some(false))
}

fn runs_on_driver(cuda: CudaVersion, driver: DriverWish) -> bool {
    let least = least_driver(cuda, driver.platform);
    least.is_none_or(|least| driver.version >= least.minor_compatible)
}

fn build_runs_on_driver(build: &FrameworkBuild, driver: DriverWish) -> bool {
    runs_on_driver(build.cuda_first, driver)
        && own_driver(build, driver.platform).is_none_or(|least| driver.version >= least)
}

/// Whether the driver that is wished knows all GPUs that are.
pub(super) fn driver_knows_gpus(wishes: &[&Wish]) -> bool {
    let drivers = wishes.iter().filter_map(|wish| match wish {
        Wish::Driver(driver) => Some(driver),
        _ => None,
    });
    let mut gpus = drivers.flat_map(|driver| {
        wishes.iter().filter_map(move |wish| match wish {
            Wish::Gpu(gpu) => Some((driver, gpu.capability)),
            _ => None,
        })
    });
    gpus.all(|(driver, capability)| {
        least_driver_for_gpu(capability, driver.platform)
            .is_none_or(|least| driver.version >= least)
    })
}

/// The driver that a build needs beyond its CUDA, in Linux' numbers.
pub(super) fn own_driver(build: &FrameworkBuild, platform: Platform) -> Option<DriverVersion> {
    build.least_driver.filter(|_| platform == Platform::Linux)
}

/// Whether the container toolkit starts an image on a driver (`NVIDIA_REQUIRE_CUDA`).
pub(super) fn is_let_in(base: &BaseImage, driver: DriverWish, data_center: bool) -> bool {
    let Some(asks) = require_cuda(base.cuda) else { return true };
    match driver.platform {
        Platform::Linux => asks.accepts(driver.version, data_center),
        // The branches that are let in are Linux' numbers; what counts here is the CUDA that the driver
        // reports.
        Platform::Windows => newest_cuda_for(driver.version, Platform::Windows)
            .is_none_or(|reported| reported.minor_line() >= asks.at_least),
    }
}

/// The first driver that runs a CUDA with everything that it can do; `None` where NVIDIA has published
/// none.
pub(super) fn exact_driver(cuda: CudaVersion, platform: Platform) -> Option<DriverVersion> {
    least_driver(cuda, platform).and_then(|least| least.exact)
}
