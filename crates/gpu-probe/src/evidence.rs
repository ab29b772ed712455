//! What several checks ask the facts: is there a GPU, does the driver work, whose is this code.
//! A check imports no other check: what two of them need stands here, and the steps of a fix that
//! two of them propose in [`crate::steps`].
//!
//! A code of NVML or CUDA belongs to one check at most: [`nvml_claim`] and [`cuda_claim`] say to
//! which. A code that nobody claims is reported by `gpu/nvml-failed` or `gpu/cuda-init-failed`.

mod answers;
mod claims;
mod docker;
mod driver_cuda;
mod gpus;
mod kernel_runs;
mod libraries;
mod machine;
mod nodes;
mod presence;
mod rates;
mod toolkits;
mod visible_devices;
mod xids;

pub(crate) use answers::*;
pub(crate) use claims::*;
pub(crate) use docker::*;
pub(crate) use driver_cuda::*;
pub(crate) use gpus::*;
pub(crate) use kernel_runs::*;
pub(crate) use libraries::*;
pub(crate) use machine::*;
pub(crate) use nodes::*;
pub(crate) use presence::*;
pub(crate) use rates::*;
pub(crate) use toolkits::*;
pub(crate) use visible_devices::*;
pub(crate) use xids::*;
