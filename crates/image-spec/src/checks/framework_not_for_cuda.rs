//! This framework is not built for the CUDA of the project.
//!
//! Each release of a framework is built for one or a few CUDAs: CuPy has a package for each major version,
//! JAX has none for CUDA 11, the last PyTorch for CUDA 11.8 is 2.7.1, ONNX Runtime 1.27 and newer need 13.
//! With another CUDA the libraries that it looks for (`libcublas.so.11`) are not there, and it either fails
//! at the import or computes on the CPU without a word.
//!
//! See for yourself with `ldd` on the framework's shared objects, in the image.
//!
//! Take the release or the package that is built for the CUDA, or the CUDA that the framework is built
//! for.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    installs::{Facts, Install, Pick, installs, works},
    once::once,
};
use cuda_compat::{CudaVersion, Flavour, framework_builds};
use serde::Serialize;

/// This framework is not built for the CUDA of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{requirement}` is built for CUDA {built_for}, and the image has CUDA {cuda}")]
pub struct FrameworkNotForCuda {
    /// The requirement.
    pub requirement: String,
    /// The CUDA of the image.
    pub cuda: CudaVersion,
    /// The CUDA that it is built for.
    pub built_for: String,
    /// What is built for the CUDA of the image.
    pub instead: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl FrameworkNotForCuda {
    pub(super) const CODE: &str = "image/framework-not-for-cuda";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for recipe in &scene.recipes {
            let Some(cuda) = recipe.cuda.as_ref().map(|cuda| cuda.value) else { continue };
            let facts = Facts::of(recipe, &scene.fleet);
            let base = recipe.cuda_tag().filter(|tag| tag.flavour != Flavour::Base);
            if let Some(base) = base {
                let all = installs(recipe);
                found.extend(all.iter().filter_map(|it| by_name(it, base.cuda)));
            }
            found.extend(installs(recipe).iter().filter_map(|it| of(it, cuda, &facts)));
        }
        once(found)
    }
}

impl Diagnosis for FrameworkNotForCuda {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let instead = self.instead.as_ref().map(|instead| {
            format!("write `{instead}`, which is built for CUDA {}", self.cuda)
        });
        Fix::alternatives(instead.into_iter().chain([format!("take CUDA {}", self.built_for)]))
    }
}

fn of(install: &Install<'_>, cuda: CudaVersion, facts: &Facts<'_>) -> Option<FrameworkNotForCuda> {
    let from_frameworks =
        matches!(install.place(), Place::Key { path } if path[0] == "frameworks");
    let Some(pick) = install.pick() else {
        return not_with_this_cuda(install, cuda, facts).filter(|_| from_frameworks);
    };
    let build = pick.build;
    // Wheels that bring their CUDA run beside another; what the project itself lists must be one with
    // its CUDA.
    let fits = match (build.brings_cuda, from_frameworks) {
        (true, true) => build.cuda_first.major <= cuda.major && cuda.major <= build.cuda_last.major,
        (true, false) => true,
        (false, _) => works(build, cuda),
    };
    if fits {
        return None;
    }
    let same = framework_builds().iter().filter(|row| row.framework == install.framework);
    let newest = same.filter_map(|build| Some(Pick { version: build.versions.last()?, build }));
    let fitting = newest.filter(|pick| facts.fit_with_extras(install, pick) && works(pick.build, cuda));
    let instead = fitting.max_by_key(|pick| pick.version);
    Some(FrameworkNotForCuda {
        requirement: install.shown(),
        cuda,
        built_for: crate::installs::shown_cuda(build),
        instead: instead.map(|pick| pick.shown()),
        place: install.place(),
    })
}

/// `cuml-cu11`: a package of RAPIDS whose releases no table holds, and whose name says the CUDA.
fn by_name(install: &Install<'_>, cuda: CudaVersion) -> Option<FrameworkNotForCuda> {
    let major = install.major_by_name().filter(|major| *major != cuda.major)?;
    let stem = install.name().rsplit_once("-cu")?.0;
    Some(FrameworkNotForCuda {
        requirement: install.shown(),
        cuda,
        built_for: major.to_string(),
        instead: Some(format!("{stem}-cu{}", cuda.major)),
        place: install.place(),
    })
}

