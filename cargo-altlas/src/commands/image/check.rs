//! `cargo altlas image check`.

mod dockerfiles;

use super::{
    hadolint, requirements,
    resolve::{self, ResolveArgs},
};
use crate::{
    accept,
    config::{self, ConfigFile, Level},
    environment,
    exit::{Exit, Failure},
    explained::codes,
    finding::{Finding, Place},
    global::Global,
    levels,
    report::{Line, Mark, Report, ReportArgs},
};
use anyhow::Context;
use clap::Args;
use gpu_probe::Unlooked;
use image_spec::{Dockerfile, Problem, Recipe, Requirements, Scene, Spec, SpecError};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Judge images before they are built: those of the config, and Dockerfiles written by hand
///
/// Nothing is built, and without `--resolve` nothing is asked over the network. Without arguments,
/// all images of the config are judged.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Names of images in the config, Dockerfiles, or folders in which all Dockerfiles are judged; `-`
    /// is standard input. A file that is called like an image is written `./NAME`
    what: Vec<String>,

    /// Leave out what hadolint finds, where it is installed
    #[arg(long)]
    no_hadolint: bool,

    #[command(flatten)]
    resolve: ResolveArgs,

    #[command(flatten)]
    report: ReportArgs,
}

pub(crate) fn run(args: &CheckArgs, global: &Global) -> Result<Exit, Failure> {
    let config = config::find(global.config.as_deref(), &environment::folder(), &codes())
        .map_err(Failure::usage)?;
    let mut findings = Vec::new();
    let mut unlooked = Vec::new();
    let mut images = Vec::new();
    for what in &args.what {
        let is_image =
            |file: &ConfigFile| file.config.image.keys().any(|name| name.to_string() == *what);
        if config.as_ref().is_some_and(is_image) {
            images.push(what.as_str());
            continue;
        }
        for file in named(Path::new(what), &mut unlooked).map_err(Failure::usage)? {
            let (found, open) = of_dockerfile(&file, config.as_ref(), args, global)?;
            findings.extend(found);
            unlooked.extend(open);
        }
    }
    if args.what.is_empty() || !images.is_empty() {
        let file = config.as_ref().ok_or_else(|| {
            Failure::usage(anyhow::anyhow!(
                "there is no config; name a Dockerfile, or a folder with Dockerfiles"
            ))
        })?;
        let (found, open) = of_spec(file, &images, args, global)?;
        findings.extend(found);
        unlooked.extend(open);
    }
    let mut summary = Vec::new();
    if !args.no_hadolint && !args.what.is_empty() {
        match of_hadolint(args, config.as_ref()) {
            Some(Ok(found)) => findings.extend(found),
            Some(Err(open)) => unlooked.push(open),
            None if global.verbose => summary.push(Line {
                mark: Mark::Absent,
                label: "hadolint".to_owned(),
                text: "not installed: only altlas's own checks".to_owned(),
            }),
            None => {}
        }
    }
    if let Some(file) = &config {
        // An image that was not named, or a Dockerfile of somebody else, may have what is accepted.
        let judged: &[&str] = if args.what.is_empty() { &["image"] } else { &[] };
        accept::apply(&file.config.accept, today(), &file.path, judged, &mut findings);
    }
    let report = Report {
        command: "image check",
        config: config.map(|file| file.path),
        summary,
        findings,
        established: unlooked.is_empty().then(|| ESTABLISHED.to_owned()),
        unlooked,
        facts: None,
    };
    report.write(&args.report, global.verbose)
}

/// No table holds all packages of a distribution.
const ESTABLISHED: &str = "every image can exist, build and run; of the distribution's packages only \
                           those of Python and CUDA were looked at";

pub(super) fn today() -> jiff::civil::Date {
    jiff::ZonedDateTime::now().date()
}

