//! The C++ compiler is newer than this `nvcc` accepts.
//!
//! `nvcc` compiles the host part of a program with the system's C++ compiler and refuses one that
//! it does not know yet: `#error -- unsupported GNU version! gcc versions later than N are not
//! supported!`. Typical after an upgrade of the distribution, or with a rolling one.
//!
//! Compare `g++ --version` with the limit in the toolkit's `include/crt/host_config.h`. Install an
//! older compiler beside the new one and name it in `NVCC_CCBIN`; `-allow-unsupported-compiler`
//! silences the error and nothing else.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, PackageManager, evidence};
use serde::Serialize;

/// The host compiler is over the toolkit's limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "{family} {major} is newer than the `nvcc` in `{toolkit}` accepts: it goes up to {family} {limit}"
)]
pub struct HostCompilerTooNew {
    /// `gcc` or `clang`.
    pub family: String,
    /// The compiler's major version.
    pub major: u32,
    /// The newest major version that the toolkit accepts.
    pub limit: u32,
    /// The path of the compiler.
    pub compiler: String,
    /// The folder of the toolkit.
    pub toolkit: String,
    /// The command that installs an older compiler, where the distribution is one that we know.
    #[serde(skip)]
    pub install: Option<String>,
}

impl HostCompilerTooNew {
    pub(super) const CODE: &str = "gpu/host-compiler-too-new";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/toolkit-version-differs"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        Self::of(facts).into_iter().collect()
    }

    fn of(facts: &Facts) -> Option<Self> {
        let toolkit =
            evidence::active_toolkit(facts).filter(|toolkit| toolkit.nvcc.found().is_some())?;
        let compiler = facts.host_compiler.found()?;
        let limits = toolkit.host_compiler_limit.found()?;
        let (limit, package) = match compiler.family.as_str() {
            "gcc" => (limits.gcc_max?, "g++"),
            "clang" => (limits.clang_max?, "clang"),
            _ => return None,
        };
        let major = *compiler.major.found()?;
        let is_debian = PackageManager::of(facts) == Some(PackageManager::Apt);
        let install = steps::install_command(facts, &format!("{package}-{limit}"));
        (major > limit).then(|| Self {
            family: compiler.family.clone(),
            major,
            limit,
            compiler: compiler.path.clone(),
            toolkit: toolkit.path.clone(),
            // Only Debian and its relatives name their packages like this.
            install: install.filter(|_| is_debian),
        })
    }
}

impl Diagnosis for HostCompilerTooNew {
    fn place(&self) -> Place {
        Place::Path { path: self.compiler.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        let binary = if self.family == "gcc" { "g++" } else { "clang++" };
        let limit = self.limit;
        vec![
            Fix {
                text: format!("install {} {limit} beside it", self.family),
                command: self.install.clone(),
            },
            Fix::by_command(
                "let `nvcc` use it; write it into your shell's start file",
                format!("export NVCC_CCBIN={binary}-{limit}"),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, example};

    #[test]
    fn compares_with_the_toolkits_limit() {
        assert_eq!(HostCompilerTooNew::find(&example::h200(), &Need::default()), []);
        let check = |major: Reading<u32>, expected: usize| {
            let mut facts = example::h200();
            if let Reading::Found(compiler) = &mut facts.host_compiler {
                compiler.major = major.clone();
            }
            let found = HostCompilerTooNew::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{major:?}");
        };
        check(Reading::Found(13), 0);
        check(Reading::Found(14), 1);
        check(Reading::Unknown("no version in its path".to_owned()), 0);
    }

    #[test]
    fn a_toolkit_without_compiler_needs_none() {
        let mut facts = example::h200();
        facts.toolkits[0].nvcc = Reading::Absent;
        if let Reading::Found(compiler) = &mut facts.host_compiler {
            compiler.major = Reading::Found(99);
        }
        assert_eq!(HostCompilerTooNew::find(&facts, &Need::default()), []);
    }
}
