//! The text of a Dockerfile: its head, and a stage for each image with the one that builds for it.
//!
//! Within a stage, what is large and rarely changes comes first, so that a new build repeats little.

use super::{
    MARKER, RenderError, labels, models,
    packages::{self, Family},
    plan::{Plan, Planned},
    python, quote, selftest,
    user::{User, workdir},
};
use crate::{Copy, Usage};
use std::collections::BTreeSet;

/// A Dockerfile, and what it copies from the folder that is built.
pub(crate) struct Rendered {
    pub(crate) text: String,
    pub(crate) copied: BTreeSet<String>,
}

/// The Dockerfile with a stage for each of `images`, which stand in the order of stages.
pub(crate) fn dockerfile(plan: &Plan<'_>, images: &[usize]) -> Result<Rendered, RenderError> {
    let mut copied = BTreeSet::new();
    let mut stages = Vec::new();
    let mut named = Vec::new();
    for index in images {
        stages.extend(build_stage(plan, *index, &mut copied)?);
        let mut stage = image_stage(plan, *index, &mut copied)?;
        if !plan.has_children(*index) {
            stage.push_str(&format!("\n\n{}", labels::of_build()));
            stages.push(stage);
            continue;
        }
        stages.push(stage);
        let planned = plan.image(*index);
        let itself = format!(
            "# {}\nFROM {} AS {}\n\n{}",
            purpose(planned.usage),
            plan.stage(*index),
            planned.name,
            labels::of_build()
        );
        if planned.usage == Usage::Prod && !plan.options.split {
            named.push(itself);
        } else if !plan.options.split || images.last() == Some(index) {
            stages.push(itself);
        }
    }
    // What is shipped is last: it is built where nobody names a stage.
    stages.extend(named);
    let stages = stages.join("\n\n\n");
    let mut head = String::new();
    if let Some(frontend) = frontend(plan)? {
        head.push_str(&format!("# syntax={frontend}\n"));
    }
    head.push_str(&format!("# {MARKER}; change the config and render again.\n"));
    if stages.contains("apt-get install") || stages.contains("dnf install") {
        head.push_str(
            "#\n# Packages of the distribution are not pinned: its archive keeps only the newest.\n\
             # hadolint global ignore=DL3008,DL3041\n",
        );
    }
    Ok(Rendered { text: format!("{head}\n\n{stages}\n"), copied })
}

/// The reference of the frontend that BuildKit pulls; `None` for the one that is built in.
fn frontend(plan: &Plan<'_>) -> Result<Option<String>, RenderError> {
    let frontend = plan.spec.registry.frontend.trim();
    if frontend.is_empty() {
        return Ok(None);
    }
    let reference = frontend.parse::<crate::Reference>().map_err(|_| {
        quote::refused(
            "registry.frontend",
            frontend,
            "it is an image reference such as `docker/dockerfile:1`, or empty",
        )
    })?;
    let on_hub = reference.registry.is_none();
    Ok(Some(if on_hub { plan.hub(frontend) } else { frontend.to_owned() }))
}

/// The stage that installs what a shipped image holds.
fn build_stage(
    plan: &Plan<'_>,
    index: usize,
    copied: &mut BTreeSet<String>,
) -> Result<Option<String>, RenderError> {
    let Some(stage) = plan.build_stage(index) else { return Ok(None) };
    let planned = plan.image(index);
    needs_a_base(planned)?;
    let mut blocks = vec![format!(
        "# Installs what {} holds; its tools stay behind.\nFROM {} AS {stage}",
        planned.name,
        plan.build_base(index)?
    )];
    if planned.compiles() {
        blocks.extend(own_variables(planned)?);
    }
    let packages = python::system_packages(planned, true);
    blocks.extend(packages::install(Family::of(planned), &packages, "To build with."));
    blocks.extend(python::environment(plan, planned));
    blocks.push(variables(&python::variables()));
    blocks.extend(python::install(plan, planned, None)?);
    blocks.extend(python::slim(planned));
    copied.extend(python::files(plan, planned)?);
    Ok(Some(blocks.join("\n\n")))
}

