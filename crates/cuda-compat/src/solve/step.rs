//! A change of one wish.

use super::{
    DriverWish, Wish,
    wish::{FrameworkWish, GpuCapability, short},
};
use crate::{CudaVersion, CudnnVersion, DriverVersion, Flavour, Framework, PythonVersion};
use pep440_rs::{Version, VersionSpecifiers};
use std::fmt;

/// A change of one wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Another version of a framework.
    Framework(FrameworkWish, Version),
    /// No such framework.
    WithoutFramework(Framework),
    /// Another Python.
    Python(VersionSpecifiers, PythonVersion),
    /// Another CUDA.
    Cuda(VersionSpecifiers, CudaVersion),
    /// Another major version of cuDNN.
    Cudnn(CudnnVersion, u32),
    /// A newer driver; the least that fits.
    Driver(DriverWish, DriverVersion),
    /// Another distribution.
    Os(String, String),
    /// A distribution whose free support is over.
    EndedOs(String),
    /// A distribution that has to be named, as no Debian package is for it.
    NamedOs(String),
    /// A larger flavour of the base image.
    Flavour(Flavour, Flavour),
    /// A wish is given up.
    Without(Wish),
}

impl Step {
    /// What is easy to change comes first.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Flavour(..) => 1,
            Self::Cudnn(..) => 2,
            Self::Python(..) => 3,
            Self::Os(..) => 4,
            Self::Cuda(..) => 5,
            Self::Framework(..) => 6,
            Self::Driver(..) => 7,
            Self::EndedOs(_) | Self::NamedOs(_) => 9,
            Self::Without(_) => 20,
            Self::WithoutFramework(_) => 30,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Framework(wish, to) => {
                let range = wish.range.to_string().replace(", ", ",");
                write!(f, "{} {to} instead of `{range}`", wish.framework)
            }
            Self::WithoutFramework(framework) => write!(f, "without {framework}"),
            Self::Python(range, to) => write!(f, "Python {to} instead of {}", short(range)),
            Self::Cuda(range, to) => write!(f, "CUDA {to} instead of {}", short(range)),
            Self::Cudnn(from, to) => write!(f, "cuDNN {to} instead of {from}"),
            Self::Driver(wish, to) => {
                write!(f, "driver {to} or newer instead of {}", wish.version)
            }
            Self::Os(from, to) => write!(f, "{to} instead of {from}"),
            Self::EndedOs(os) => write!(f, "{os}, whose free support is over"),
            Self::NamedOs(os) => write!(f, "{os} instead of an Ubuntu or Debian"),
            Self::Flavour(from, to) => write!(f, "the flavour {to} instead of {from}"),
            Self::Without(Wish::Gpu(GpuCapability { name, .. })) => {
                write!(f, "without the GPU {name}")
            }
            Self::Without(wish) => write!(f, "without {wish}"),
        }
    }
}