/// What hadolint finds in the files that were named; `None` where it is not installed. Standard input
/// was read already.
fn of_hadolint(
    args: &CheckArgs,
    config: Option<&ConfigFile>,
) -> Option<Result<Vec<Finding>, Unlooked>> {
    let program = hadolint::find(&environment::program_folders())?;
    let files: Vec<&Path> =
        args.what.iter().map(Path::new).filter(|path| *path != Path::new("-")).collect();
    if files.is_empty() {
        return Some(Ok(Vec::new()));
    }
    let none = BTreeMap::new();
    let overrides = config.map_or(&none, |file| &file.config.levels);
    Some(hadolint::look(&program, &files, overrides))
}

/// What is wrong, and what could not be looked at.
type Judged = (Vec<Finding>, Vec<Unlooked>);

/// The Dockerfile at a path, or those below it. A file that was not named itself and is none hides no
/// other.
fn named(path: &Path, unlooked: &mut Vec<Unlooked>) -> anyhow::Result<Vec<Dockerfile>> {
    if !path.is_dir() {
        return Ok(vec![dockerfiles::read(path)?]);
    }
    let found = dockerfiles::below(path, unlooked)
        .with_context(|| format!("could not read `{}`", path.display()))?;
    if found.is_empty() {
        anyhow::bail!("there is no Dockerfile in `{}`", path.display());
    }
    let mut files = Vec::new();
    for path in found {
        match dockerfiles::read(&path) {
            Ok(file) => files.push(file),
            Err(error) => unlooked.push(Unlooked {
                what: format!("the image of `{}`", path.display()),
                reason: format!("{error:#}"),
            }),
        }
    }
    Ok(files)
}

/// Judges the images of the config: those that are named with what they build on, or all.
fn of_spec(
    file: &ConfigFile,
    images: &[&str],
    args: &CheckArgs,
    global: &Global,
) -> Result<Judged, Failure> {
    let spec = spec_of(file, images);
    let folder = file.path.parent().unwrap_or(Path::new("."));
    let mut scene = scene_of(file, &spec, folder)?;
    let mut unlooked = resolve::add_to(&mut scene, &args.resolve, folder, global.verbose)?;
    unlooked.extend(beyond_the_tables(&scene));
    Ok((findings(&scene, Some(file)), unlooked))
}

/// The codes of the errors that the images of the config have, where nobody has accepted them.
pub(super) fn error_codes(
    file: &ConfigFile,
    images: &[&str],
) -> Result<BTreeSet<&'static str>, Failure> {
    let spec = spec_of(file, images);
    let folder = file.path.parent().unwrap_or(Path::new("."));
    let mut found = findings(&scene_of(file, &spec, folder)?, Some(file));
    accept::apply(&file.config.accept, today(), &file.path, &[], &mut found);
    let errors = found.iter().filter(|it| it.level == Level::Error && it.accepted.is_none());
    Ok(errors.map(|it| it.code).filter(|code| code.starts_with("image/")).collect())
}

/// The images that are named with what they build on, or all.
fn spec_of(file: &ConfigFile, images: &[&str]) -> Spec {
    let mut spec = file.config.spec();
    if !images.is_empty() {
        let mut wanted: Vec<String> = images.iter().map(|name| (*name).to_owned()).collect();
        let mut next = 0;
        while let Some(from) = wanted.get(next).map(|name| parent(&spec, name)) {
            next += 1;
            wanted.extend(from.filter(|from| !wanted.contains(from)));
        }
        spec.images.retain(|name, _| wanted.iter().any(|wanted| wanted == name.as_str()));
    }
    spec
}

fn scene_of<'a>(file: &ConfigFile, spec: &'a Spec, folder: &Path) -> Result<Scene<'a>, Failure> {
    let files = requirements::of_spec(spec, folder).map_err(Failure::usage)?;
    Ok(Scene {
        recipes: Recipe::from_spec(spec, &files).map_err(|error| no_images(&error, file))?,
        spec: Some(spec),
        dockerfile: None,
        requirements: Requirements { files, resolutions: Vec::new() },
        fleet: spec.fleet.clone(),
        today: today(),
    })
}

