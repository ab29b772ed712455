//! Which index of packages a requirement is looked for on.

use super::Install;
use cuda_compat::{Framework, FrameworkBuild};

/// An index that the tables know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Index {
    /// PyPI.
    Pypi,
    /// PyTorch's index of that name, such as `cu118`.
    Pytorch(String),
    /// NVIDIA's, beside PyPI.
    Nvidia,
}

impl Index {
    /// The index of an install; `None` where it is one that the tables do not know.
    pub(super) fn of(install: &Install<'_>) -> Option<Self> {
        let named = install.asked.iter().find_map(|asked| asked.value.index.as_deref());
        match named.map(Self::named) {
            // `torch==2.7.1+cu118` is on no other index.
            None => Some(local(install).map_or(Self::Pypi, Self::Pytorch)),
            // Nobody but torch is looked for there alone.
            Some(Some(Self::Pytorch(_))) if install.framework != Framework::Torch => {
                Some(Self::Pypi)
            }
            Some(index) => index,
        }
    }

    fn named(url: &str) -> Option<Self> {
        let plain = url.trim_end_matches('/').trim_end_matches("/simple").trim_end_matches('/');
        let last = plain.rsplit('/').next().unwrap_or_default();
        let last = if last == "torch_stable.html" { "" } else { last };
        if plain.contains("pypi.nvidia.com") || plain.contains("pypi.ngc.nvidia.com") {
            return Some(Self::Nvidia);
        }
        if plain.ends_with("pypi.org") || plain.ends_with("pypi.python.org") {
            return Some(Self::Pypi);
        }
        let digits = last.strip_prefix("cu").unwrap_or_default();
        let of_cuda = digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        (of_cuda || last == "cpu").then(|| Self::Pytorch(last.to_owned()))
    }

    /// Whether a build is there.
    pub(super) fn has(&self, build: &FrameworkBuild) -> bool {
        match (self, build.index.as_deref()) {
            (Self::Pypi, None) => true,
            // The packages on PyPI fetch the wheels from there by themselves.
            (Self::Pypi, Some("pypi.nvidia.com")) => build.framework == Framework::Tensorrt,
            (Self::Nvidia, None | Some("pypi.nvidia.com")) => true,
            (Self::Pytorch(name), Some(index)) => name == index,
            (Self::Pypi | Self::Nvidia, Some(_)) | (Self::Pytorch(_), None) => false,
        }
    }
}

fn local(install: &Install<'_>) -> Option<String> {
    let all = install.specifiers()?;
    let mut locals = all.iter().flat_map(|range| range.version().local());
    locals.next().map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_named() {
        let check = |url: &str, expected: Option<Index>| {
            assert_eq!(Index::named(url), expected, "{url}");
        };
        check("https://download.pytorch.org/whl/cu118", Some(Index::Pytorch("cu118".to_owned())));
        check("https://download.pytorch.org/whl/cpu/", Some(Index::Pytorch("cpu".to_owned())));
        check("https://pypi.org/simple", Some(Index::Pypi));
        check("https://pypi.nvidia.com", Some(Index::Nvidia));
        check("https://pypi.example.com/simple", None);
        check("", None);
    }
}
