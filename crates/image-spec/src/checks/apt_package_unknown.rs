//! No such package exists on this release of the distribution.
//!
//! `python3.11-pip` is a package of no release of Ubuntu or Debian, whatever many guides say: pip belongs
//! to the default Python only, as `python3-pip`. `python3.11-venv` and `python3.11-dev` are there where
//! `python3.11` itself is. The build ends with `Unable to locate package`, and after it nothing of that
//! `apt-get install` is there.
//!
//! See for yourself with `apt-cache policy PACKAGE` in a container of the base, after `apt-get update`.
//!
//! Leave the package out: a virtual environment has its own pip, and uv needs none.

use super::{Diagnosis, Fix};
use crate::{Place, PythonFrom, Recipe, Scene, once::once};
use cuda_compat::{PythonVersion, distribution};
use std::fmt;
use serde::Serialize;

/// No such package exists on this release of the distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("there is no package `{package}`{on}: {reason}",
    on = os.as_ref().map(|os| format!(" on {os}")).unwrap_or_default())]
pub struct AptPackageUnknown {
    /// The package.
    pub package: String,
    /// The distribution, where it is known.
    pub os: Option<String>,
    /// Why there is none.
    pub reason: Reason,
    /// Where it is written.
    pub place: Place,
}

impl AptPackageUnknown {
    pub(super) const CODE: &str = "image/apt-package-unknown";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let os = recipe.os.as_ref().map(|os| os.value.as_str());
            for package in &recipe.apt {
                let name = package.value.name.as_str();
                let ppa = recipe.python_from == Some(PythonFrom::Deadsnakes);
                let Some(reason) = reason(name, os, ppa) else { continue };
                // That the release has no such Python is said of the image as a whole.
                if matches!(reason, Reason::PythonOfOtherRelease { python, .. } if is_its_python(recipe, python))
                {
                    continue;
                }
                let place = package.place.clone();
                let os = os.map(str::to_owned);
                found.push(Self { package: name.to_owned(), os, reason, place });
            }
        }
        once(found)
    }
}

impl Diagnosis for AptPackageUnknown {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let text = match &self.reason {
            Reason::PipOfOnePython { python } => format!(
                "leave it out; make a virtual environment with its own pip (`python{python} -m venv \
                 /opt/venv`), or let uv install the packages"
            ),
            Reason::PythonOfOtherRelease { python, .. } => format!(
                "leave it out and let uv install Python {python}, or take a release of the distribution \
                 that has it"
            ),
            Reason::NotAName => "write the name as `apt-cache search` prints it".to_owned(),
        };
        vec![Fix::by_hand(text)]
    }
}

/// Why there is no such package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// pip is packaged for the default Python only.
    PipOfOnePython {
        /// The Python.
        python: PythonVersion,
    },
    /// The release does not have this Python.
    PythonOfOtherRelease {
        /// The Python.
        python: PythonVersion,
        /// Those that it has.
        has: Vec<PythonVersion>,
    },
    /// No package can have this name.
    NotAName,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PipOfOnePython { .. } => {
                f.write_str("no release of Ubuntu or Debian has a pip for one version of Python")
            }
            Self::PythonOfOtherRelease { python, has } => {
                let has: Vec<String> = has.iter().map(ToString::to_string).collect();
                write!(f, "Python {python} is not in this release, which has {}", has.join(", "))
            }
            Self::NotAName => f.write_str(
                "a name holds letters in lower case, digits, `+`, `.` and `-`, and begins with a \
                 letter or digit",
            ),
        }
    }
}

fn is_its_python(recipe: &Recipe, python: PythonVersion) -> bool {
    let own = recipe.python.as_ref().map(|own| own.value.minor_line());
    recipe.python_from == Some(PythonFrom::Distribution) && own == Some(python.minor_line())
}

fn reason(name: &str, os: Option<&str>, ppa: bool) -> Option<Reason> {
    // Other distributions name their packages by other rules.
    let of_debian = os.is_none_or(|os| os.starts_with("ubuntu") || os.starts_with("debian"));
    let letter = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+.-".contains(&byte)
    };
    if of_debian && !name.contains(['$', '*', ':', '/']) && !name.bytes().all(letter) {
        return Some(Reason::NotAName);
    }
    let rest = name.strip_prefix("python")?;
    let (version, part) = rest.split_once('-').map_or((rest, None), |(v, part)| (v, Some(part)));
    let python: PythonVersion = version.parse().ok().filter(|_| of_debian)?;
    if part == Some("pip") {
        return Some(Reason::PipOfOnePython { python });
    }
    let of_python = part.is_none_or(|part| {
        ["dev", "distutils", "full", "minimal", "venv"].contains(&part)
    });
    let has = distribution(os?)?.apt_pythons.clone()?;
    (of_python && !ppa && !has.contains(&python.minor_line()))
        .then_some(Reason::PythonOfOtherRelease { python, has })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_the_packages_of_python() {
        let check = |os: &str, package: &str, expected: usize| {
            let text = format!(
                "[cuda]\nversion = '11.8'\nos = '{os}'\n[image.prod]\napt = ['{package}', 'git']"
            );
            let found = example::spec(&text, AptPackageUnknown::find);
            assert_eq!(found.len(), expected, "{os} {package}: {found:?}");
        };
        check("ubuntu20.04", "python3.11-pip", 1);
        check("ubuntu22.04", "python3.10-pip", 1);
        check("ubuntu20.04", "python3.11", 1);
        check("ubuntu20.04", "python3.11-venv", 1);
        check("ubuntu20.04", "python3.9-venv", 0);
        check("ubuntu22.04", "python3.11-dev", 0);
        check("ubuntu22.04", "python3-pip", 0);
        check("ubuntu22.04", "python3.11-numpy", 0);
        check("ubuntu26.04", "python3.14", 0);
        check("ubuntu22.04", "Git_LFS", 1);
    }

    #[test]
    fn an_image_and_its_child_say_it_once() {
        let text = "[cuda]\nversion = '11.8'\nos = 'ubuntu20.04'\n\
                    [image.dev]\napt = ['python3.11-pip']\n[image.test]\nfrom = 'dev'";
        let found = example::spec(text, AptPackageUnknown::find);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].to_string(),
            "there is no package `python3.11-pip` on ubuntu20.04: no release of Ubuntu or Debian has \
             a pip for one version of Python"
        );
    }
}
