//! What pip would install of the frameworks that a recipe asks for, as far as the tables know it.
//!
//! pip takes the newest release that the requirements allow and that has a wheel for this Python and
//! C library, from the index that was named. An extra that this release does not have it ignores with
//! a warning.

mod fitting;
mod index;

use crate::{PipRequirement, Place, Placed, Recipe};
use cuda_compat::{
    CudaVersion, Framework, FrameworkBuild, PythonVersion, distribution, framework_builds,
};
pub(crate) use fitting::{Facts, works};
use index::Index;
use pep440_rs::{Operator, Version, VersionSpecifier};
use pep508_rs::VersionOrUrl;
use std::collections::BTreeMap;

/// A package of a framework, with everything in the recipe that asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Install<'a> {
    /// The framework.
    pub(crate) framework: Framework,
    /// The requirements that name the package; never empty.
    pub(crate) asked: Vec<&'a Placed<PipRequirement>>,
    python: Option<PythonVersion>,
    glibc: Option<(u32, u32)>,
    specifiers: Option<Vec<VersionSpecifier>>,
    builds: Vec<&'static FrameworkBuild>,
    /// Every release on the index with the build that counts for it.
    here: Vec<Pick>,
    /// Every release that is allowed with the build that counts for it, whether it fits the image or
    /// not.
    allowed: Vec<Pick>,
}

/// What pip takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pick {
    /// The release.
    pub(crate) version: &'static Version,
    /// Its build.
    pub(crate) build: &'static FrameworkBuild,
}

/// The frameworks of a recipe, in the order in which they are asked for.
pub(crate) fn installs(recipe: &Recipe) -> Vec<Install<'_>> {
    let python = recipe.python.as_ref().map(|python| python.value.minor_line());
    let os = recipe.os.as_ref().and_then(|os| distribution(&os.value));
    let glibc = os.and_then(|os| os.glibc);
    let mut found: Vec<Install<'_>> = Vec::new();
    for asked in &recipe.pip {
        // What holds on some machines only is not judged.
        if !asked.value.requirement.marker.is_true() {
            continue;
        }
        let name = asked.value.requirement.name.as_ref();
        let Some(framework) = Framework::of_package(name) else { continue };
        match found.iter_mut().find(|known| known.name() == name) {
            Some(known) => known.asked.push(asked),
            None => found.push(Install {
                framework,
                asked: vec![asked],
                python,
                glibc,
                specifiers: None,
                builds: Vec::new(),
                here: Vec::new(),
                allowed: Vec::new(),
            }),
        }
    }
    found.iter_mut().for_each(Install::look_up);
    found
}

