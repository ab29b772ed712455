//! Names of wheels: `numpy-2.0.0-cp311-cp311-manylinux_2_17_x86_64.whl`.

use cuda_compat::PythonVersion;
use pep440_rs::Version;

/// What the name of a wheel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wheel<'a> {
    pub(super) name: &'a str,
    pub(super) version: Version,
    pythons: &'a str,
    abi: &'a str,
    platforms: &'a str,
}

impl<'a> Wheel<'a> {
    /// Reads a file name, or the last part of a path or URL.
    pub(super) fn parse(file: &'a str) -> Option<Self> {
        let file = file.split(['#', '?']).next()?;
        let stem = file.rsplit(['/', '\\']).next()?.strip_suffix(".whl")?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (name, version, pythons, abi, platforms) = match parts.as_slice() {
            [name, version, pythons, abi, platforms]
            | [name, version, _, pythons, abi, platforms] => {
                (*name, *version, *pythons, *abi, *platforms)
            }
            _ => return None,
        };
        // In URLs the `+` of a local version is often written `%2B`.
        let version = version.replace("%2B", "+").replace("%2b", "+").parse().ok()?;
        Some(Self { name, version, pythons, abi, platforms })
    }

    /// Whether it can be installed on Linux x86-64 with glibc.
    pub(super) fn is_for_linux_x86_64(&self) -> bool {
        self.platforms.split('.').any(|platform| {
            platform == "any"
                || (platform.ends_with("_x86_64")
                    && (platform.starts_with("manylinux") || platform.starts_with("linux")))
        })
    }

    /// Whether it can be installed on that CPython.
    pub(super) fn is_for_python(&self, python: PythonVersion) -> bool {
        let stable = self.abi.split('.').any(|abi| abi == "abi3" || abi == "none");
        self.pythons.split('.').any(|tag| {
            let is_interpreter = tag.starts_with("cp");
            let Some(number) = tag.strip_prefix("cp").or_else(|| tag.strip_prefix("py")) else {
                return false;
            };
            let (major, minor) = number.split_at_checked(1).unwrap_or((number, ""));
            let minor = if minor.is_empty() { Ok(0) } else { minor.parse::<u32>() };
            let (Ok(major), Ok(minor)) = (major.parse::<u32>(), minor) else { return false };
            let exact = is_interpreter && !stable;
            major == python.major
                && if exact { minor == python.minor } else { minor <= python.minor }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_fits() {
        let check = |file: &str, expected: Option<(&str, &str, bool, bool)>| {
            let wheel = Wheel::parse(file);
            let python = "3.11".parse().unwrap();
            let version = wheel.as_ref().map(|wheel| wheel.version.to_string());
            let got = wheel.as_ref().zip(version.as_deref()).map(|(wheel, version)| {
                let fits = (wheel.is_for_linux_x86_64(), wheel.is_for_python(python));
                (wheel.name, version, fits.0, fits.1)
            });
            assert_eq!(got, expected, "{file}");
        };
        let numpy = |fits: bool, python: bool| Some(("numpy", "2.0.0", fits, python));
        check(
            "numpy-2.0.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            numpy(true, true),
        );
        check("numpy-2.0.0-cp312-cp312-win_amd64.whl", numpy(false, false));
        check("numpy-2.0.0-cp39-abi3-musllinux_1_1_x86_64.whl", numpy(false, true));
        check("https://x/numpy-2.0.0-1-py2.py3-none-any.whl#sha256=a", numpy(true, true));
        check("numpy-2.0.0-cp313-abi3-manylinux_2_28_aarch64.whl", numpy(false, false));
        check(
            "torch-2.7.1%2Bcu118-cp311-cp311-linux_x86_64.whl",
            Some(("torch", "2.7.1+cu118", true, true)),
        );
        check("numpy-2.0.0.tar.gz", None);
        check("numpy.whl", None);
    }
}
