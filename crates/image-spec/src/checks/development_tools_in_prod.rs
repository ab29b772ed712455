//! The image that is shipped holds tools of development.
//!
//! Compilers, debuggers, version control, test runners and notebooks are of no use where the program runs.
//! They make the image larger, scanners find their holes, and whoever gets in finds a workshop.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'which gcc git gdb pytest jupyter'`.
//!
//! Install them in the image that is developed or tested in, or in a build stage.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, once::once};
use serde::Serialize;

/// The image that is shipped holds tools of development.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{tool}` is a tool of development, and image `{image}` is shipped")]
pub struct DevelopmentToolsInProd {
    /// The tool.
    pub tool: String,
    /// Whether it is a Python package.
    pub pip: bool,
    /// The image.
    pub image: String,
    /// Where it is written.
    pub place: Place,
}

impl DevelopmentToolsInProd {
    pub(super) const CODE: &str = "image/development-tools-in-prod";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in scene.recipes.iter().filter(|recipe| recipe.is_shipped()) {
            let apt = recipe.apt.iter().filter(|it| is_apt_tool(&it.value.name));
            let apt = apt.map(|it| (it.value.name.clone(), false, it.place.clone()));
            let pip = recipe
                .pip
                .iter()
                .map(|it| (it.value.requirement.name.to_string(), true, it.place.clone()))
                .filter(|(name, ..)| PIP_TOOLS.contains(&name.as_str()));
            found.extend(apt.chain(pip).map(|(tool, pip, place)| Self {
                tool,
                pip,
                image: recipe.name.clone(),
                place,
            }));
        }
        once(found)
    }
}

impl Diagnosis for DevelopmentToolsInProd {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("move it to the image that is developed or tested in, or to a build stage")]
    }
}

/// Python packages that nothing needs to run.
const PIP_TOOLS: [&str; 22] = [
    "black", "coverage", "debugpy", "flake8", "hypothesis", "ipdb", "ipykernel", "ipython", "isort",
    "jupyter", "jupyterlab", "line-profiler", "mypy", "notebook", "pre-commit", "py-spy", "pylint",
    "pyright", "pytest", "pytest-cov", "ruff", "tox",
];

/// Packages of the distribution that nothing needs to run.
const APT_TOOLS: [&str; 23] = [
    "autoconf", "automake", "bison", "build-essential", "ccache", "clang", "cmake", "emacs", "flex",
    "g++", "gcc", "gdb", "gfortran", "git", "libc6-dev", "make", "meson", "ninja-build",
    "pkg-config", "python3-dev", "strace", "valgrind", "vim",
];

/// Also `gcc-12`, `g++-11`, `clang-17` and `python3.11-dev`.
fn is_apt_tool(name: &str) -> bool {
    let plain = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let plain = plain.strip_suffix('-').unwrap_or(plain);
    let of_python = name.starts_with("python3") && name.ends_with("-dev");
    APT_TOOLS.contains(&name) || (plain != name && APT_TOOLS.contains(&plain)) || of_python
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn looks_at_what_is_shipped() {
        let check = |keys: &str, expected: &[&str]| {
            let text = format!(
                "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n[image.app]\n{keys}"
            );
            let found = example::spec(&text, DevelopmentToolsInProd::find);
            let tools: Vec<&str> = found.iter().map(|found| found.tool.as_str()).collect();
            assert_eq!(tools, expected, "{keys}");
        };
        check("apt = ['git', 'gcc-12', 'libgl1', 'python3-dev']", &["git", "gcc-12", "python3-dev"]);
        check("pip = ['pytest', 'numpy']", &["pytest"]);
        check("usage = 'dev'\napt = ['git']", &[]);
        check("apt = ['libgcc-s1', 'ca-certificates']", &[]);
    }
}