/// The stage of an image.
fn image_stage(
    plan: &Plan<'_>,
    index: usize,
    copied: &mut BTreeSet<String>,
) -> Result<String, RenderError> {
    let planned = plan.image(index);
    needs_a_base(planned)?;
    let mut blocks = vec![begin(plan, index)?];
    let user = User::of(planned)?;
    let inherited = plan.parent(index).map(User::of).transpose()?.flatten();
    if inherited.is_some() {
        blocks.push("USER root".to_owned());
    }
    blocks.extend(driver(plan, planned)?);
    blocks.extend(own_variables(planned)?);
    blocks.extend(installed(plan, index, copied)?);
    let folder = workdir(planned)?;
    let is_new = inherited != user && !planned.is_from_scratch();
    if let Some(user) = user.as_ref().filter(|_| is_new) {
        blocks.push(user.creation(planned, folder.unwrap_or("/app")));
    }
    blocks.extend(folder.map(|folder| format!("WORKDIR {folder}")));
    blocks.extend(models::instructions(plan, planned, copied)?);
    blocks.extend(copies(planned, user.as_ref(), copied)?);
    if let Some(file) = selftest::file(plan, planned) {
        blocks.push(selftest::instruction(&file));
        copied.insert(file);
    }
    let known = plan.parent(index).and_then(|parent| labels::expected(plan, parent));
    if let Some(expected) = labels::expected(plan, planned).filter(|it| known.as_ref() != Some(it))
    {
        let value = quote::value(labels::EXPECTED, &expected)?;
        blocks.push(format!("# What the self-test looks for.\nENV {}={value}", labels::EXPECTED));
    }
    blocks.push(labels::instruction(plan, index)?);
    blocks.push(end(planned, user.as_ref(), inherited.is_some())?);
    Ok(blocks.into_iter().filter(|block| !block.is_empty()).collect::<Vec<_>>().join("\n\n"))
}

fn begin(plan: &Plan<'_>, index: usize) -> Result<String, RenderError> {
    let planned = plan.image(index);
    let base = match planned.parent {
        Some(parent) => plan.stage(parent),
        None => plan.base(index)?,
    };
    let stage = plan.stage(index);
    if stage != planned.name {
        let name = planned.name;
        return Ok(format!(
            "# What {name} holds, for {name} and those that build on it.\nFROM {base} AS {stage}"
        ));
    }
    Ok(format!("# {}\nFROM {base} AS {stage}", purpose(planned.usage)))
}

fn purpose(usage: Usage) -> &'static str {
    match usage {
        Usage::Dev => "To develop in.",
        Usage::Test => "To test in.",
        Usage::Profile => "To profile in.",
        Usage::Prod => "What is shipped.",
    }
}

/// Packages of the distribution and of Python.
fn installed(
    plan: &Plan<'_>,
    index: usize,
    copied: &mut BTreeSet<String>,
) -> Result<Vec<String>, RenderError> {
    let planned = plan.image(index);
    let stage = plan.build_stage(index);
    let has_already = plan.parent(index).is_some_and(Planned::has_python);
    let mut packages = packages::own(planned)?;
    let tool = plan.tool_again(index);
    if planned.has_python() && (!has_already || tool.is_some() || plan.compiles_first(index)) {
        packages.extend(python::system_packages(planned, stage.is_none()));
    }
    let why = "What it needs of the distribution; the lists stay in the cache.";
    let why =
        if Family::of(planned) == Family::Dnf { "What it needs of the distribution." } else { why };
    let mut blocks: Vec<String> =
        packages::install(Family::of(planned), &packages, why).into_iter().collect();
    match stage {
        Some(stage) => {
            let mut copies = String::new();
            if python::is_by_uv(planned) {
                let path = python::UV_PYTHON;
                copies.push_str(&format!("COPY --from={stage} {path} {path}\n"));
            }
            copies.push_str(&format!("COPY --from={stage} {0} {0}", python::VENV));
            blocks.push(copies);
            blocks.push(variables(&python::variables()));
        }
        None if planned.has_python() => {
            if !has_already {
                blocks.extend(python::environment(plan, planned));
                blocks.push(variables(&python::variables()));
            }
            let (again, mount) =
                tool.as_deref().map(|stage| python::tool_again(planned, stage)).unwrap_or_default();
            blocks.extend(again);
            blocks.extend(python::install(plan, planned, mount)?);
            if tool.is_some() {
                blocks.extend(python::slim(planned));
            }
            copied.extend(python::files(plan, planned)?);
        }
        None => {}
    }
    Ok(blocks)
}

