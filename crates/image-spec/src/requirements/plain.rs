//! `requirements.txt`: the format of pip, which uv and pip-compile write locks in as well.

use super::{
    Fetch, IndexKind, Lock, LockedPackage, RequirementsError, RequirementsFile, RequirementsKind,
    line::{Line, Word, lines},
    named::{self, Written, has_variable, written},
    option::{self, Given, Name},
    text::Text,
    without_credentials,
};
use crate::{PipRequirement, Placed};
use pep440_rs::Operator;
use pep508_rs::{Requirement, VersionOrUrl};
use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

/// The deepest chain of files; links can make endless names for one file.
const DEEPEST: usize = 32;

/// The most files that are read for one.
const MOST_FILES: usize = 256;

struct Reader<'f, 'b> {
    fetch: &'f mut (dyn FnMut(&Path) -> Result<Vec<u8>, String> + 'b),
    /// The files that are being read, from the first to the innermost.
    chain: Vec<PathBuf>,
    /// The files that were read, and whether as constraints: one that is included twice says nothing
    /// new the second time.
    seen: BTreeSet<(PathBuf, bool)>,
    file: RequirementsFile,
}

/// Reads a requirements file with all that it includes.
pub(super) fn read(
    text: &Text<'_>,
    fetch: Fetch<'_>,
) -> Result<RequirementsFile, RequirementsError> {
    let file = RequirementsFile::empty(text.path, RequirementsKind::Requirements);
    let chain = vec![normal(text.path)];
    let mut reader = Reader { fetch, chain, seen: BTreeSet::new(), file };
    reader.lines(text, false)?;
    let mut file = reader.file;
    let indexes: Vec<&str> = file.indexes.iter().map(|index| index.value.url.as_str()).collect();
    for found in &mut file.requirements {
        found.value.index = index_for(found.value.requirement.name.as_ref(), &indexes);
    }
    file.lock = lock(text, &file);
    Ok(file)
}

impl Reader<'_, '_> {
    fn lines(&mut self, text: &Text<'_>, constraints: bool) -> Result<(), RequirementsError> {
        for line in lines(text.text) {
            self.line(text, &line, constraints)?;
        }
        Ok(())
    }

    fn line(
        &mut self,
        text: &Text<'_>,
        line: &Line,
        constraints: bool,
    ) -> Result<(), RequirementsError> {
        let (requirement, options) = divide(line);
        let wrong = |(at, reason): (usize, String)| text.wrong(line.origin(at), reason);
        let options = option::parse(&options).map_err(wrong)?;
        let start = line.text.len() - line.text.trim_start().len();
        if requirement.is_empty() {
            for given in &options {
                self.option(text, line, given, constraints)?;
            }
            return Ok(());
        }
        if let Some(given) =
            options.iter().find(|given| !matches!(given.name, Name::Hash | Name::Other))
        {
            let reason = "this option needs a line of its own".to_owned();
            return Err(text.wrong(line.origin(given.at), reason));
        }
        let found = written(requirement).map_err(|(at, reason)| wrong((start + at, reason)))?;
        let place = text.place(line.origin(start));
        match found {
            Written::Open(what) => self.file.open.push(Placed::new(what, place)),
            Written::Named(found) if constraints => {
                self.file.constraints.push(Placed::new(*found, place));
            }
            Written::Named(found) => {
                let hashed = options.iter().any(|given| given.name == Name::Hash);
                let found = PipRequirement { hashed, ..named::plain(*found) };
                self.file.requirements.push(Placed::new(found, place));
            }
        }
        Ok(())
    }

    fn option(
        &mut self,
        text: &Text<'_>,
        line: &Line,
        given: &Given,
        constraints: bool,
    ) -> Result<(), RequirementsError> {
        let at = line.origin(given.at);
        match given.name {
            Name::Requirement => self.include(text, at, &given.value, constraints),
            Name::Constraint => self.include(text, at, &given.value, true),
            Name::Index | Name::ExtraIndex | Name::FindLinks => {
                let kind = match given.name {
                    Name::Index => IndexKind::Main,
                    Name::ExtraIndex => IndexKind::Extra,
                    _ => IndexKind::FindLinks,
                };
                self.file.index(kind, &given.value, text.place(at));
                Ok(())
            }
            Name::Editable => {
                let found = written(&given.value).map_err(|(_, reason)| text.wrong(at, reason))?;
                let place = text.place(at);
                match found {
                    Written::Named(found) => {
                        self.file.requirements.push(Placed::new(named::plain(*found), place));
                    }
                    Written::Open(what) => {
                        self.file.open.push(Placed::new(format!("-e {what}"), place));
                    }
                }
                Ok(())
            }
            Name::Hash => Err(text.wrong(at, "`--hash` belongs behind a requirement")),
            Name::Other => Ok(()),
        }
    }