impl<'a> Install<'a> {
    fn first(&self) -> &'a Placed<PipRequirement> {
        // `installs` makes none without.
        self.asked[0]
    }

    /// The package's name.
    pub(crate) fn name(&self) -> &'a str {
        self.first().value.requirement.name.as_ref()
    }

    /// Where it is asked for first.
    pub(crate) fn place(&self) -> Place {
        self.first().place.clone()
    }

    /// As it is written, without an index: `torch>=2.6`.
    pub(crate) fn shown(&self) -> String {
        shown(&self.first().value)
    }

    /// The package with the extras that are asked for, at that release.
    pub(crate) fn at(&self, version: &Version) -> String {
        let extras: Vec<&str> = self.extras().collect();
        let extras =
            if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
        format!("{}{extras}=={version}", self.name())
    }

    /// The extras that are asked for.
    pub(crate) fn extras(&self) -> impl Iterator<Item = &'a str> {
        self.asked.iter().flat_map(|asked| &asked.value.requirement.extras).map(AsRef::as_ref)
    }

    /// Looks up the builds, once everything that asks for the package is known.
    fn look_up(&mut self) {
        self.specifiers = self.all_specifiers();
        self.builds = self.on_index();
        let mut releases: BTreeMap<&'static Version, Vec<&'static FrameworkBuild>> =
            BTreeMap::new();
        for build in &self.builds {
            for version in &build.versions {
                releases.entry(version).or_default().push(build);
            }
        }
        let picks = releases.iter().flat_map(|(version, builds)| {
            let counting = builds.iter().filter(|build| self.counts(build, builds));
            counting.map(|build| Pick { version, build })
        });
        self.here = picks.collect();
        let allowed = self.here.iter().filter(|pick| self.allows(pick.version));
        self.allowed = allowed.copied().collect();
    }

    /// Whether a build is the one that counts among those of a release: that of the extra that is asked
    /// for, where the release has it.
    fn counts(&self, build: &FrameworkBuild, of_release: &[&'static FrameworkBuild]) -> bool {
        let extras = || of_release.iter().map(|row| package_and_extra(row).1);
        let asked = |extra: Option<&str>| extra.is_some_and(|extra| self.asks_for(extra));
        match package_and_extra(build).1 {
            own if extras().any(asked) => asked(own),
            own => own.is_none() || extras().all(|extra| extra.is_some()),
        }
    }

    /// The versions that are allowed; `None` for a URL.
    pub(crate) fn specifiers(&self) -> Option<&[VersionSpecifier]> {
        self.specifiers.as_deref()
    }

    fn all_specifiers(&self) -> Option<Vec<VersionSpecifier>> {
        let mut all = Vec::new();
        for asked in &self.asked {
            match &asked.value.requirement.version_or_url {
                None => {}
                Some(VersionOrUrl::Url(_)) => return None,
                Some(VersionOrUrl::VersionSpecifier(range)) => all.extend(range.iter().cloned()),
            }
        }
        Some(all)
    }

    /// Whether all requirements allow that release.
    pub(crate) fn allows(&self, version: &Version) -> bool {
        self.specifiers().is_some_and(|all| all.iter().all(|range| contains(range, version)))
    }

    /// The only release that is allowed, without a local part.
    pub(crate) fn exact(&self) -> Option<Version> {
        let ranges = self.specifiers()?;
        let exact = ranges.iter().find(|range| *range.operator() == Operator::Equal)?;
        Some(exact.version().clone().without_local())
    }

    /// Whether it is older than the tables, and the oldest release in them has wheels for older Pythons
    /// only: a release has none for a Python that came years after it.
    pub(crate) fn is_too_old_for_python(&self) -> bool {
        let rows = self.builds_anywhere();
        let Some(oldest) =
            rows.min_by(|one, other| one.versions.first().cmp(&other.versions.first()))
        else {
            return false;
        };
        let is_older = self.exact().zip(oldest.versions.first()).is_some_and(|(it, old)| it < *old);
        let newest = oldest.pythons.last();
        is_older && self.python.as_ref().zip(newest).is_some_and(|(python, newest)| python > newest)
    }

    /// Whether nothing keeps newer releases out.
    pub(crate) fn is_open(&self) -> bool {
        let hashed = self.asked.iter().any(|asked| asked.value.hashed);
        let bounds = |range: &VersionSpecifier| {
            !matches!(
                range.operator(),
                Operator::GreaterThan
                    | Operator::GreaterThanEqual
                    | Operator::NotEqual
                    | Operator::NotEqualStar
            )
        };
        !hashed && self.specifiers().is_some_and(|all| !all.iter().any(bounds))
    }

    /// The builds of the package on its index; empty where the tables do not know the package or the
    /// index.
    pub(crate) fn builds(&self) -> &[&'static FrameworkBuild] {
        &self.builds
    }

    /// The builds that the requirements allow, whether they fit the image or not.
    pub(crate) fn allowed_builds(&self) -> impl Iterator<Item = &'static FrameworkBuild> {
        self.allowed.iter().map(|pick| pick.build)
    }

    /// Every release on the index with the build that counts for it, whether it is allowed or not.
    fn here(&self) -> impl Iterator<Item = Pick> {
        self.here.iter().copied()
    }

    fn on_index(&self) -> Vec<&'static FrameworkBuild> {
        let Some(index) = Index::of(self) else { return Vec::new() };
        self.builds_anywhere().filter(|row| index.has(row)).collect()
    }

    /// The builds of the package on any index.
    pub(crate) fn builds_anywhere(&self) -> impl Iterator<Item = &'static FrameworkBuild> {
        let name = self.name();
        framework_builds().iter().filter(move |row| package_and_extra(row).0 == name)
    }

    /// Whether that build has wheels for the Python and the C library of the image; what is not known
    /// does not speak against it.
    pub(crate) fn fits_image(&self, build: &FrameworkBuild) -> bool {
        self.fits_python(build) && self.fits_glibc(build)
    }

    /// Whether that build has wheels for the Python of the image.
    pub(crate) fn fits_python(&self, build: &FrameworkBuild) -> bool {
        self.python.is_none_or(|python| build.pythons.contains(&python))
    }

    /// Whether the wheels of that build run on the C library of the image.
    pub(crate) fn fits_glibc(&self, build: &FrameworkBuild) -> bool {
        !matches!((self.glibc, build.glibc), (Some(has), Some(needs)) if has < needs)
    }

    /// The newest release that pip would take, whatever its extras.
    fn newest(&self) -> Option<&'static Version> {
        let fitting = self.allowed.iter().filter(|pick| self.fits_image(pick.build));
        fitting.map(|pick| pick.version).max()
    }

    /// What pip takes; `None` where that is not known, or nothing fits.
    pub(crate) fn pick(&self) -> Option<Pick> {
        // Without the Python, an open range could mean any release.
        if self.python.is_none() && self.is_open() {
            return None;
        }
        let version = self.newest()?;
        let fits = |pick: &&Pick| pick.version == version && self.fits_image(pick.build);
        // Without an extra, such a package computes on the CPU.
        let first = self.allowed.iter().find(fits).copied();
        first.filter(|pick| self.has_extras_of(pick.build))
    }

    /// Every release that pip could take, with its build; a solver may take any of them.
    pub(crate) fn choices(&self) -> impl Iterator<Item = Pick> {
        self.allowed
            .iter()
            .copied()
            .filter(|pick| self.fits_image(pick.build) && self.has_extras_of(pick.build))
    }

    /// Whether all extras of a build are asked for; a build without any needs none.
    fn has_extras_of(&self, build: &FrameworkBuild) -> bool {
        package_and_extra(build).1.is_none_or(|extra| self.asks_for(extra))
    }

    /// The extra that is asked for, that other releases have, and that the one which pip takes has
    /// not; with that release.
    pub(crate) fn ignored_extra(&self) -> Option<(&'a str, &'static Version)> {
        let version = self.newest()?;
        let is = |row: &FrameworkBuild, extra: &str| {
            package_and_extra(row).1.is_some_and(|all| all.split(',').any(|one| one == extra))
        };
        let here: Vec<_> =
            self.builds.iter().filter(|row| row.versions.contains(version)).collect();
        let missing = self.extras().find(|extra| {
            self.builds_anywhere().any(|row| is(row, extra))
                && !here.iter().any(|row| is(row, extra))
        });
        missing.map(|extra| (extra, version))
    }

    /// The newest release of the same package, on any index, that fits the image and passes.
    pub(crate) fn best(&self, passes: impl Fn(&Pick) -> bool) -> Option<Pick> {
        let rows =
            self.builds_anywhere().filter(|row| self.fits_image(row) && self.has_extras_of(row));
        let newest = rows.filter_map(|build| Some(Pick { version: build.versions.last()?, build }));
        newest.filter(passes).max_by_key(|pick| pick.version)
    }

    /// A release with the index that has it, in words: also that PyPI has it, where another is named.
    pub(crate) fn in_words(&self, pick: &Pick) -> String {
        let named = matches!(Index::of(self), Some(Index::Pytorch(_)));
        let from_pypi = if named && pick.build.index.is_none() { " from PyPI" } else { "" };
        format!("{}{from_pypi}", pick.with_index())
    }

    /// Whether all extras of a build are asked for: `cuda,cudnn` are two.
    fn asks_for(&self, extras: &str) -> bool {
        extras.split(',').all(|extra| {
            // `jax[cuda12_pip]` was the name of `jax[cuda12]`.
            self.extras().any(|asked| asked == extra || asked.strip_suffix("-pip") == Some(extra))
        })
    }
}

