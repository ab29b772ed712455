//! Labels: what OCI asks for, and which versions are inside; and the same facts for the self-test.

use super::{
    RenderError,
    plan::{Plan, Planned},
    python, quote,
};
use crate::{Reference, Usage};
use std::collections::BTreeMap;

/// The environment variable in which the self-test reads what should be inside.
pub(crate) const EXPECTED: &str = "ALTLAS_EXPECT";

/// The labels that only the build knows.
pub(crate) fn of_build() -> &'static str {
    "# Known only when it is built.\nARG CREATED=\"\"\nARG REVISION=\"\"\n\
     LABEL org.opencontainers.image.created=\"${CREATED}\" \\\n      \
     org.opencontainers.image.revision=\"${REVISION}\""
}

/// The labels of an image that are known before it is built. What the image has from the
/// one that it builds on is not said again.
pub(crate) fn instruction(plan: &Plan<'_>, index: usize) -> Result<String, RenderError> {
    let mut labels = all(plan, index)?;
    let mut inherited = BTreeMap::new();
    for above in plan.line(index).into_iter().filter(|above| *above != index) {
        inherited.extend(all(plan, above)?);
    }
    labels.retain(|name, value| inherited.get(name) != Some(value));
    let lines: Vec<String> =
        labels.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(format!("LABEL {}", lines.join(" \\\n      ")))
}

fn all(plan: &Plan<'_>, index: usize) -> Result<BTreeMap<String, String>, RenderError> {
    let planned = plan.image(index);
    let mut labels = BTreeMap::new();
    let mut add = |name: &str, value: &str| -> Result<(), RenderError> {
        labels.insert(name.to_owned(), quote::value(name, value)?);
        Ok(())
    };
    let project = &plan.spec.project;
    add("org.opencontainers.image.title", project.name.as_deref().unwrap_or(planned.name))?;
    if let Some(version) = &project.version {
        add("org.opencontainers.image.version", version)?;
    }
    if let Some(reference) = plan.base_reference(index) {
        add("org.opencontainers.image.base.name", &full_name(&reference))?;
        if let Some(digest) = &reference.digest {
            add("org.opencontainers.image.base.digest", digest)?;
        }
    }
    add("org.altlas.image", planned.name)?;
    add("org.altlas.usage", usage(planned.usage))?;
    // A range says what was asked for, and not what is inside.
    let is_version = |value: &String| !value.contains(['<', '>', '!', '~', '*', ',']);
    for (name, value) in facts(plan, planned).into_iter().filter(|(_, it)| is_version(it)) {
        add(&format!("org.altlas.{name}"), value.trim_start_matches("=="))?;
    }
    for (name, value) in &planned.image.labels {
        let key = planned.key("labels");
        labels.insert(quote::label(&key, name)?.to_owned(), quote::value(&key, value)?);
    }
    Ok(labels)
}

/// The variable that tells the self-test what should be inside; `None` where nothing is known.
pub(crate) fn expected(plan: &Plan<'_>, planned: &Planned<'_>) -> Option<String> {
    let words: Vec<String> = facts(plan, planned)
        .into_iter()
        // The distribution cannot be another than the base's.
        .filter(|(name, _)| name != "os")
        .map(|(name, value)| {
            let is_range = value.starts_with(['=', '<', '>', '!', '~']);
            if is_range { format!("{name}{value}") } else { format!("{name}={value}") }
        })
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// What is inside, as far as it is known: a version, or a range of versions that begins with its
/// operator.
fn facts(plan: &Plan<'_>, planned: &Planned<'_>) -> Vec<(String, String)> {
    let recipe = planned.recipe;
    let mut facts = Vec::new();
    let mut add = |name: &str, value: String| facts.push((name.to_owned(), value));
    if let Some(cuda) = recipe.cuda_tag().map(|tag| tag.cuda) {
        add("cuda", cuda.to_string());
    }
    if let Some(cudnn) = &recipe.cudnn {
        add("cudnn", cudnn.value.to_string());
    }
    if let Some(os) = &recipe.os {
        add("os", os.value.clone());
    }
    if let Some(python) = &recipe.python {
        add("python", python.value.to_string());
    }
    if !planned.has_python() {
        return facts;
    }
    let lock = plan.options.locks.get(planned.name);
    for (_, requirement) in python::asked(planned) {
        let at = requirement.find(['=', '<', '>', '!', '~', ' ', ';']).unwrap_or(requirement.len());
        let (name, range) = requirement.split_at(at);
        let name = name.split('[').next().unwrap_or(name);
        let locked = lock.and_then(|lock| lock.version(name)).map(|it| format!("=={it}"));
        let plain = |range: &&str| !range.is_empty() && !range.contains([' ', ';', '@']);
        if let Some(range) = locked.or_else(|| Some(range).filter(plain).map(str::to_owned)) {
            facts.push((name.to_owned(), range));
        }
    }
    facts
}

/// With the registry and the folder that Docker leaves out.
fn full_name(reference: &Reference) -> String {
    let name = Reference { digest: None, ..reference.clone() };
    match (&name.registry, name.path.contains('/')) {
        (Some(_), _) => name.to_string(),
        (None, true) => format!("docker.io/{name}"),
        (None, false) => format!("docker.io/library/{name}"),
    }
}

fn usage(usage: Usage) -> &'static str {
    match usage {
        Usage::Dev => "dev",
        Usage::Test => "test",
        Usage::Profile => "profile",
        Usage::Prod => "prod",
    }
}
