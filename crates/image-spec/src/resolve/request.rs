//! What uv is asked.

use super::{ResolveOutcome, conflict};
use crate::{
    IndexKind, PackageIndex, Place, Placed, Recipe, RequirementsFile, RequirementsKind, Spec,
    without_credentials,
};
use cuda_compat::{CudaVersion, Framework, PythonVersion, distribution, framework_builds};
use pep508_rs::Requirement;
use std::{collections::BTreeMap, path::PathBuf};

/// The second number of the C libraries that uv knows a platform for: `x86_64-manylinux_2_28`.
const MANYLINUX: &[u32] = &[17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

/// What uv is asked for one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveRequest {
    /// The image, or the stage of a Dockerfile.
    pub image: String,
    /// The Python of the image.
    pub python: PythonVersion,
    /// Its platform, as uv names it.
    pub platform: String,
    /// Requirements files and projects, as paths that the config writes.
    pub files: Vec<PathBuf>,
    /// Further requirements, one a line.
    pub lines: Vec<String>,
    /// The indexes that the files and the config name.
    pub indexes: Vec<PackageIndex>,
    /// Indexes that the lines come from and no file names.
    pub line_indexes: Vec<String>,
    /// PyTorch's index for the CUDA of the image: `cu126`.
    pub torch_backend: Option<String>,
    /// Everything that is asked for, with its place.
    pub wishes: Vec<Placed<Requirement>>,
}

/// uv's name for Linux x86-64 with the C library of a distribution; `None` where that is not known.
pub fn python_platform(os: &str) -> Option<String> {
    let (2, minor) = distribution(os)?.glibc? else { return None };
    let fitting = MANYLINUX.iter().rev().find(|known| **known <= minor)?;
    Some(format!("x86_64-manylinux_2_{fitting}"))
}

impl ResolveRequest {
    /// What is asked for a recipe; `None` where its Python is not known or it asks for nothing.
    ///
    /// `read` holds the requirements files by the path that the config writes.
    pub fn of(
        recipe: &Recipe,
        spec: Option<&Spec>,
        read: &BTreeMap<PathBuf, RequirementsFile>,
    ) -> Option<Self> {
        let python = recipe.python.as_ref()?.value;
        let by_glibc = recipe.os.as_ref().and_then(|os| python_platform(&os.value));
        let named = spec.map_or(Vec::new(), |spec| files_of(spec, &recipe.name));
        let named: Vec<(&PathBuf, &RequirementsFile)> =
            named.iter().filter_map(|name| read.get_key_value(name)).collect();
        // uv reads requirements files and projects itself, with all their options.
        let (own, others): (Vec<_>, Vec<_>) = named.into_iter().partition(|(_, file)| {
            matches!(file.kind, RequirementsKind::Requirements | RequirementsKind::Pyproject)
        });
        let of_own = |place: &Place| own.iter().any(|(_, file)| includes(file, place));
        let mut lines = Vec::new();
        let mut line_indexes = Vec::new();
        for found in recipe.pip.iter().filter(|found| !of_own(&found.place)) {
            lines.push(found.value.requirement.to_string());
            line_indexes
                .extend(found.value.index.clone().filter(|_| !is_torch(&found.value.requirement)));
        }
        let mut wishes: Vec<Placed<Requirement>> = recipe
            .pip
            .iter()
            .map(|found| Placed::new(found.value.requirement.clone(), found.place.clone()))
            .collect();
        wishes.extend(own.iter().flat_map(|(_, file)| file.constraints.iter().cloned()));
        let files: Vec<PathBuf> = own.iter().map(|(name, _)| (*name).clone()).collect();
        if lines.is_empty() && files.is_empty() {
            return None;
        }
        line_indexes.sort();
        line_indexes.dedup();
        let indexes = own.iter().chain(&others).flat_map(|(_, file)| &file.indexes);
        let indexes: Vec<PackageIndex> = indexes.map(|index| index.value.clone()).collect();
        line_indexes.retain(|url| !indexes.iter().any(|index| index.url == *url));
        Some(Self {
            image: recipe.name.clone(),
            python,
            platform: by_glibc.unwrap_or_else(|| "linux".to_owned()),
            torch_backend: torch_backend(recipe, &indexes),
            files,
            lines,
            indexes,
            line_indexes,
            wishes,
        })
    }