/// A release that exists, and for this CUDA does not: the package of this CUDA has none of it.
fn not_with_this_cuda(install: &Install<'_>, cuda: CudaVersion, facts: &Facts<'_>) -> Option<FrameworkNotForCuda> {
    if install.allowed_builds().next().is_some() {
        return None;
    }
    let same = framework_builds().iter().filter(|row| row.framework == install.framework);
    let of_release: Vec<Pick> = same
        .flat_map(|build| build.versions.iter().map(move |version| Pick { version, build }))
        .filter(|pick| install.allows(pick.version))
        .collect();
    if of_release.is_empty() || of_release.iter().any(|pick| pick.is_for(cuda)) {
        return None;
    }
    let mut lines: Vec<CudaVersion> = of_release.iter().map(|pick| pick.build.cuda_first).collect();
    lines.sort();
    lines.dedup();
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    Some(FrameworkNotForCuda {
        requirement: install.shown(),
        cuda,
        built_for: lines.join(", "),
        instead: facts.newest(install, |pick| pick.is_for(cuda)).map(|pick| install.at(pick.version)),
        place: install.place(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn compares_with_the_image() {
        let check = |cuda: &str, line: &str, expected: Option<&str>| {
            let text = format!(
                "[cuda]\nversion = '{cuda}'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                 [image.prod]\nbase = 'runtime'\nrequirements = ['r.txt']"
            );
            let found = example::spec_with(&text, &[("r.txt", line)], FrameworkNotForCuda::find);
            let got = found.first().map(ToString::to_string);
            assert_eq!(got.as_deref(), expected, "{cuda} {line}");
        };
        check(
            "11.8",
            "cupy-cuda12x",
            Some("`cupy-cuda12x` is built for CUDA 12, and the image has CUDA 11.8"),
        );
        check("12.6", "cupy-cuda12x", None);
        check(
            "12.6",
            "onnxruntime-gpu",
            Some("`onnxruntime-gpu` is built for CUDA 13, and the image has CUDA 12.6"),
        );
        check("12.6", "onnxruntime-gpu<1.27", None);
        check("11.8", "tensorflow==2.14.1", None);
        check("11.8", "tensorflow[and-cuda]==2.20.0", None);
        check("11.8", "torch==99", None);
    }

    #[test]
    fn a_release_may_be_for_newer_cudas_only() {
        let text = "[cuda]\nversion = '11.8'\npython = '3.11'\nos = 'ubuntu22.04'\n\
                    [frameworks]\ntorch = '2.8'\n[image.prod]\nbase = 'base'";
        let found = example::spec(text, FrameworkNotForCuda::find);
        assert_eq!(
            found[0].to_string(),
            "`torch==2.8.*` is built for CUDA 12.6, 12.8, 12.9, and the image has CUDA 11.8"
        );
        assert_eq!(found[0].instead.as_deref(), Some("torch==2.7.1"));
    }

    #[test]
    fn the_name_may_say_the_cuda() {
        let check = |flavour: &str, package: &str, expected: Option<&str>| {
            let text = format!(
                "FROM nvidia/cuda:12.5.1-{flavour}-ubuntu22.04\nRUN pip install {package}\n"
            );
            let found = example::dockerfile(&text, FrameworkNotForCuda::find);
            let got = found.first().map(|it| it.instead.clone().unwrap());
            assert_eq!(got.as_deref(), expected, "{flavour} {package}");
        };
        check("runtime", "cuml-cu11==24.10.0", Some("cuml-cu12"));
        check("runtime", "cuml-cu12==24.10.0", None);
        check("base", "cuml-cu11==24.10.0", None);
    }

    #[test]
    fn a_framework_may_have_no_build_at_all() {
        let text = "[cuda]\nversion = '11.8'\npython = '3.12'\nos = 'ubuntu22.04'\n\
                    [frameworks]\njax = '*'\n[image.prod]\nbase = 'base'";
        let found = example::spec(text, FrameworkNotForCuda::find);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].instead, None);
    }
}
