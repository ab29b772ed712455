//! Python and its packages: where the interpreter comes from, the virtual environment at
//! [`VENV`], and what is installed into it.

use super::{
    RenderError,
    installer::{Installer, Mount},
    packages::Family,
    plan::{Plan, Planned},
    quote,
};
use crate::{Place, PythonFrom, RequirementsKind, Usage};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Where the virtual environment is, in the stage that builds it and in the image that holds it: its
/// programs name their interpreter by this path.
pub(crate) const VENV: &str = "/opt/venv";

/// PyTorch's index has all that torch needs, at the versions that fit; the others only add to PyPI.
const PYTORCH: &str = "https://download.pytorch.org/";

/// For uv, which else takes a package only from the first index that has its name.
const ANY_INDEX: &str = "--index-strategy unsafe-best-match";

/// Why frameworks that are there already are named once more.
const AGAIN: &str = "# The frameworks stand here again: what does not fit them ends the build.\n";

/// Where uv keeps the Pythons that it installs.
pub(crate) const UV_PYTHON: &str = "/opt/python";

/// The program uv, where it installs.
const UV_PROGRAM: &str = "/bin/uv";

/// The file with the frameworks, where it was asked for.
pub(crate) const REQUIREMENTS: &str = "requirements-gpu.txt";

/// The release of uv that is taken, as of 2026-11-24 (`pip index versions uv`).
const UV: &str = "0.13.9";

/// Whether uv installs the Python of an image.
pub(crate) fn is_by_uv(planned: &Planned<'_>) -> bool {
    match planned.recipe.python_from {
        Some(PythonFrom::Uv | PythonFrom::Deadsnakes | PythonFrom::Conda) => true,
        Some(PythonFrom::Distribution | PythonFrom::Base) | None => false,
    }
}

/// The packages of the distribution for its Python: to run with, or also to build with.
pub(crate) fn system_packages(planned: &Planned<'_>, builds: bool) -> BTreeSet<String> {
    let mut packages = BTreeSet::new();
    let dnf = Family::of(planned) == Family::Dnf;
    if builds && planned.compiles() {
        packages.insert(if dnf { "gcc-c++" } else { "build-essential" }.to_owned());
    }
    if planned.recipe.python_from != Some(PythonFrom::Distribution) {
        return packages;
    }
    let Some(python) = planned.recipe.python.as_ref().map(|it| it.value.minor_line()) else {
        return packages;
    };
    let os = planned.recipe.os.as_ref().and_then(|os| cuda_compat::distribution(&os.value));
    let is_default = os.and_then(|os| os.default_python) == Some(python);
    // Red Hat's own Python has no number in its name.
    let name = if dnf && is_default { "python3".to_owned() } else { format!("python{python}") };
    if builds && !dnf {
        packages.insert(format!("{name}-venv"));
    }
    if builds && planned.compiles() {
        packages.insert(format!("{name}-{}", if dnf { "devel" } else { "dev" }));
    }
    packages.insert(name);
    packages
}

/// The instructions that make the virtual environment.
pub(crate) fn environment(plan: &Plan<'_>, planned: &Planned<'_>) -> Vec<String> {
    if !is_by_uv(planned) {
        return vec![with_pip(planned)];
    }
    let version = version(planned);
    let image = match plan.mirror() {
        Some(_) => plan.hub(&format!("astral/uv:{UV}")),
        None => format!("ghcr.io/astral-sh/uv:{UV}"),
    };
    vec![
        "# The distribution does not have this Python as its own; uv brings a standalone build.\n"
            .to_owned()
            + &with_uv(&image, "/uv"),
        format!("RUN uv venv --managed-python --python {version} {VENV}"),
    ]
}

fn version(planned: &Planned<'_>) -> String {
    let python = planned.recipe.python.as_ref().map(|it| it.value.minor_line().to_string());
    python.unwrap_or_else(|| "3".to_owned())
}

/// Makes the environment; where it is there already, this only brings pip into it.
fn with_pip(planned: &Planned<'_>) -> String {
    if planned.recipe.python_from == Some(PythonFrom::Base) {
        // What the base has installed stays visible.
        format!("RUN python3 -m venv --system-site-packages {VENV}")
    } else {
        format!("RUN python{} -m venv {VENV}", version(planned))
    }
}

fn with_uv(from: &str, path: &str) -> String {
    format!(
        "COPY --from={from} {path} {UV_PROGRAM}\n\
         ENV UV_COMPILE_BYTECODE=\"1\" \\\n    UV_LINK_MODE=\"copy\" \\\n    \
         UV_PYTHON_INSTALL_DIR=\"{UV_PYTHON}\""
    )
}

