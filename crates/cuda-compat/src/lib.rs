//! The words of the CUDA field and the tables of what fits what.
//!
//! Versions ([`CudaVersion`], [`DriverVersion`], [`ComputeCapability`], [`PythonVersion`]) parse,
//! compare and print; the tables say which driver a toolkit needs, which GPUs it can build for and
//! how long a driver branch lives. Everything here is data and pure functions: this crate reads
//! nothing from the machine.

mod version;

pub use version::{
    ComputeCapability, CudaVersion, CudnnVersion, DriverVersion, PtxVersion, PythonVersion,
    VersionError,
};
