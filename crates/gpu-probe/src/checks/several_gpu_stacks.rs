//! One Python environment holds packages for different CUDA major versions.
//!
//! For instance PyTorch for CUDA 12 and JAX for CUDA 13, or `nvidia-cudnn-cu11` beside
//! `nvidia-cudnn-cu12`. Each brings its own CUDA libraries; loaded into one process they may take
//! each other's cuDNN or cuBLAS and fail with missing symbols, and each counts with its gigabytes.
//!
//! Look at them with `pip list | grep -i -E 'cu1[0-9]|cuda|torch|jax|tensorflow|cupy'`. Install all
//! of them for one CUDA, or give each an environment of its own.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, PythonEnvironment};
use serde::Serialize;
use std::collections::BTreeMap;

/// Packages for two CUDA major versions in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("one Python environment holds packages for several CUDA versions: {}", words(.packages))]
pub struct SeveralGpuStacks {
    /// The `site-packages` folder.
    pub site_packages: String,
    /// CUDA's major version, and the packages for it.
    pub packages: BTreeMap<u32, Vec<String>>,
}

/// How many packages of one version are named; the rest says nothing new.
const NAMED: usize = 3;

fn words(packages: &BTreeMap<u32, Vec<String>>) -> String {
    let of_one = |(major, names): (&u32, &Vec<String>)| {
        let named: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
        let more = if names.len() > NAMED { ", …" } else { "" };
        format!("CUDA {major}: {}{more}", named.join(", "))
    };
    packages.iter().map(of_one).collect::<Vec<_>>().join("; ")
}

impl SeveralGpuStacks {
    pub(super) const CODE: &str = "gpu/several-gpu-stacks";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        facts.python.iter().filter_map(Self::of).collect()
    }

    fn of(environment: &PythonEnvironment) -> Option<Self> {
        let mut packages: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for package in &environment.packages {
            if let Some(cuda) = package.cuda.found() {
                packages.entry(cuda.major).or_default().push(package.name.clone());
            }
        }
        let site_packages = environment.site_packages.clone();
        (packages.len() > 1).then_some(Self { site_packages, packages })
    }
}

impl Diagnosis for SeveralGpuStacks {
    fn place(&self) -> Place {
        Place::Path { path: self.site_packages.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "install all of them for one CUDA version, or give each framework an environment of \
             its own",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reading;
    use crate::example::{self, with_packages};

    #[test]
    fn compares_major_versions_in_one_environment() {
        assert_eq!(SeveralGpuStacks::find(&example::h200(), &Need::default()), []);
        let check = |one: Reading<&str>, other: Reading<&str>, expected: usize| {
            let facts =
                with_packages(&[("jax-cuda13-plugin", "0.8.0", one), ("torch", "2.9.1", other)]);
            assert_eq!(SeveralGpuStacks::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Found("13.0"), Reading::Found("12.6"), 1);
        check(Reading::Found("12.9"), Reading::Found("12.6"), 0);
        check(Reading::Absent, Reading::Found("12.6"), 0);
        check(Reading::Unknown("not readable".to_owned()), Reading::Found("12.6"), 0);
    }
}
