//! `pyproject.toml`: PEP 621, dependency groups (PEP 735), uv's sources and Poetry's older tables.

use super::{
    IndexKind, RequirementsError, RequirementsFile, RequirementsKind,
    named::{self, requirement},
    poetry,
    text::Text,
    toml_text, without_credentials,
};
use crate::{PipRequirement, Placed};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value};

type Texts = Vec<Spanned<String>>;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    project: Option<Project>,
    #[serde(default)]
    dependency_groups: BTreeMap<String, Vec<Spanned<Value>>>,
    #[serde(default)]
    tool: Tool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Project {
    #[serde(default)]
    dependencies: Texts,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Texts>,
    requires_python: Option<Spanned<String>>,
    #[serde(default)]
    dynamic: Texts,
}

#[derive(Default, Deserialize)]
struct Tool {
    #[serde(default)]
    uv: Uv,
    poetry: Option<poetry::Poetry>,
}

#[derive(Default, Deserialize)]
struct Uv {
    #[serde(default)]
    index: Vec<Index>,
    #[serde(default)]
    sources: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Index {
    name: Option<String>,
    url: Spanned<String>,
    #[serde(default)]
    explicit: bool,
}

/// Reads a project.
pub(super) fn read(text: &Text<'_>) -> Result<RequirementsFile, RequirementsError> {
    let File { project, dependency_groups, tool } = toml_text::parse(text)?;
    let mut file = RequirementsFile::empty(text.path, RequirementsKind::Pyproject);
    if let Some(project) = project {
        of_project(text, project, &mut file)?;
    }
    for (group, written) in &dependency_groups {
        let found = of_group(text, written)?;
        file.optional.entry(group.clone()).or_default().extend(found);
    }
    if let Some(poetry) = tool.poetry {
        poetry.read(text, &mut file)?;
    }
    for index in &tool.uv.index {
        file.index(IndexKind::Extra, index.url.get_ref(), text.place(index.url.span().start));
    }
    let optional = file.optional.values_mut().flatten();
    for found in file.requirements.iter_mut().chain(optional) {
        let name = found.value.requirement.name.to_string();
        if let Some(url) = index_of(&name, &tool.uv) {
            found.value.index = Some(without_credentials(url));
        }
    }
    Ok(file)
}

fn of_project(
    text: &Text<'_>,
    project: Project,
    file: &mut RequirementsFile,
) -> Result<(), RequirementsError> {
    file.requirements = all(text, &project.dependencies)?;
    for (extra, written) in &project.optional_dependencies {
        file.optional.insert(extra.clone(), all(text, written)?);
    }
    if let Some(written) = &project.requires_python {
        let at = written.span().start;
        let range = written.get_ref().parse().map_err(|_| {
            let written = without_credentials(written.get_ref());
            text.wrong(at, format!("`{written}` is not a range of Pythons"))
        })?;
        file.requires_python = Some(Placed::new(range, text.place(at)));
    }
    for dynamic in project.dynamic.iter().filter(|it| it.get_ref() == "dependencies") {
        let what = "dependencies that the project's build finds out".to_owned();
        file.open.push(Placed::new(what, text.place(dynamic.span().start)));
    }
    Ok(())
}

fn all(text: &Text<'_>, written: &Texts) -> Result<Vec<Placed<PipRequirement>>, RequirementsError> {
    written.iter().map(|written| one(text, written.get_ref(), written.span().start)).collect()
}

fn one(
    text: &Text<'_>,
    written: &str,
    at: usize,
) -> Result<Placed<PipRequirement>, RequirementsError> {
    let found = requirement(written).map_err(|(_, reason)| text.wrong(at, reason))?;
    Ok(Placed::new(named::plain(found), text.place(at)))
}

/// The requirements of a group; the groups that it includes stand under their own names.
fn of_group(
    text: &Text<'_>,
    written: &[Spanned<Value>],
) -> Result<Vec<Placed<PipRequirement>>, RequirementsError> {
    let texts =
        written.iter().filter_map(|item| Some((item.get_ref().as_str()?, item.span().start)));
    texts.map(|(written, at)| one(text, written, at)).collect()
}

/// The index that uv takes a package from, where the project names one for it.
fn index_of<'u>(package: &str, uv: &'u Uv) -> Option<&'u str> {
    let named = uv.sources.get(package).and_then(source_index);
    if let Some(named) = named {
        let mut indexes = uv.index.iter();
        let found = indexes.find(|index| index.name.as_deref() == Some(named))?;
        return Some(found.url.get_ref());
    }
    let first = uv.index.iter().find(|index| !index.explicit)?;
    Some(first.url.get_ref())
}

/// The index of a source, or of the one source of a list that has it for Linux.
fn source_index(source: &Value) -> Option<&str> {
    match source {
        Value::Table(table) => table.get("index")?.as_str(),
        Value::Array(list) => list.iter().find_map(|source| {
            let marker = source.get("marker").and_then(Value::as_str).unwrap_or_default();
            let elsewhere = ["darwin", "win32", "Darwin", "Windows"];
            let is_elsewhere =
                elsewhere.iter().any(|name| marker.contains(name)) && !marker.contains("!=");
            source_index(source).filter(|_| !is_elsewhere)
        }),
        _ => None,
    }
}
