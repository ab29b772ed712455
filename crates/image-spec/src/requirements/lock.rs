//! What a lock was made for.

use super::wheel::Wheel;
use crate::{Place, Placed};
use cuda_compat::PythonVersion;
use pep440_rs::Version;
use pep508_rs::{
    MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree, PackageName, Requirement,
};

/// What a lock was made for, and what it locks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The Python that it was resolved for, where it is one.
    pub python: Option<Placed<PythonVersion>>,
    /// The platform that it was resolved for, as the tool names it: `windows`, `x86_64-manylinux_2_28`.
    pub platform: Option<Placed<String>>,
    /// The environments that it was resolved for; one of them must hold. Empty: any.
    pub environments: Vec<Placed<MarkerTree>>,
    /// What it locks.
    pub packages: Vec<LockedPackage>,
}

/// A package of a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// Its name.
    pub name: PackageName,
    /// Its version; `None` for a folder or a repository.
    pub version: Option<Version>,
    /// The environments that it is installed in.
    pub marker: MarkerTree,
    /// Where it is written.
    pub place: Place,
    /// The names of its wheels; empty where the lock does not list them.
    pub wheels: Vec<String>,
    /// Whether the lock also has its source.
    pub has_source: bool,
}

/// The environment of CPython on Linux x86-64, by which markers are judged.
fn linux(python: PythonVersion) -> Option<MarkerEnvironment> {
    let minor = python.minor_line().to_string();
    let full = python.patch.map_or_else(|| format!("{minor}.0"), |_| python.to_string());
    MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
        implementation_name: "cpython",
        implementation_version: &full,
        os_name: "posix",
        platform_machine: "x86_64",
        platform_python_implementation: "CPython",
        platform_release: "",
        platform_system: "Linux",
        platform_version: "",
        python_full_version: &full,
        python_version: &minor,
        sys_platform: "linux",
    })
    .ok()
}

/// Whether a marker holds in an image with that Python.
pub(crate) fn holds(marker: &MarkerTree, python: PythonVersion) -> bool {
    linux(python).is_none_or(|environment| marker.evaluate(&environment, &[]))
}

/// The environment as a marker: what every image of ours is.
pub(super) fn on_linux() -> MarkerTree {
    let marker = "any ; sys_platform == 'linux' and platform_machine == 'x86_64' and os_name == \
                  'posix' and platform_system == 'Linux' and implementation_name == 'cpython' and \
                  platform_python_implementation == 'CPython'";
    marker.parse::<Requirement>().map_or(MarkerTree::TRUE, |any| any.marker)
}

impl Lock {
    /// Whether its platform, where it names one, is Linux x86-64 with glibc.
    pub fn is_for_linux_x86_64(&self) -> bool {
        self.platform.as_ref().is_none_or(|platform| {
            let name = platform.value.as_str();
            name == "linux" || (name.starts_with("x86_64-") && !is_other_system(name))
        })
    }

    /// Whether one of its environments is Linux x86-64, with any Python.
    pub fn has_linux(&self) -> bool {
        let linux = on_linux();
        let mut environments = self.environments.iter();
        self.environments.is_empty() || environments.any(|it| !it.value.is_disjoint(&linux))
    }

    /// Whether one of its environments is CPython of that version on Linux x86-64.
    pub fn has_environment(&self, python: PythonVersion) -> bool {
        let Some(environment) = linux(python) else { return true };
        self.environments.is_empty()
            || self.environments.iter().any(|marker| marker.value.evaluate(&environment, &[]))
    }
}

fn is_other_system(platform: &str) -> bool {
    ["windows", "darwin", "macos", "musl"].iter().any(|name| platform.contains(name))
}

impl LockedPackage {
    /// Whether an image with that Python gets it.
    pub fn is_installed(&self, python: PythonVersion) -> bool {
        holds(&self.marker, python)
    }

    /// Whether it has something to install on Linux x86-64: a wheel, or its source.
    pub fn is_for_linux_x86_64(&self) -> bool {
        self.fits(|wheel| wheel.is_for_linux_x86_64())
    }

    /// Whether it has something to install on that Python on Linux x86-64: a wheel, or its source.
    pub fn is_for_python(&self, python: PythonVersion) -> bool {
        self.fits(|wheel| wheel.is_for_linux_x86_64() && wheel.is_for_python(python))
    }

    /// A name that cannot be read may be anything, and so it fits.
    fn fits(&self, does: impl Fn(&Wheel<'_>) -> bool) -> bool {
        self.has_source
            || self.wheels.is_empty()
            || self.wheels.iter().any(|file| Wheel::parse(file).is_none_or(|wheel| does(&wheel)))
    }
}
