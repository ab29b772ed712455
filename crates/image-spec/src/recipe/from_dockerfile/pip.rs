//! The Python packages that a command asks for.

use super::{Known, Recipe};
use crate::requirements::parse_requirement;
use crate::{
    Dockerfile, PipRequirement, Placed, RequirementsUse,
    dockerfile::{Pip, ShellCommand, Word},
};
use pep508_rs::Requirement;

pub(super) fn add(
    file: &Dockerfile,
    command: &ShellCommand,
    recipe: &mut Recipe,
    known: &mut Known,
) {
    let Some(pip) = Pip::of(command).filter(Pip::installs) else { return };
    let index = index(&pip, recipe);
    let hashed = pip.has(&["--require-hashes"]);
    for word in &pip.requirements {
        // `uv pip sync requirements.txt`
        if pip.action == "sync" {
            used(file, word, index.as_ref(), recipe, known);
            continue;
        }
        let Some(requirement) = requirement(word) else { continue };
        let asked = PipRequirement { requirement, index: index.clone(), hashed };
        recipe.pip.push(Placed::new(asked, file.place(word.span.start)));
    }
    for word in &pip.files {
        used(file, word, index.as_ref(), recipe, known);
    }
}

fn used(
    file: &Dockerfile,
    word: &Word,
    index: Option<&String>,
    recipe: &mut Recipe,
    known: &Known,
) {
    if word.open {
        return;
    }
    let Some(path) = known.context.file(&word.text) else { return };
    let used = RequirementsUse { path, index: index.cloned() };
    recipe.requirements_files.push(Placed::new(used, file.place(word.span.start)));
}

/// The page that says which builds are meant: what PyPI is said to be leaves it open.
fn index(pip: &Pip<'_>, recipe: &Recipe) -> Option<String> {
    if let Some(backend) = torch_backend(pip) {
        return Some(backend);
    }
    let variables = [
        "PIP_INDEX_URL",
        "UV_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "PIP_EXTRA_INDEX_URL",
        "UV_EXTRA_INDEX_URL",
        "UV_INDEX",
        "PIP_FIND_LINKS",
    ];
    let set = variables.iter().filter_map(|name| recipe.env.get(*name));
    let set = set.flat_map(|value| value.value.split_ascii_whitespace());
    let named = pip.index.iter().chain(&pip.extra_indexes).chain(&pip.find_links).copied();
    // Where no index is asked, the folder says which builds there are.
    if let Some(folder) = pip.find_links.iter().find(|_| pip.has(&["--no-index"])) {
        return Some(without_password(folder));
    }
    if pip.has(&["--no-index"]) && set.clone().next().is_none() {
        return Some(".".to_owned());
    }
    let mut pages = named.chain(set);
    let page = pages.find(|page| !page.contains("://pypi.org/") && !page.contains('$'))?;
    Some(without_password(page))
}

/// `--torch-backend=cu126` of uv.
fn torch_backend(pip: &Pip<'_>) -> Option<String> {
    let backend = pip.torch_backend.filter(|backend| backend.starts_with("cu"))?;
    Some(format!("https://download.pytorch.org/whl/{backend}"))
}

fn without_password(page: &str) -> String {
    let Some((scheme, rest)) = page.split_once("://") else { return page.to_owned() };
    let host = rest.split('/').next().unwrap_or_default();
    match host.rsplit_once('@') {
        Some((secret, _)) => {
            format!("{scheme}://{}", rest.get(secret.len() + 1..).unwrap_or_default())
        }
        None => page.to_owned(),
    }
}

/// What a word asks for: `torch==2.7.1`, or a wheel by its file name.
pub(super) fn requirement(word: &Word) -> Option<Requirement> {
    if word.open {
        return None;
    }
    let text = word.text.as_str();
    let bare = text.split(['#', '?']).next().unwrap_or(text);
    if let Some(wheel) = bare.rsplit('/').next().and_then(|name| name.strip_suffix(".whl")) {
        let mut parts = wheel.split('-');
        let (name, version) = (parts.next()?, parts.next()?);
        let version = version.replace("%2B", "+").replace("%2b", "+");
        return parse_requirement(&format!("{name}=={version}")).ok();
    }
    parse_requirement(text).ok()
}
