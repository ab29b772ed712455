//! What can be wished for.

use crate::{
    ComputeCapability, CudnnVersion, DriverVersion, Flavour, Framework, Platform, PythonVersion,
};
use jiff::civil::Date;
use pep440_rs::{Version, VersionSpecifiers};
use std::fmt;

/// What an image is wished to hold and to run on. What is `None` or empty may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// The frameworks, the most important first; CuPy and Numba, on which others build, count last in
    /// any case. Of a framework that is named twice both ranges hold.
    pub frameworks: Vec<FrameworkWish>,
    /// The Python: `==3.11.*`, `>=3.10`.
    pub python: Option<VersionSpecifiers>,
    /// The CUDA of the base image, with its patch: `==12.6.*`, `==12.6.3`.
    pub cuda: Option<VersionSpecifiers>,
    /// The cuDNN; its major version has to be that of the frameworks.
    pub cudnn: Option<CudnnVersion>,
    /// The GPUs that it must run on.
    pub gpus: Vec<GpuCapability>,
    /// The oldest driver that it must run on.
    pub driver: Option<DriverWish>,
    /// The distribution, such as `ubuntu22.04`. Where none is named, only Ubuntu and Debian count, and
    /// of these what has free support on the day.
    pub os: Option<String>,
    /// The flavour of the base image; `None` for the smallest that suffices.
    pub flavour: Option<Flavour>,
    /// The day for which support of distributions is judged.
    pub today: Date,
}

/// A framework and the versions that are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkWish {
    /// The framework.
    pub framework: Framework,
    /// The versions that are allowed.
    pub range: VersionSpecifiers,
}

/// A GPU that it must run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuCapability {
    /// Its name, for showing.
    pub name: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// Whether it is a data-center GPU, for which images accept older drivers; `None` where that is
    /// not known.
    pub data_center: Option<bool>,
}

/// The oldest driver that it must run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DriverWish {
    /// The driver.
    pub version: DriverVersion,
    /// Whose numbers these are.
    pub platform: Platform,
}

/// One wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A framework in a range.
    Framework(FrameworkWish),
    /// A Python in a range.
    Python(VersionSpecifiers),
    /// A CUDA in a range.
    Cuda(VersionSpecifiers),
    /// A cuDNN.
    Cudnn(CudnnVersion),
    /// A GPU.
    Gpu(GpuCapability),
    /// A driver.
    Driver(DriverWish),
    /// A distribution.
    Os(String),
    /// An Ubuntu or Debian that has free support, which holds where none is named.
    SupportedOs(Date),
    /// A flavour of the base image.
    Flavour(Flavour),
}

impl Wishes {
    /// No wishes, judged for that day.
    pub fn on(today: Date) -> Self {
        Self {
            frameworks: Vec::new(),
            python: None,
            cuda: None,
            cudnn: None,
            gpus: Vec::new(),
            driver: None,
            os: None,
            flavour: None,
            today,
        }
    }

    /// Every wish on its own: frameworks first, each once.
    pub(super) fn each(&self) -> Vec<Wish> {
        let mut all: Vec<Wish> = Vec::new();
        for wish in &self.frameworks {
            let same = all.iter_mut().find_map(|known| match known {
                Wish::Framework(known) if known.framework == wish.framework => Some(known),
                _ => None,
            });
            match same {
                Some(known) => {
                    known.range = known.range.iter().chain(wish.range.iter()).cloned().collect();
                }
                None => all.push(Wish::Framework(wish.clone())),
            }
        }
        all.sort_by_key(|wish| matches!(wish, Wish::Framework(it) if is_foundation(it.framework)));
        all.extend(self.python.clone().map(Wish::Python));
        all.extend(self.cuda.clone().map(Wish::Cuda));
        all.extend(self.cudnn.map(Wish::Cudnn));
        for gpu in &self.gpus {
            let known = |wish: &Wish| match wish {
                Wish::Gpu(known) => known.capability == gpu.capability,
                _ => false,
            };
            if !all.iter().any(known) {
                all.push(Wish::Gpu(gpu.clone()));
            }
        }
        all.extend(self.driver.map(Wish::Driver));
        match &self.os {
            Some(os) => all.push(Wish::Os(os.clone())),
            None => all.push(Wish::SupportedOs(self.today)),
        }
        all.extend(self.flavour.map(Wish::Flavour));
        all
    }

