//! A tag of `nvidia/cuda`, taken apart.

use crate::CudaVersion;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How much of CUDA an image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flavour {
    /// The CUDA runtime library only: for wheels that bring the rest.
    Base,
    /// The shared libraries.
    Runtime,
    /// The shared libraries, headers, static libraries and `nvcc`.
    Devel,
}

impl Flavour {
    /// Every flavour, the smallest first.
    pub const ALL: [Self; 3] = [Self::Base, Self::Runtime, Self::Devel];

    /// As a tag writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Runtime => "runtime",
            Self::Devel => "devel",
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Flavour {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|flavour| flavour.name() == text);
        found.ok_or_else(|| TagError::NotAFlavour(text.to_owned()))
    }
}

/// A text that is no tag of a CUDA image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// The tag `latest`, or none.
    #[error("`nvidia/cuda` has no `latest` tag; name one such as `12.6.3-base-ubuntu22.04`")]
    Latest,
    /// It does not begin with a CUDA version.
    #[error("the tag `{0}` does not begin with a CUDA version such as `12.6.3`")]
    NoCuda(String),
    /// A part where the flavour should be is none.
    #[error("`{0}` is not a flavour; it is one of `base`, `runtime` and `devel`")]
    NotAFlavour(String),
    /// There is no flavour.
    #[error(
        "the tag `{0}` names no flavour (`base`, `runtime` or `devel`) before the distribution"
    )]
    NoFlavour(String),
    /// There is no distribution at the end.
    #[error("the tag `{0}` names no distribution at its end, such as `-ubuntu22.04`")]
    NoOs(String),
    /// cuDNN stands after the flavour.
    #[error("in the tag `{0}` the part for cuDNN stands after the flavour; it belongs before it")]
    CudnnAfterFlavour(String),
}

/// A tag of `nvidia/cuda` such as `12.6.3-cudnn-devel-ubuntu22.04`.
///
/// ```
/// use cuda_compat::{CudaTag, Flavour};
///
/// let tag: CudaTag = "11.8.0-cudnn8-devel-ubuntu20.04".parse()?;
/// assert_eq!((tag.cudnn.as_deref(), tag.flavour), (Some("cudnn8"), Flavour::Devel));
/// assert_eq!(tag.to_string(), "11.8.0-cudnn8-devel-ubuntu20.04");
/// # Ok::<(), cuda_compat::TagError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CudaTag {
    /// The CUDA version, with a patch where the tag has one.
    pub cuda: CudaVersion,
    /// The part for cuDNN as it is written: `cudnn8`, `cudnn9`, `cudnn`.
    pub cudnn: Option<String>,
    /// The flavour.
    pub flavour: Flavour,
    /// The distribution as it is written: `ubuntu22.04`, `ubi9`, `rockylinux9`.
    pub os: String,
}

impl FromStr for CudaTag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text == "latest" {
            return Err(TagError::Latest);
        }
        let whole = || text.to_owned();
        let mut parts = text.split('-');
        let version = parts.next().and_then(|part| part.parse::<CudaVersion>().ok());
        let cuda = version.filter(|cuda| text.starts_with(&cuda.to_string()));
        let cuda = cuda.ok_or_else(|| TagError::NoCuda(whole()))?;
        let mut part = parts.next().ok_or_else(|| TagError::NoFlavour(whole()))?;
        let cudnn = part.starts_with("cudnn").then(|| part.to_owned());
        if cudnn.is_some() {
            part = parts.next().ok_or_else(|| TagError::NoFlavour(whole()))?;
        }
        let flavour = match part.parse::<Flavour>() {
            Ok(flavour) => flavour,
            // What begins like a distribution stands where the flavour should be.
            Err(_) if part.ends_with(|c: char| c.is_ascii_digit()) => {
                return Err(TagError::NoFlavour(whole()));
            }
            Err(error) => return Err(error),
        };
        let rest: Vec<&str> = parts.collect();
        match rest.as_slice() {
            [] | [""] => Err(TagError::NoOs(whole())),
            [first, ..] if first.starts_with("cudnn") => Err(TagError::CudnnAfterFlavour(whole())),
            os => Ok(Self { cuda, cudnn, flavour, os: os.join("-") }),
        }
    }
}

impl fmt::Display for CudaTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.cuda)?;
        if let Some(cudnn) = &self.cudnn {
            write!(f, "{cudnn}-")?;
        }
        write!(f, "{}-{}", self.flavour, self.os)
    }
}

crate::version::serde_as_text!(CudaTag);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        for text in [
            "12.6.3-base-ubuntu22.04",
            "12.6.3-cudnn-devel-ubuntu22.04",
            "11.8.0-cudnn8-runtime-ubi8",
            "13.0-devel-rockylinux9",
            "11.8.0-devel-ubuntu20.04-arm64",
        ] {
            assert_eq!(text.parse::<CudaTag>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let check = |text: &str, expected: &str| {
            let error = text.parse::<CudaTag>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("", "no `latest` tag");
        check("latest", "no `latest` tag");
        check("ubuntu22.04", "does not begin with a CUDA version");
        check("012.6.3-base-ubuntu22.04", "does not begin with a CUDA version");
        check("12.6.3", "names no flavour");
        check("12.6.3-ubuntu22.04", "names no flavour");
        check("12.6.3-cudnn", "names no flavour");
        check("12.6.3-tensorrt-devel-ubuntu22.04", "`tensorrt` is not a flavour");
        check("12.6.3-devel", "names no distribution");
        check("12.6.3-devel-", "names no distribution");
        check("12.6.3-devel-cudnn-ubuntu22.04", "belongs before it");
    }
}