fn parent(spec: &Spec, name: &str) -> Option<String> {
    let (_, image) = spec.images.iter().find(|(known, _)| known.as_str() == name)?;
    image.from.clone()
}

fn findings(scene: &Scene<'_>, config: Option<&ConfigFile>) -> Vec<Finding> {
    image_spec::check(scene).iter().map(|problem| finding(problem, config)).collect()
}

/// What the checks could not judge, because the tables end before it.
fn beyond_the_tables(scene: &Scene<'_>) -> Vec<Unlooked> {
    let open = image_spec::open_questions(scene).into_iter();
    open.map(|open| Unlooked { what: open.what, reason: open.reason }).collect()
}

/// A specification that makes no images is a wrong config: its place and what is wrong.
pub(super) fn no_images(error: &SpecError, file: &ConfigFile) -> Failure {
    let place = match error.place() {
        image_spec::Place::Key { path } => {
            let (line, column) = file.locate(path);
            format!("{}:{line}:{column}", file.path.display())
        }
        image_spec::Place::File { path, line, column } => {
            format!("{}:{line}:{column}", path.display())
        }
    };
    Failure::usage(anyhow::anyhow!("{place}: {error}"))
}

fn of_dockerfile(
    file: &Dockerfile,
    config: Option<&ConfigFile>,
    args: &CheckArgs,
    global: &Global,
) -> Result<Judged, Failure> {
    if let Some(reason) = file.too_large() {
        let what = format!("the image of `{}`", file.path.display());
        return Ok((Vec::new(), vec![Unlooked { what, reason }]));
    }
    let mut unlooked = Vec::new();
    let mut recipes = Recipe::from_dockerfile(file);
    let requirements = dockerfiles::add_requirements(file, &mut recipes, config, &mut unlooked);
    let mut scene = Scene {
        recipes,
        spec: None,
        dockerfile: Some(file),
        requirements,
        // Without a config nothing is known of the machines.
        fleet: config.map(|file| file.config.fleet()).unwrap_or_default(),
        today: today(),
    };
    let folder = environment::folder();
    unlooked.extend(resolve::add_to(&mut scene, &args.resolve, &folder, global.verbose)?);
    unlooked.extend(beyond_the_tables(&scene));
    Ok((findings(&scene, config), unlooked))
}

fn finding(problem: &Problem, config: Option<&ConfigFile>) -> Finding {
    let none = BTreeMap::new();
    let overrides = config.map_or(&none, |file| &file.config.levels);
    let diagnosis = problem.diagnosis();
    let level: Level = levels::overridden(problem.code(), levels::of_image(problem), overrides);
    let help = diagnosis.fixes().into_iter();
    Finding {
        code: problem.code(),
        level,
        message: diagnosis.to_string(),
        place: place(diagnosis.place(), config),
        help: help.map(|fix| gpu_probe::Fix { text: fix.text, command: fix.command }).collect(),
        follows_from: None,
        data: serde_json::to_value(problem).unwrap_or_default(),
        accepted: None,
    }
}

/// A key of the config becomes the line that it is written in.
pub(super) fn place(place: image_spec::Place, config: Option<&ConfigFile>) -> Place {
    let shown = |path: PathBuf| {
        let folder = environment::folder();
        path.strip_prefix(&folder).unwrap_or(&path).display().to_string()
    };
    match (place, config) {
        (image_spec::Place::File { path, line, column }, _) => {
            Place::Line { path: shown(path), line, column }
        }
        (image_spec::Place::Key { path }, Some(file)) => {
            let (line, column) = file.locate(&path);
            Place::Line { path: shown(file.path.clone()), line, column }
        }
        (image_spec::Place::Key { path }, None) => Place::Path { path: path.join(".") },
    }
}