/// What installs packages in an image whose parent is shipped without it: an instruction, or a mount
/// for each installation. What is shipped itself gets uv only for as long as it installs.
pub(crate) fn tool_again(planned: &Planned<'_>, build_stage: &str) -> (Option<String>, Mount) {
    let why = "# What is shipped has no";
    match (is_by_uv(planned), planned.usage) {
        (true, Usage::Prod) => {
            let mount = format!(
                "--mount=type=bind,from={build_stage},source={UV_PROGRAM},target={UV_PROGRAM}"
            );
            (None, Some(mount))
        }
        (true, _) => (Some(format!("{why} uv.\n{}", with_uv(build_stage, UV_PROGRAM))), None),
        (false, _) => (Some(format!("{why} pip.\n{}", with_pip(planned))), None),
    }
}

/// What an environment needs so that its programs are found.
pub(crate) fn variables() -> [(&'static str, String); 3] {
    [
        ("PATH", format!("\"{VENV}/bin:${{PATH}}\"")),
        ("PYTHONUNBUFFERED", "\"1\"".to_owned()),
        ("VIRTUAL_ENV", format!("\"{VENV}\"")),
    ]
}

/// Whether an image has packages beyond those of what it builds on.
pub(crate) fn installs(plan: &Plan<'_>, planned: &Planned<'_>) -> bool {
    let image = planned.image;
    planned.has_python()
        && (plan.options.locks.contains_key(planned.name)
            || !image.pip.is_empty()
            || !image.requirements.is_empty()
            || !frameworks(planned).is_empty())
}

/// The instructions that install the packages of an image, beyond those of what it builds on.
///
/// What comes from PyTorch's index comes first and by itself: that index also has old releases of
/// other packages. Everything else is one installation, in which the first stands again, so that
/// what does not fit ends the build instead of replacing it.
pub(crate) fn install(
    plan: &Plan<'_>,
    planned: &Planned<'_>,
    tool: Mount,
) -> Result<Vec<String>, RenderError> {
    let installer = Installer { by_uv: is_by_uv(planned), tool };
    if plan.options.locks.contains_key(planned.name) {
        let lock = format!("requirements-{}.lock", planned.name);
        let mut options = vec!["--require-hashes".to_owned(), "--no-deps".to_owned()];
        options.extend(indexes(planned)?.into_iter().map(|url| format!("--extra-index-url {url}")));
        if installer.by_uv && options.len() > 2 {
            // Safe here, as each file is known by its hash.
            options.push(ANY_INDEX.to_owned());
        }
        let run =
            installer.run(std::slice::from_ref(&lock), &options, &[], std::slice::from_ref(&lock));
        return Ok(vec![format!("# Exactly what the lock holds, by hash.\n{run}")]);
    }
    let mut blocks = Vec::new();
    let mut options = Vec::new();
    let mut files = Vec::new();
    let mut again = Vec::new();
    let mut words = BTreeSet::new();
    let own = frameworks(planned);
    if plan.options.requirements && !own.is_empty() {
        files.push(plan.in_folder(REQUIREMENTS));
        if installer.by_uv && !indexes(planned)?.is_empty() {
            options.push(ANY_INDEX.to_owned());
        }
    } else {
        for (index, names) in by_index(&asked(planned)) {
            let names = names.iter().map(|name| quote::argument("frameworks", name));
            let names = names.collect::<Result<Vec<_>, _>>()?;
            let is_pytorch = index.as_deref().is_some_and(|url| url.starts_with(PYTORCH));
            match index {
                Some(url) if is_pytorch && !own.is_empty() => {
                    let url = quote::argument("frameworks", &url)?;
                    blocks.push(installer.run(&[], &[format!("--index-url {url}")], &names, &[]));
                }
                Some(url) if !is_pytorch => {
                    let url = quote::argument("frameworks", &url)?;
                    options.push(format!("--extra-index-url {url}"));
                }
                _ => {}
            }
            if is_pytorch || own.is_empty() {
                again.extend(names);
            } else {
                words.extend(names);
            }
        }
        if installer.by_uv && !options.is_empty() {
            options.push(ANY_INDEX.to_owned());
        }
    }
    for (index, text) in planned.image.pip.iter().enumerate() {
        words.insert(quote::argument(&planned.key(&format!("pip[{index}]")), text)?);
    }
    for (index, path) in planned.image.requirements.iter().enumerate() {
        let key = planned.key(&format!("requirements[{index}]"));
        let path = file(&key, path)?;
        if RequirementsKind::of(Path::new(&path)) != Ok(RequirementsKind::Requirements) {
            return Err(RenderError::NoRequirements { name: planned.name.to_owned(), file: path });
        }
        files.push(path);
    }
    if !words.is_empty() || !files.is_empty() {
        let mounted = with_includes(plan, planned, &files)?;
        again.retain(|word| !words.contains(word));
        let note = if again.is_empty() { "" } else { AGAIN };
        again.extend(words);
        blocks.push(note.to_owned() + &installer.run(&mounted, &options, &again, &files));
    }
    Ok(blocks)
}

/// The files of the context that the installation reads.
pub(crate) fn files(plan: &Plan<'_>, planned: &Planned<'_>) -> Result<Vec<String>, RenderError> {
    if plan.options.locks.contains_key(planned.name) {
        return Ok(vec![format!("requirements-{}.lock", planned.name)]);
    }
    let mut files = Vec::new();
    for path in &planned.image.requirements {
        files.push(file(&planned.key("requirements"), path)?);
    }
    let mut files = with_includes(plan, planned, &files)?;
    if plan.options.requirements && !frameworks(planned).is_empty() {
        files.push(plan.in_folder(REQUIREMENTS));
    }
    Ok(files)
}

/// Takes out of a finished environment what only an installation needs; `None` in an image that is
/// worked in.
pub(crate) fn slim(planned: &Planned<'_>) -> Option<String> {
    if planned.usage != Usage::Prod {
        return None;
    }
    let first = if is_by_uv(planned) {
        format!(
            "rm -rf {UV_PYTHON}/*/include {UV_PYTHON}/*/lib/python*/ensurepip \\\n        \
             {UV_PYTHON}/*/lib/python*/site-packages/pip*"
        )
    } else {
        "pip uninstall --yes pip".to_owned()
    };
    // A program of Triton, CuPy or torch.compile is compiled while it runs.
    let headers = if asked(planned).is_empty() {
        ""
    } else {
        " Headers in wheels stay:\n# torch.compile, Triton and CuPy compile while they run."
    };
    Some(format!(
        "# What only an installation needs stays behind.{headers}\n\
         RUN {first} \\\n    && find {VENV} -name '*_static*.a' -delete"
    ))
}

/// The text of [`REQUIREMENTS`]; `None` where there are no frameworks.
pub(crate) fn requirements_file(plan: &Plan<'_>) -> Option<String> {
    let holder = plan.all().into_iter().find(|index| {
        let planned = plan.image(*index);
        planned.has_python() && !frameworks(planned).is_empty()
    })?;
    let mut text = format!("# {}; change `[frameworks]` and render again.\n", super::MARKER);
    for (index, names) in by_index(&frameworks(plan.image(holder))) {
        if let Some(index) = index {
            text.push_str(&format!("--extra-index-url {index}\n"));
        }
        for name in names {
            text.push_str(&name);
            text.push('\n');
        }
    }
    Some(text)
}

/// A framework as it is asked for, and its index.
type Asked = (Option<String>, String);

/// The frameworks that an image brings itself.
fn frameworks(planned: &Planned<'_>) -> Vec<Asked> {
    if planned.parent.is_some() {
        return Vec::new();
    }
    asked(planned)
}

/// The frameworks that an image holds, by index and name.
pub(crate) fn asked(planned: &Planned<'_>) -> Vec<Asked> {
    let is_framework = |place: &Place| match place {
        Place::Key { path } => path.first().is_some_and(|first| first == "frameworks"),
        Place::File { .. } => false,
    };
    let of_config = planned.recipe.pip.iter().filter(|pip| is_framework(&pip.place));
    let asked: BTreeSet<Asked> = of_config
        .map(|pip| (pip.value.index.clone(), compact(&pip.value.requirement.to_string())))
        .collect();
    asked.into_iter().collect()
}

/// Without the spaces between versions, as requirements files are written.
fn compact(requirement: &str) -> String {
    requirement.replace(", ", ",")
}

/// PyTorch's index first: what comes later then finds the right torch there already.
fn by_index(asked: &[Asked]) -> Vec<(Option<String>, Vec<String>)> {
    let mut groups: BTreeMap<(bool, Option<String>), Vec<String>> = BTreeMap::new();
    for (index, name) in asked {
        groups.entry((index.is_none(), index.clone())).or_default().push(name.clone());
    }
    groups.into_iter().map(|((_, index), names)| (index, names)).collect()
}

fn indexes(planned: &Planned<'_>) -> Result<BTreeSet<String>, RenderError> {
    let all = asked(planned).into_iter().filter_map(|(index, _)| index);
    all.map(|url| quote::argument("frameworks", &url)).collect()
}

/// A requirements file: a path that a mount can name.
fn file(key: &str, path: &str) -> Result<String, RenderError> {
    let path = quote::source(key, path)?;
    if path.contains([' ', ',', '*', '?', '[']) {
        return Err(quote::refused(
            key,
            path,
            "a mount can name no file with a space, `,`, `*`, `?` or `[` in its name",
        ));
    }
    Ok(path.to_owned())
}

fn with_includes(
    plan: &Plan<'_>,
    planned: &Planned<'_>,
    files: &[String],
) -> Result<Vec<String>, RenderError> {
    let mut all: Vec<String> = Vec::new();
    let mut open: Vec<String> = files.iter().rev().cloned().collect();
    while let Some(path) = open.pop() {
        if all.contains(&path) {
            continue;
        }
        for included in plan.options.includes.get(&path).into_iter().flatten() {
            open.push(file(&planned.key("requirements"), included)?);
        }
        all.push(path);
    }
    Ok(all)
}