    fn include(
        &mut self,
        text: &Text<'_>,
        at: usize,
        written: &str,
        constraints: bool,
    ) -> Result<(), RequirementsError> {
        if written.contains("://") || has_variable(written) {
            let what = format!("-r {}", without_credentials(written));
            self.file.open.push(Placed::new(what, text.place(at)));
            return Ok(());
        }
        let path = text.path.parent().unwrap_or(Path::new("")).join(written);
        let path = normal(&path);
        if let Some(first) = self.chain.iter().position(|open| *open == path) {
            return Err(text.wrong(at, circle(&self.chain[first..], &path)));
        }
        if self.chain.len() >= DEEPEST {
            let reason = format!("files include one another more than {DEEPEST} deep");
            return Err(text.wrong(at, reason));
        }
        if !self.seen.insert((path.clone(), constraints)) {
            return Ok(());
        }
        if self.seen.len() > MOST_FILES {
            return Err(text.wrong(at, format!("more than {MOST_FILES} files are included")));
        }
        let bytes = (self.fetch)(&path)
            .map_err(|reason| text.wrong(at, format!("`{}` {reason}", path.display())))?;
        let inner = Text::decode(&path, &bytes)?;
        self.chain.push(path.clone());
        self.lines(&inner, constraints)?;
        self.chain.pop();
        Ok(())
    }
}

fn circle(chain: &[PathBuf], path: &Path) -> String {
    let names = chain.iter().map(PathBuf::as_path).chain([path]);
    let names: Vec<String> = names.map(|path| format!("`{}`", path.display())).collect();
    match names.as_slice() {
        [_, _] => "the file includes itself".to_owned(),
        names => format!("files include one another in a circle: {}", names.join(" → ")),
    }
}

/// The requirement, and the options behind it.
fn divide(line: &Line) -> (&str, Vec<Word>) {
    let words = line.words();
    let first = words
        .iter()
        .position(|word| line.text.get(word.at..).is_some_and(|rest| rest.starts_with('-')));
    let Some(first) = first else { return (line.text.trim(), Vec::new()) };
    let at = words.get(first).map_or(0, |word| word.at);
    let options = words.into_iter().skip(first).collect();
    (line.text.get(..at).unwrap_or_default().trim(), options)
}

/// A path without `.` and `..`, by its words alone: links are the business of who reads the file.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(normal.components().next_back(), Some(Component::Normal(_))) =>
            {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

/// Packages that PyTorch's own indexes serve builds of.
const OF_PYTORCH: &[&str] =
    &["pytorch-triton", "torch", "torchao", "torchaudio", "torchvision", "triton", "xformers"];

/// The index among those of the file that a package most likely comes from: PyPI is the one where
/// nothing else is named, and PyTorch's indexes hold little but PyTorch.
fn index_for(package: &str, indexes: &[&str]) -> Option<String> {
    let is_of_pytorch = OF_PYTORCH.contains(&package);
    let is_pytorch = |index: &&&str| index.contains("download.pytorch.org");
    let mut others = indexes.iter().filter(|index| !index.contains("pypi.org"));
    let own = indexes
        .iter()
        .find(|index| is_pytorch(index) == is_of_pytorch && !index.contains("pypi.org"));
    own.or_else(|| others.next()).map(|index| (*index).to_owned())
}

/// A file is a lock where each of its packages has one version and a hash, or where the tool that
/// wrote it says so at its head.
fn lock(text: &Text<'_>, file: &RequirementsFile) -> Option<Lock> {
    let head = super::head::read(text);
    let is_pinned = |found: &Placed<PipRequirement>| pinned(&found.value.requirement).is_some();
    let hashed = file.requirements.iter().all(|found| found.value.hashed);
    let all_pinned = file.requirements.iter().all(is_pinned);
    if file.requirements.is_empty() || !all_pinned || !(hashed || head.is_some()) {
        return None;
    }
    let mut lock = head.unwrap_or_default();
    lock.packages = file
        .requirements
        .iter()
        .map(|found| LockedPackage {
            name: found.value.requirement.name.clone(),
            marker: found.value.requirement.marker.clone(),
            version: pinned(&found.value.requirement).cloned(),
            place: found.place.clone(),
            wheels: Vec::new(),
            has_source: false,
        })
        .collect();
    Some(lock)
}

/// The one version that is allowed, where it is one.
fn pinned(requirement: &Requirement) -> Option<&pep440_rs::Version> {
    let Some(VersionOrUrl::VersionSpecifier(range)) = &requirement.version_or_url else {
        return None;
    };
    let mut range = range.iter();
    let only = range.next().filter(|_| range.next().is_none())?;
    matches!(only.operator(), Operator::Equal | Operator::ExactEqual).then(|| only.version())
}