    /// The arguments of uv, with further options. Where there are [`lines`](Self::lines), the last one is `-` and they are
    /// read from its input.
    pub fn arguments(&self, options: &[String]) -> Vec<String> {
        let python = self.python.to_string();
        let mut arguments: Vec<String> = [
            "pip",
            "compile",
            "--generate-hashes",
            "--no-header",
            "--no-progress",
            "--color",
            "never",
            "--no-python-downloads",
            "--python-version",
            &python,
            "--python-platform",
            &self.platform,
        ]
        .map(str::to_owned)
        .into();
        if let Some(backend) = &self.torch_backend {
            arguments.extend(["--torch-backend".to_owned(), backend.clone()]);
        }
        for url in &self.line_indexes {
            arguments.extend(["--extra-index-url".to_owned(), url.clone()]);
        }
        arguments.extend_from_slice(options);
        // Behind `--` a name that begins with `-` is a file.
        arguments.push("--".to_owned());
        arguments.extend(self.files.iter().map(|file| file.display().to_string()));
        if !self.lines.is_empty() {
            arguments.push("-".to_owned());
        }
        arguments
    }

    /// What uv reads from its input.
    pub fn input(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// What uv's answer means, from its exit code and what it wrote to standard error.
    pub fn outcome(&self, code: Option<i32>, said: &str) -> ResolveOutcome {
        conflict::outcome(code, &without_credentials(said), &self.wishes)
    }

    /// The options of a lock that name where its packages are.
    pub fn index_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .indexes
            .iter()
            .map(|index| {
                let option = match index.kind {
                    IndexKind::Main => "--index-url",
                    IndexKind::Extra => "--extra-index-url",
                    IndexKind::FindLinks => "--find-links",
                };
                format!("{option} {}", index.url.replace("***@", ""))
            })
            .collect();
        let extra =
            self.line_indexes.iter().map(|url| without_credentials(url).replace("***@", ""));
        let torch = self.torch_backend.iter().map(|name| pytorch_index(name));
        lines.extend(extra.chain(torch).map(|url| format!("--extra-index-url {url}")));
        let mut seen = std::collections::BTreeSet::new();
        lines.retain(|line| seen.insert(line.clone()));
        lines
    }
}

fn pytorch_index(name: &str) -> String {
    format!("https://download.pytorch.org/whl/{name}")
}

/// The requirements files of an image, those of the images that it builds on first.
fn files_of(spec: &Spec, image: &str) -> Vec<PathBuf> {
    let mut chain = Vec::new();
    let mut next = Some(image);
    // A circle among images is found elsewhere; here it only has to end.
    while let Some(image) = next.and_then(|name| spec.images.get(name))
        && chain.len() < spec.images.len()
    {
        chain.push(image);
        next = image.from.as_deref();
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for file in chain.iter().rev().flat_map(|image| &image.requirements) {
        let file = PathBuf::from(file);
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// Whether a place is in the file or in one that it includes.
fn includes(file: &RequirementsFile, place: &Place) -> bool {
    let Place::File { path, .. } = place else { return false };
    *path == file.path || file.requirements.iter().any(|found| found.place == *place)
}

fn is_torch(requirement: &Requirement) -> bool {
    ["torch", "torchaudio", "torchvision"].contains(&requirement.name.as_ref())
}

/// The index of PyTorch with the newest CUDA that is not newer than that of the image, where the image
/// asks for PyTorch and no file names an index of PyTorch.
fn torch_backend(recipe: &Recipe, indexes: &[PackageIndex]) -> Option<String> {
    if indexes.iter().any(|index| index.url.contains("download.pytorch.org")) {
        return None;
    }
    let torch: Vec<_> =
        recipe.pip.iter().filter(|found| is_torch(&found.value.requirement)).collect();
    // What the config already says for PyTorch itself.
    let named = torch.iter().find_map(|found| found.value.index.as_deref());
    if let Some(name) = named.and_then(|url| url.strip_prefix("https://download.pytorch.org/whl/"))
    {
        return Some(name.trim_end_matches('/').to_owned());
    }
    torch.first()?;
    backend_for(recipe.cuda.as_ref()?.value)
}

fn backend_for(cuda: CudaVersion) -> Option<String> {
    let builds = framework_builds().iter().filter(|build| build.framework == Framework::Torch);
    let fitting = builds.filter(|build| {
        let built = build.cuda_last;
        built.major == cuda.major && built <= cuda.minor_line() && build.index.is_some()
    });
    fitting.max_by_key(|build| build.cuda_last)?.index.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_platforms() {
        let check = |os: &str, expected: Option<&str>| {
            assert_eq!(python_platform(os).as_deref(), expected, "{os}");
        };
        check("ubuntu20.04", Some("x86_64-manylinux_2_31"));
        check("ubuntu22.04", Some("x86_64-manylinux_2_35"));
        check("ubuntu18.04", Some("x86_64-manylinux_2_17"));
        check("debian12", Some("x86_64-manylinux_2_36"));
        check("plan9", None);
    }

    #[test]
    fn knows_the_index_of_pytorch() {
        let check = |cuda: &str, expected: Option<&str>| {
            assert_eq!(backend_for(cuda.parse().unwrap()).as_deref(), expected, "{cuda}");
        };
        check("11.8", Some("cu118"));
        check("12.6.3", Some("cu126"));
        check("12.5", Some("cu124"));
        check("10.0", None);
    }
}
