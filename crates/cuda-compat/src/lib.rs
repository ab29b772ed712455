//! The words of the CUDA field and the tables of what fits what.
//!
//! Versions ([`CudaVersion`], [`DriverVersion`], [`ComputeCapability`], [`PythonVersion`]) parse,
//! compare and print; the tables say which driver a toolkit needs ([`least_driver`]), which GPUs it
//! can build for ([`architecture()`]), how long a driver branch lives ([`driver_branch()`]) and
//! what a GPU should reach ([`gpu_models_named`], [`peak_bandwidth_gb_s`]). For images they say which
//! base image is real ([`look_up_tag`]) and which drivers it lets itself be started on
//! ([`require_cuda()`]), which build of a framework fits what ([`framework_builds`]), and what a
//! distribution brings ([`distribution()`]); [`solve()`] puts them together. Everything here is data and pure functions: this crate
//! reads nothing from the machine.
//!
//! ```
//! use cuda_compat::{CudaVersion, DriverVersion, Platform, least_driver};
//!
//! let cuda: CudaVersion = "12.4".parse()?;
//! let driver: DriverVersion = "535.183.01".parse()?;
//! let least = least_driver(cuda, Platform::Linux).unwrap();
//! assert!(Some(driver) < least.exact);
//! assert!(driver >= least.minor_compatible);
//! # Ok::<(), cuda_compat::VersionError>(())
//! ```
//!
//! A fact is only in a table where somebody published it: each row of the TOML files says where it
//! comes from and when that was read, and what nobody published is `None`, never a guess. To add a
//! row, put it in order into the file; the tests tell what does not fit.

mod arch;
mod base_image;
mod cudnn;
#[cfg(test)]
mod disagreements;
mod distribution;
mod driver_branch;
mod framework;
mod gpu_model;
mod origin;
mod peak;
mod require_cuda;
mod requirement;
mod solve;
mod table;
mod toolkit;
mod version;

pub use arch::{Architecture, architecture, architectures, machine_code_runs_on};
pub use base_image::{
    BaseImage, CudaTag, Flavour, TagAnswer, TagError, TagState, base_images, look_up_tag,
    nearest_tags, tag_for, tag_for_driver,
};
pub use cudnn::{
    CudnnFloor, CudnnRelease, base_images_with_cudnn, cudnn_floors, cudnn_for_cuda_major,
    cudnn_least_capability, cudnn_releases,
};
pub use distribution::{Distribution, distribution, distributions};
pub use driver_branch::{BranchKind, DriverBranch, driver_branch, driver_branches};
pub use framework::{
    Framework, FrameworkBuild, FrameworkError, builds_of, first_release_for, framework_builds,
};
pub use gpu_model::{GpuModel, gpu_models, gpu_models_by_pci_id, gpu_models_named, name_has};
pub use origin::{FactTable, Origin, fact_tables};
pub use peak::{
    pcie_floor_x16_gb_s, peak_bandwidth_gb_s, peak_fp16_tensor_tflops, peak_fp32_tflops,
    peak_pcie_gb_s,
};
pub use require_cuda::{RequireCuda, require_cuda, require_cuda_rows};
pub use requirement::{WheelRequirements, ranges_meet, requirements_of, wheel_requirements};
pub use solve::{
    Answer, Change, Chosen, Clash, Contradiction, CudnnFrom, DriverFit, DriverWish, Fact, Fit,
    FrameworkWish, GpuCapability, Step, Wish, Wishes, solve,
};
pub use toolkit::{
    LeastDriver, Platform, Toolkit, least_driver, least_driver_for_gpu, newest_cuda_for,
    newest_ptx_for_driver_cuda, ptx_for, toolkit, toolkits,
};
pub use version::{
    ComputeCapability, CudaVersion, CudnnVersion, DriverVersion, PtxVersion, PythonVersion,
    VersionError,
};
