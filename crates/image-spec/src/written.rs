//! What several checks ask of a Dockerfile: everything that is written for a stage, from its base on.

mod toolkit;

pub(crate) use toolkit::installed_toolkits;

use crate::{
    Base, Dockerfile, Place, Recipe, Scene,
    dockerfile::{Conda, Instruction, Kind, Manager, Packages, Pip, Run, ShellCommand, Word},
};
use cuda_compat::{CudaTag, CudaVersion, Distribution};

/// All that is written for a stage, with the stages that it builds on before it.
#[derive(Debug)]
pub(crate) struct History<'a> {
    pub(crate) file: &'a Dockerfile,
    pub(crate) recipe: &'a Recipe,
    /// The instructions, from the base on.
    pub(crate) instructions: Vec<&'a Instruction>,
}

/// The history of every stage; none where no Dockerfile is judged.
pub(crate) fn histories<'a>(scene: &'a Scene<'_>) -> Vec<History<'a>> {
    let Some(file) = scene.dockerfile else { return Vec::new() };
    let stages = scene.recipes.iter().enumerate();
    stages.map(|(stage, recipe)| History::of(file, recipe, stage)).collect()
}

/// The history of the stage that is shipped.
pub(crate) fn shipped<'a>(scene: &'a Scene<'_>) -> Option<History<'a>> {
    let file = scene.dockerfile?;
    let stage = scene.recipes.iter().position(Recipe::is_shipped)?;
    scene.recipes.get(stage).map(|recipe| History::of(file, recipe, stage))
}

/// Adds what is not there yet: stages that build on one another share their history.
pub(crate) fn once<T: PartialEq>(found: &mut Vec<T>, problem: T) {
    if !found.contains(&problem) {
        found.push(problem);
    }
}

impl<'a> History<'a> {
    fn of(file: &'a Dockerfile, recipe: &'a Recipe, stage: usize) -> Self {
        let mut stages: Vec<usize> = file.lineage(stage).collect();
        stages.reverse();
        let instructions = stages.into_iter().flat_map(|stage| file.of_stage(stage)).collect();
        Self { file, recipe, instructions }
    }

    pub(crate) fn place(&self, word: &Word) -> Place {
        self.file.place(word.span.start)
    }

    /// Every `RUN`.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &'a Run> {
        self.instructions.iter().filter_map(|instruction| match &instruction.kind {
            Kind::Run(run) => Some(run),
            _ => None,
        })
    }

    /// Every command of every `RUN`, with that.
    pub(crate) fn commands(&self) -> impl Iterator<Item = (&'a Run, &'a ShellCommand)> {
        self.runs().flat_map(|run| run.commands.iter().map(move |command| (run, command)))
    }

    /// Every call of pip or uv that installs something.
    pub(crate) fn pip(&self) -> impl Iterator<Item = (&'a Run, &'a ShellCommand, Pip<'a>)> {
        self.commands().filter_map(|(run, command)| {
            Pip::of(command).filter(Pip::installs).map(|pip| (run, command, pip))
        })
    }

    /// Every call of a package manager of the distribution that installs something.
    pub(crate) fn packages(&self) -> impl Iterator<Item = (&'a Run, Packages<'a>)> {
        let base = &self.recipe.base.value;
        let installed =
            self.commands().filter_map(|(run, command)| Some((run, Packages::of(command)?)));
        // A package manager that is not there installs nothing.
        installed.filter(|(_, installed)| base.may_have(installed.manager))
    }

    /// The names of the packages of the distribution.
    pub(crate) fn package_names(&self) -> Vec<&'a str> {
        self.packages().flat_map(|(_, installed)| installed.packages).map(|it| it.name).collect()
    }

    /// Every `NAME=value` of `ENV`.
    pub(crate) fn env(&self) -> impl Iterator<Item = (&'a Word, &'a Word)> {
        self.instructions
            .iter()
            .flat_map(|instruction| match &instruction.kind {
                Kind::Env(pairs) => pairs.as_slice(),
                _ => &[],
            })
            .filter_map(|pair| Some((&pair.name, pair.value.as_ref()?)))
    }

    /// Every variable that is set for the build: by `ENV`, by `ARG`, before a command or by `export`.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'a str, &'a Word)> {
        let written = self.instructions.iter().flat_map(|instruction| match &instruction.kind {
            Kind::Env(pairs) | Kind::Arg(pairs) => pairs.as_slice(),
            _ => &[],
        });
        let assigned = self.commands().flat_map(|(_, command)| &command.assignments);
        let pairs = written.chain(assigned);
        pairs.filter_map(|pair| Some((pair.name.text.as_str(), pair.value.as_ref()?)))
    }

    /// The value that `ENV` leaves behind.
    pub(crate) fn env_value(&self, name: &str) -> Option<&'a Word> {
        self.env().filter(|(written, _)| written.text == name).map(|(_, value)| value).last()
    }

    /// The tag of `nvidia/cuda` that it begins with.
    pub(crate) fn cuda_tag(&self) -> Option<&'a CudaTag> {
        self.recipe.cuda_tag()
    }

    /// The CUDA of the tag that it begins with.
    pub(crate) fn base_cuda(&self) -> Option<CudaVersion> {
        self.cuda_tag().map(|tag| tag.cuda)
    }

    /// The distribution, where it is an image of `nvidia/cuda` or of the distribution itself: nothing
    /// but the distribution's own is in it.
    pub(crate) fn plain_distribution(&self) -> Option<&'static Distribution> {
        match &self.recipe.base.value {
            Base::Cuda { tag, .. } => cuda_compat::distribution(&tag.os),
            Base::Other(reference) => {
                let name = reference.path.strip_prefix("library/").unwrap_or(&reference.path);
                let tag = reference.tag.as_deref()?.trim_end_matches("-slim");
                matches!(name, "ubuntu" | "debian").then_some(())?;
                cuda_compat::distribution(&format!("{name}{tag}"))
                    .or_else(|| cuda_compat::distribution(tag))
            }
            Base::Scratch | Base::Open(_) => None,
        }
    }

    /// Whether another Python may come before the distribution's: an environment, Conda, pyenv, a copy
    /// from another image, a link.
    pub(crate) fn has_other_python(&self) -> bool {
        let by_env = self.env().any(|(name, value)| {
            let path = value.text.as_str();
            name.text == "VIRTUAL_ENV"
                || name.text == "PATH" && !path.split(':').all(is_usual_folder)
        });
        // Once a `RUN`, and not for each of its commands: a line may hold thousands.
        let by_text = self.runs().any(|run| {
            let text = run.text.as_str();
            let has = |programs: &[&str]| run.commands.iter().any(|command| command.is(programs));
            !run.commands.is_empty() && (text.contains("get-pip.py") || text.contains("/activate"))
                || text.contains("python") && has(&["update-alternatives", "ln"])
                || text.contains("altinstall") && has(&["make"])
        });
        let by_command = self.commands().any(|(_, command)| {
            Conda::of(command).is_some()
                || command.is(&["virtualenv", "conda", "mamba", "micromamba", "pyenv", "activate"])
                || command.has(&["venv", "virtualenv", "ensurepip"])
        });
        by_env || by_text || by_command || self.copies_programs()
    }

    /// Whether programs may be copied in: from another stage or image, or over the whole root.
    pub(crate) fn copies_programs(&self) -> bool {
        self.instructions.iter().any(|instruction| match &instruction.kind {
            Kind::Copy(copied) | Kind::Add(copied) => {
                let target = copied.target.text.trim_end_matches('/');
                let is_program = ["/usr", "/bin", "/opt/python", "/root/.local"]
                    .iter()
                    .any(|folder| target.starts_with(folder));
                target.is_empty() || is_program && !copied.heredocs.iter().any(|_| true)
            }
            _ => false,
        })
    }

    /// Whether packages come from somewhere that is not written here, as with `$PACKAGES` or a script.
    pub(crate) fn has_unknown_packages(&self) -> bool {
        let open = self.packages().any(|(_, installed)| {
            installed.packages.iter().any(|package| package.open || package.name.starts_with('.'))
        });
        open || self.commands().any(|(_, command)| {
            let runs_script = command.is(&["sh", "bash", "source", "xargs", "."])
                || command.program().ends_with(".sh");
            runs_script && !command.has(&["-c", "-lc", "-ec", "-exc"])
        })
    }

    /// Whether it installs with apt at all.
    pub(crate) fn uses_apt(&self) -> bool {
        self.packages().any(|(_, installed)| installed.manager == Manager::Apt)
    }
}