    /// Whether all GPUs are for data centers, as far as is known.
    pub(super) fn only_data_center(&self) -> bool {
        !self.gpus.is_empty() && self.gpus.iter().all(|gpu| gpu.data_center == Some(true))
    }
}

impl FrameworkWish {
    /// A framework in that range; an empty range allows every version.
    pub fn new(framework: Framework, range: VersionSpecifiers) -> Self {
        Self { framework, range }
    }
}

/// What other frameworks build on and hold to a range of versions: RAPIDS takes no Numba that is newer
/// than itself.
pub(super) fn is_foundation(framework: Framework) -> bool {
    matches!(framework, Framework::Cupy | Framework::Numba | Framework::NumbaCuda)
}

/// Whether some release of a Python line is in the range.
pub(super) fn allows_python(range: &VersionSpecifiers, python: PythonVersion) -> bool {
    let (major, minor) = (u64::from(python.major), u64::from(python.minor));
    let named = range.iter().map(|one| one.version().clone());
    let of_line = named.filter(|version| version.release().starts_with(&[major, minor]));
    // The first release of the line, one that is newer than all others, and those that are named.
    let mut some =
        [Version::new([major, minor]), Version::new([major, minor, 99])].into_iter().chain(of_line);
    some.any(|version| range.contains(&version))
}

/// `3.11` for `==3.11.*`, `12.6.3` for `==12.6.3`, and the range itself where it is none of these.
pub(super) fn short(range: &VersionSpecifiers) -> String {
    let text = range.to_string();
    match text.strip_prefix("==") {
        Some(rest) if !rest.contains(',') => rest.trim_end_matches(".*").to_owned(),
        _ => text.replace(", ", ","),
    }
}

impl fmt::Display for FrameworkWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.framework, self.range.to_string().replace(", ", ","))
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Framework(wish) => wish.fmt(f),
            Self::Python(range) => write!(f, "Python {}", short(range)),
            Self::Cuda(range) => write!(f, "CUDA {}", short(range)),
            Self::Cudnn(cudnn) => write!(f, "cuDNN {cudnn}"),
            Self::Gpu(gpu) if gpu.name.contains(&gpu.capability.to_string()) => {
                f.write_str(&gpu.name)
            }
            Self::Gpu(gpu) => write!(f, "{} (compute capability {})", gpu.name, gpu.capability),
            Self::Driver(driver) => write!(f, "driver {}", driver.version),
            Self::Os(os) => f.write_str(os),
            Self::SupportedOs(_) => f.write_str("an Ubuntu or Debian with free support"),
            Self::Flavour(flavour) => write!(f, "the flavour {flavour}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_python_is_in_a_range() {
        let check = |range: &str, python: &str, expected: bool| {
            let got = allows_python(&range.parse().unwrap(), python.parse().unwrap());
            assert_eq!(got, expected, "{range} {python}");
        };
        check("==3.11.*", "3.11", true);
        check("==3.11.*", "3.12", false);
        check("==3.11.7", "3.11", true);
        check(">=3.11.4", "3.11", true);
        check(">=3.11.4", "3.10", false);
        check(">=3.10,<3.12", "3.12", false);
        check(">=3.10,<3.12", "3.11", true);
        check("<=3.11", "3.11", true);
        check("", "3.8", true);
    }

    #[test]
    fn a_framework_twice_is_one_wish() {
        let mut wishes = Wishes::on("2026-11-24".parse().unwrap());
        for range in [">=2.6", "<2.9"] {
            let range = range.parse().unwrap();
            wishes.frameworks.push(FrameworkWish::new(Framework::Torch, range));
        }
        let each: Vec<String> = wishes.each().iter().map(ToString::to_string).collect();
        assert_eq!(each, ["torch>=2.6,<2.9", "an Ubuntu or Debian with free support"]);
    }
}
