//! What a Dockerfile written by hand wishes for: its CUDA, Python and distribution, and the frameworks
//! that it installs, also by the requirements files that it names.
//!
//! A CUDA or a distribution whose support is over is no wish: whoever asks for a new set of versions
//! wants to leave it.

use crate::{
    commands::image::{check, requirements},
    exit::Failure,
    files,
};
use anyhow::anyhow;
use cuda_compat::{CudaVersion, Framework, PythonVersion, base_images, distribution, toolkits};
use image_spec::{Dockerfile, PipRequirement, Placed, Recipe};
use pep440_rs::VersionSpecifiers;
use pep508_rs::VersionOrUrl;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The wishes of a Dockerfile.
#[derive(Debug, Default)]
pub(super) struct HandWritten {
    pub(super) python: Option<Placed<PythonVersion>>,
    pub(super) cuda: Option<Placed<CudaVersion>>,
    pub(super) os: Option<Placed<String>>,
    pub(super) frameworks: Vec<(Framework, Placed<VersionSpecifiers>)>,
    /// All other packages, as they are asked for.
    pub(super) pip: Vec<String>,
    /// What it says and is no wish, by what it is about, in words.
    pub(super) left_free: BTreeMap<&'static str, String>,
}

/// A Dockerfile is far smaller; a larger file is something else.
const LARGEST: u64 = 1024 * 1024;

/// Reads a Dockerfile and the requirements files that it installs.
pub(super) fn read(path: &Path) -> Result<HandWritten, Failure> {
    let bytes = files::read(path, LARGEST).map_err(Failure::usage)?;
    let file = Dockerfile::parse(path, &bytes).map_err(Failure::usage)?;
    if let Some(reason) = file.too_large() {
        return Err(Failure::usage(anyhow!("could not look at `{}`: {reason}", path.display())));
    }
    let recipes = Recipe::from_dockerfile(&file);
    let used: Vec<PathBuf> = recipes
        .iter()
        .flat_map(|recipe| &recipe.requirements_files)
        .map(|used| used.value.path.clone())
        .collect();
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let read = requirements::read(folder.unwrap_or(Path::new(".")), used.iter().cloned()).map_err(
        |error| Failure::usage(anyhow!("{} installs a requirements file: {error}", path.display())),
    )?;
    let mut asked: Vec<Placed<PipRequirement>> = Vec::new();
    for pip in recipes.iter().flat_map(|recipe| &recipe.pip) {
        push(&mut asked, pip);
    }
    for pip in used.iter().filter_map(|path| read.get(path)).flat_map(|file| &file.requirements) {
        push(&mut asked, pip);
    }
    Ok(wishes(&recipes, &asked))
}

/// Stages that build on another one inherit what it installs: each item counts once.
fn push(all: &mut Vec<Placed<PipRequirement>>, one: &Placed<PipRequirement>) {
    if !all.contains(one) {
        all.push(one.clone());
    }
}

fn wishes(recipes: &[Recipe], asked: &[Placed<PipRequirement>]) -> HandWritten {
    let mut found = HandWritten::default();
    let last = |pick: fn(&Recipe) -> bool| recipes.iter().rev().find(|recipe| pick(recipe));
    found.python = last(|recipe| recipe.python.is_some()).and_then(|it| it.python.clone());
    if let Some(cuda) = last(|recipe| recipe.cuda.is_some()).and_then(|it| it.cuda.clone()) {
        let line = cuda.value.minor_line();
        if is_supported(line) {
            found.cuda = Some(Placed::new(line, cuda.place));
        } else {
            found.left_free.insert(
                "CUDA",
                format!(
                    "CUDA {line}, which NVIDIA no longer looks after; `--cuda {line}` keeps it"
                ),
            );
        }
    }
    if let Some(os) = last(|recipe| recipe.os.is_some()).and_then(|it| it.os.clone()) {
        let over = distribution(&os.value).and_then(|row| row.is_over(check::today()));
        let has_images = base_images().iter().any(|base| base.os == os.value);
        let os_name = &os.value;
        let free = match over {
            Some(true) => {
                format!("{os_name}, whose free support is over; `--os {os_name}` keeps it")
            }
            _ if !has_images => format!("{os_name}, on which there is no `nvidia/cuda`"),
            _ => String::new(),
        };
        if free.is_empty() {
            found.os = Some(os);
        } else {
            found.left_free.insert("distribution", free);
        }
    }
    for one in asked {
        let requirement = &one.value.requirement;
        let framework = Framework::of_package(requirement.name.as_ref());
        let range = match &requirement.version_or_url {
            Some(VersionOrUrl::VersionSpecifier(range)) => Some(range.clone()),
            Some(VersionOrUrl::Url(_)) => None,
            None => Some(VersionSpecifiers::empty()),
        };
        match (framework, range) {
            (Some(framework), Some(range)) => {
                found.frameworks.push((framework, Placed::new(range, one.place.clone())));
            }
            (Some(_), None) => {}
            (None, _) => found.pip.push(requirement.to_string()),
        }
    }
    found
}

/// NVIDIA looks after two major versions: the newest and the one before it.
fn is_supported(cuda: CudaVersion) -> bool {
    let newest = toolkits().last().map_or(cuda.major, |row| row.cuda.major);
    cuda.major + 1 >= newest
}