fn is_usual_folder(folder: &str) -> bool {
    let usual = ["/usr/", "/bin", "/sbin", "$", "/root/.local/bin", "/usr/local/cuda"];
    folder.is_empty() || usual.iter().any(|start| folder.starts_with(start))
}

/// A package of Python as it is asked for: the name as PEP 503 compares it, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted<'a> {
    pub(crate) name: String,
    pub(crate) version: Option<&'a str>,
    /// The version range, as it is written.
    pub(crate) range: &'a str,
    pub(crate) word: &'a Word,
}

/// The packages that a call of pip names; files, paths and addresses are not among them.
pub(crate) fn wanted<'a>(pip: &Pip<'a>) -> Vec<Wanted<'a>> {
    pip.requirements.iter().filter_map(|word| want(word)).collect()
}

fn want(word: &Word) -> Option<Wanted<'_>> {
    let text = word.text.as_str();
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let end = text.find(|letter| !is_name(letter)).unwrap_or(text.len());
    let (name, rest) = (text.get(..end)?, text.get(end..)?);
    if name.is_empty() || name.starts_with('.') || text.contains('/') || text.ends_with(".whl") {
        return None;
    }
    let range = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, behind)) => behind,
        None => rest,
    };
    let range = range.split(';').next().unwrap_or(range).trim();
    let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
    let version = range.strip_prefix("==").map(|version| version.trim_start_matches('=').trim());
    Some(Wanted { name, version, range, word })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_pip_is_asked_for() {
        let check = |text: &str, expected: Option<(&str, Option<&str>)>| {
            let word = Word { text: text.to_owned(), span: 0..0, open: false };
            let got = want(&word);
            let got = got.as_ref().map(|got| (got.name.as_str(), got.version));
            assert_eq!(got, expected, "{text}");
        };
        check("torch==2.8.0", Some(("torch", Some("2.8.0"))));
        check("torch==2.1.0+cu118", Some(("torch", Some("2.1.0+cu118"))));
        check(
            "tensorflow[and-cuda]==2.20.0; python_version>'3.9'",
            Some(("tensorflow", Some("2.20.0"))),
        );
        check("Numba_CUDA>=0.2", Some(("numba-cuda", None)));
        check("./dist/app.whl", None);
        check("torch-2.8.0-cp312-cp312-linux_x86_64.whl", None);
        check("git+https://example.com/a/b", None);
        check(".", None);
    }
}