impl Pick {
    /// The package with its extra and release, as one writes it: `torch==2.8.0`.
    pub(crate) fn shown(&self) -> String {
        format!("{}=={}", self.build.package, self.version)
    }

    /// The same with the index that has it, in words.
    pub(crate) fn with_index(&self) -> String {
        let index = self.build.index.as_deref().map(|index| match index {
            "pypi.nvidia.com" => " with the index `https://pypi.nvidia.com`".to_owned(),
            name => format!(" with the index `https://download.pytorch.org/whl/{name}`"),
        });
        format!("`{}`{}", self.shown(), index.unwrap_or_default())
    }

    /// Whether it is for that CUDA: wheels that bring theirs run beside any other of the same major.
    pub(crate) fn is_for(&self, cuda: CudaVersion) -> bool {
        match self.build.brings_cuda {
            true => {
                (self.build.cuda_first.major..=self.build.cuda_last.major).contains(&cuda.major)
            }
            false => self.build.works_with(cuda),
        }
    }

    /// The CUDA that its wheels bring, as a version or a major line: `12.6`, `12`.
    pub(crate) fn shown_cuda(&self) -> String {
        shown_cuda(self.build)
    }

    /// The oldest CUDA that its wheels may bring; `None` where they bring none.
    pub(crate) fn brought(&self) -> Option<CudaVersion> {
        self.build.brings_cuda.then_some(self.build.cuda_first)
    }
}

/// `12.6`, or `12` where a build works with several of that major.
pub(crate) fn shown_cuda(build: &FrameworkBuild) -> String {
    match (build.cuda_first, build.cuda_last) {
        (first, last) if first == last => first.to_string(),
        (first, last) if first.major == last.major => first.major.to_string(),
        (first, last) => format!("{first} to {last}"),
    }
}

/// A requirement as it is written, without markers.
pub(crate) fn shown(asked: &PipRequirement) -> String {
    let mut plain = asked.requirement.clone();
    plain.marker = pep508_rs::MarkerTree::TRUE;
    plain.to_string()
}

/// `jax[cuda12]` is the package `jax` and the extra `cuda12`; several extras stay one text.
pub(crate) fn package_and_extra(build: &FrameworkBuild) -> (&str, Option<&str>) {
    match build.package.split_once('[') {
        Some((package, extra)) => (package, extra.strip_suffix(']')),
        None => (&build.package, None),
    }
}

/// Whether a range has a release. The tables hold releases without a local part such as `+cu118`.
pub(crate) fn contains(range: &VersionSpecifier, version: &Version) -> bool {
    if !range.version().is_local() {
        return range.contains(version);
    }
    let public = range.version().clone().without_local();
    VersionSpecifier::from_version(*range.operator(), public)
        .is_ok_and(|range| range.contains(version))
}

#[cfg(test)]
mod tests;