/// What the container runtime is told; an image of `nvidia/cuda` says it already.
fn driver(plan: &Plan<'_>, planned: &Planned<'_>) -> Result<Option<String>, RenderError> {
    let key = planned.key("driver_capabilities");
    let is_none =
        |name: &&String| name.is_empty() || name.contains(|it: char| !it.is_ascii_alphanumeric());
    if let Some(wrong) = planned.image.driver_capabilities.iter().find(is_none) {
        return Err(quote::refused(&key, wrong, "a capability is a word such as `compute`"));
    }
    let capabilities = planned.image.driver_capabilities.join(",");
    let needs_all = planned.parent.is_none() && !planned.is_from_cuda();
    let mut lines = Vec::new();
    if needs_all || !capabilities.is_empty() {
        let or_usual = if capabilities.is_empty() { "compute,utility" } else { &capabilities };
        let value = quote::value(&key, or_usual)?;
        lines.push(("NVIDIA_DRIVER_CAPABILITIES", value));
    }
    if needs_all {
        if let Some(least) = least_cuda(plan) {
            lines.push(("NVIDIA_REQUIRE_CUDA", format!("\"cuda>={least}\"")));
        }
        lines.push(("NVIDIA_VISIBLE_DEVICES", "\"all\"".to_owned()));
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let why = "What the container runtime gives it of the driver, and on which drivers it starts.";
    Ok(Some(format!("# {why}\n{}", variables(&lines))))
}

/// The oldest CUDA that the driver must know: that of the product, or any of the same major where the
/// fleet has older drivers, which can run it by minor-version compatibility.
fn least_cuda(plan: &Plan<'_>) -> Option<String> {
    let cuda = plan.spec.stack.cuda?.minor_line();
    let fleet = &plan.spec.fleet;
    let newest = fleet.driver.zip(fleet.platform);
    let newest =
        newest.and_then(|(driver, platform)| cuda_compat::newest_cuda_for(driver, platform));
    let is_older = newest.is_some_and(|newest| newest.minor_line() < cuda);
    Some(if is_older { format!("{}.0", cuda.major) } else { cuda.to_string() })
}

/// The variables of the image's own section.
fn own_variables(planned: &Planned<'_>) -> Result<Option<String>, RenderError> {
    let mut lines = Vec::new();
    for (name, value) in &planned.image.env {
        let key = planned.key("env");
        if name == "PATH" && value.contains('$') {
            return Err(quote::refused(
                &planned.key("env.PATH"),
                value,
                "a value is taken as it is written, so this would be no path; write all of it",
            ));
        }
        lines.push((quote::variable(&key, name)?, quote::value(&planned.key("env"), value)?));
    }
    Ok((!lines.is_empty()).then(|| variables(&lines)))
}

fn variables(lines: &[(&str, String)]) -> String {
    let lines: Vec<String> = lines.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("ENV {}", lines.join(" \\\n    "))
}

/// What the image holds of the folder that is built.
fn copies(
    planned: &Planned<'_>,
    user: Option<&User>,
    copied: &mut BTreeSet<String>,
) -> Result<Option<String>, RenderError> {
    // What is shipped belongs to root: the program cannot change itself.
    let owner = user.filter(|_| planned.usage != Usage::Prod);
    let flags = owner.map(|user| format!("--chown={}", user.numbers())).unwrap_or_default();
    let mut lines = Vec::new();
    for (index, copy) in planned.image.copy.iter().enumerate() {
        let key = planned.key(&format!("copy[{index}]"));
        let (from, to) = match copy {
            Copy::Path(path) => {
                let path = quote::source(&key, path)?;
                (path, beside(path))
            }
            Copy::FromTo { from, to } => {
                (quote::source(&key, from)?, quote::target(&key, to)?.to_owned())
            }
        };
        copied.insert(from.trim_end_matches('/').to_owned());
        lines.push(quote::copy(&flags, from, &to));
    }
    Ok((!lines.is_empty()).then(|| lines.join("\n")))
}

/// The same name below the working folder; several files go into their folder.
fn beside(path: &str) -> String {
    if !path.contains(['*', '?', '[']) {
        return path.trim_end_matches('/').to_owned();
    }
    match path.rsplit_once('/') {
        Some((folder, _)) if !folder.contains(['*', '?', '[']) => format!("{folder}/"),
        _ => "./".to_owned(),
    }
}

/// How it runs.
fn end(planned: &Planned<'_>, user: Option<&User>, was_user: bool) -> Result<String, RenderError> {
    let mut lines = Vec::new();
    match user {
        Some(user) => lines.push(format!("USER {}", user.numbers())),
        // Written so that it can be read that somebody wants it.
        None if planned.image.user.is_some() && !was_user => lines.push("USER root".to_owned()),
        None => {}
    }
    let image = planned.image;
    lines.extend(image.ports.iter().map(|port| format!("EXPOSE {port}")));
    if let Some(check) = &image.healthcheck {
        let mut flags = String::new();
        let times = [
            ("interval", &check.interval),
            ("timeout", &check.timeout),
            ("start-period", &check.start_period),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                let key = planned.key("healthcheck");
                flags.push_str(&format!("--{name}={} ", quote::duration(&key, time)?));
            }
        }
        if let Some(retries) = check.retries {
            flags.push_str(&format!("--retries={retries} "));
        }
        let own = ["altlas-selftest".to_owned(), "--quick".to_owned()];
        let test = if check.test.is_empty() { &own[..] } else { &check.test };
        let program = quote::program(&planned.key("healthcheck.test"), test)?;
        lines.push(format!("HEALTHCHECK {flags}\\\n    CMD {program}"));
    }
    for (word, program) in [("ENTRYPOINT", &image.entrypoint), ("CMD", &image.cmd)] {
        if !program.is_empty() {
            let key = planned.key(&word.to_ascii_lowercase());
            lines.push(format!("{word} {}", quote::program(&key, program)?));
        }
    }
    Ok(lines.join("\n"))
}

fn needs_a_base(planned: &Planned<'_>) -> Result<(), RenderError> {
    let wants = |what| Err(RenderError::Scratch { name: planned.name.to_owned(), what });
    if !planned.is_from_scratch() {
        return Ok(());
    }
    if planned.has_python() {
        return wants("Python");
    }
    if !planned.image.apt.is_empty() {
        return wants("packages of the distribution");
    }
    Ok(())
}
