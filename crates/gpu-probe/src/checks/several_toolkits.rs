//! `PATH` and `CUDA_HOME` lead to different CUDA toolkits.
//!
//! A shell starts the `nvcc` of one toolkit, and build tools that read `CUDA_HOME` (PyTorch
//! extensions, CMake, Rust build scripts) take headers and libraries of another. The build fails in
//! odd ways, or succeeds and mixes two versions.
//!
//! Confirm with `which -a nvcc; nvcc --version; echo $CUDA_HOME`. Let both name the same toolkit.

use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::{Facts, Need, Toolkit, evidence};
use cuda_compat::CudaVersion;
use serde::Serialize;

/// The toolkit on `PATH` is not the one of the variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "`nvcc` on `PATH` is of CUDA {on_path} (`{on_path_folder}`), but `{variable}` names CUDA {by_variable} (`{by_variable_folder}`)"
)]
pub struct SeveralToolkits {
    /// The version of the toolkit that a shell finds.
    pub on_path: CudaVersion,
    /// Its folder.
    pub on_path_folder: String,
    /// `CUDA_HOME` or `CUDA_PATH`.
    pub variable: &'static str,
    /// The version of the toolkit that the variable names.
    pub by_variable: CudaVersion,
    /// Its folder.
    pub by_variable_folder: String,
}

impl SeveralToolkits {
    pub(super) const CODE: &str = "gpu/several-toolkits";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(shell) = facts.toolkits.iter().find(|toolkit| toolkit.first_on_path) else {
            return Vec::new();
        };
        evidence::TOOLKIT_VARIABLES
            .into_iter()
            .find_map(|variable| Self::of(facts, shell, variable))
            .into_iter()
            .collect()
    }

    fn of(facts: &Facts, shell: &Toolkit, variable: &'static str) -> Option<Self> {
        let named = evidence::toolkit_named_by(facts, variable)?;
        let on_path = *shell.version.found()?;
        let by_variable = *named.version.found()?;
        (named.path != shell.path && on_path.minor_line() != by_variable.minor_line()).then(|| {
            Self {
                on_path,
                on_path_folder: shell.path.clone(),
                variable,
                by_variable,
                by_variable_folder: named.path.clone(),
            }
        })
    }
}

impl Diagnosis for SeveralToolkits {
    fn place(&self) -> Place {
        Place::Variable { name: self.variable.to_owned() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_command(
            "let both lead to the same toolkit; write it into your shell's start file",
            format!(
                "export {}={folder} PATH={folder}/bin:$PATH",
                self.variable,
                folder = shell_word(&self.on_path_folder)
            ),
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::{self, with_second_toolkit};

    #[test]
    fn compares_path_and_variable() {
        assert_eq!(SeveralToolkits::find(&example::h200(), &Need::default()), []);
        let mut facts = with_second_toolkit("11.8");
        assert_eq!(SeveralToolkits::find(&facts, &Need::default())[0].variable, "CUDA_HOME");
        facts.toolkits[1].found_by = vec!["/usr/local".to_owned()];
        assert_eq!(SeveralToolkits::find(&facts, &Need::default()), []);
    }

    #[test]
    fn an_unknown_version_is_not_another_one() {
        let mut facts = with_second_toolkit("11.8");
        facts.toolkits[1].version = Reading::Unknown("permission denied".to_owned());
        assert_eq!(SeveralToolkits::find(&facts, &Need::default()), []);
    }
}
