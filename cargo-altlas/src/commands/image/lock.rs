//! `cargo altlas image lock`.

use super::{
    check,
    requirements::{self, lock_name},
    resolve,
    uv::{Uv, UvArgs},
};
use crate::{
    config::{self, ConfigFile},
    environment,
    exit::{Exit, Failure},
    explained::codes,
    files,
    global::Global,
};
use clap::Args;
use cuda_compat::PythonVersion;
use image_spec::{
    Recipe, RequirementsFile, ResolveOutcome, ResolveRequest, Scene, without_credentials,
};
use std::{collections::BTreeMap, path::Path};

/// Lock the Python packages of images: versions and hashes, for their own Python and platform
///
/// What `[frameworks]`, `pip` and the requirements files of an image and its parents ask for is
/// resolved with uv and written to `requirements-NAME.lock` beside the config. Versions that are
/// locked already stay where they still fit.
#[derive(Debug, Args)]
pub(crate) struct LockArgs {
    /// Names of images; all of them where none is named
    names: Vec<String>,

    /// Write nothing: exit with 1 where a lock is missing or no longer says what the index says
    #[arg(long)]
    check: bool,

    /// Take the newest versions that fit, and not those that are locked
    #[arg(long, conflicts_with = "check")]
    upgrade: bool,

    /// Lock for this Python [default: `[cuda] python`]
    #[arg(long, value_name = "VERSION")]
    python_version: Option<PythonVersion>,

    /// Lock for this platform, as uv names it [default: Linux x86-64 with the image's C library]
    #[arg(long, value_name = "PLATFORM")]
    python_platform: Option<String>,

    #[command(flatten)]
    uv: UvArgs,
}

pub(crate) fn run(args: &LockArgs, global: &Global) -> Result<Exit, Failure> {
    let config = config::find(global.config.as_deref(), &environment::folder(), &codes())
        .map_err(Failure::usage)?
        .ok_or_else(|| Failure::usage(anyhow::anyhow!("there is no config, and so no image")))?;
    let folder = config.path.parent().unwrap_or(Path::new(".")).to_owned();
    let spec = config.config.spec();
    for name in &args.names {
        if !spec.images.contains_key(name) {
            let known: Vec<&str> = spec.images.keys().map(String::as_str).collect();
            let help = config::nearest_help(name, known.into_iter());
            let help = help.map_or(String::new(), |help| format!("; {help}"));
            return Err(Failure::usage(anyhow::anyhow!("there is no image `{name}`{help}")));
        }
    }
    if spec.images.is_empty() {
        return Err(Failure::usage(anyhow::anyhow!("the config has no image")));
    }
    let read = requirements::of_spec(&spec, &folder).map_err(Failure::usage)?;
    let mut recipes =
        Recipe::from_spec(&spec, &read).map_err(|error| check::no_images(&error, &config))?;
    recipes.retain(|recipe| args.names.is_empty() || args.names.contains(&recipe.name));
    let uv = Uv::find(&args.uv)?;
    let (mut found, mut unlooked) = (false, false);
    for mut recipe in recipes {
        if let Some(python) = args.python_version {
            recipe.python = Some(image_spec::Placed::new(python, recipe.place.clone()));
        }
        if recipe.python.is_none() && !recipe.pip.is_empty() {
            let name = &recipe.name;
            return Err(Failure::usage(anyhow::anyhow!(
                "the Python of image `{name}` is not known; write `python` into `[cuda]`, or give \
                 `--python-version`"
            )));
        }
        let Some(mut request) = ResolveRequest::of(&recipe, Some(&spec), &read) else {
            files::note_line(&format!("image `{}` asks for no Python packages", recipe.name));
            continue;
        };
        if let Some(platform) = &args.python_platform {
            request.platform.clone_from(platform);
        }
        match one(&uv, &request, args, &folder, global.verbose)? {
            Ended::Fresh => {}
            Ended::Stale => found = true,
            Ended::Conflict(outcome) => {
                tell(outcome, &request, recipe, &config);
                found = true;
            }
            Ended::CouldNotLook(words) => {
                files::error_line(&anyhow::anyhow!(words));
                unlooked = true;
            }
        }
    }
    Ok(match (found, unlooked) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::CouldNotLook,
        (false, false) => Exit::Clean,
    })
}

/// How it went for one image.
enum Ended {
    Fresh,
    Stale,
    Conflict(ResolveOutcome),
    CouldNotLook(String),
}

fn one(
    uv: &Uv,
    request: &ResolveRequest,
    args: &LockArgs,
    folder: &Path,
    verbose: bool,
) -> Result<Ended, Failure> {
    let name = lock_name(&request.image);
    let path = folder.join(&name);
    let before = match path.exists() {
        true => Some(files::read(&path, LARGEST).map_err(Failure::could_not)?),
        false => None,
    };
    let scratch = tempfile::tempdir().map_err(Failure::could_not)?;
    let output = scratch.path().join("lock.txt");
    if let Some(before) = before.as_ref().filter(|_| !args.upgrade) {
        files::write(&output, &pins(before)).map_err(Failure::could_not)?;
    }
    match resolve::resolve(uv, request, &args.uv, folder, &output, verbose)? {
        ResolveOutcome::Resolved => {}
        ResolveOutcome::CouldNotLook { what, reason, .. } => {
            return Ok(Ended::CouldNotLook(format!("could not look at {what}: {reason}")));
        }
        conflict @ ResolveOutcome::Conflict(_) => return Ok(Ended::Conflict(conflict)),
    }
    let written = files::read(&output, LARGEST).map_err(Failure::could_not)?;
    let lock = text(request, args, &String::from_utf8_lossy(&written));
    let is_fresh = before.as_deref() == Some(lock.as_bytes());
    if args.check {
        let words = match &before {
            Some(_) if is_fresh => format!("{name} is fresh"),
            Some(before) => format!("{name} is stale: {}", differences(before, lock.as_bytes())),
            None => format!("{name} is missing"),
        };
        files::print(&format!("{words}\n")).map_err(Failure::could_not)?;
        return Ok(if is_fresh { Ended::Fresh } else { Ended::Stale });
    }
    if !is_fresh {
        files::write(&path, lock.as_bytes()).map_err(Failure::could_not)?;
    }
    let packages = versions(lock.as_bytes()).len();
    let done = if is_fresh { "is unchanged" } else { "is written" };
    let platform = &request.platform;
    let words =
        format!("{name} {done}: {packages} packages for Python {} on {platform}\n", request.python);
    files::print(&words).map_err(Failure::could_not)?;
    Ok(Ended::Fresh)
}

/// A lock of hundreds of packages is below 1 MiB.
const LARGEST: u64 = 32 * 1024 * 1024;

/// The lock: how to make it again, where its packages are, and what uv wrote.
fn text(request: &ResolveRequest, args: &LockArgs, by_uv: &str) -> String {
    let mut command = format!("cargo altlas image lock {}", request.image);
    if let Some(python) = args.python_version {
        command.push_str(&format!(" --python-version {python}"));
    }
    if let Some(platform) = &args.python_platform {
        command.push_str(&format!(" --python-platform {platform}"));
    }
    if args.uv.build {
        command.push_str(" --build");
    }
    let mut lines = vec![
        format!("# Locked by `{command}`; run it again after a change."),
        format!("# For Python {} on {}.", request.python, request.platform),
    ];
    lines.extend(request.index_lines());
    let by_uv = without_credentials(by_uv).replace("://***@", "://");
    format!("{}\n{by_uv}", lines.join("\n"))
}

/// A lock without its head: uv would look for a folder of the head beside its own copy of the lock.
fn pins(lock: &[u8]) -> Vec<u8> {
    let lines = lock.split_inclusive(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.starts_with(b"-") && !line.starts_with(b"#"))
        .flatten()
        .copied()
        .collect()
}

/// What a lock has, by name.
fn versions(lock: &[u8]) -> BTreeMap<String, String> {
    let path = Path::new("requirements.lock");
    let read = RequirementsFile::read(path, &mut |_| Ok(lock.to_vec()));
    let found = read.map(|file| file.requirements).unwrap_or_default();
    let named = found.into_iter().map(|found| {
        (found.value.requirement.name.to_string(), found.value.requirement.to_string())
    });
    named.collect()
}

/// What is different between two locks, in words.
fn differences(before: &[u8], now: &[u8]) -> String {
    let (before, now) = (versions(before), versions(now));
    let mut words = Vec::new();
    for (name, version) in &now {
        match before.get(name) {
            Some(locked) if locked == version => {}
            Some(locked) => words.push(format!("`{locked}` is now `{version}`")),
            None => words.push(format!("it lacks `{version}`")),
        }
    }
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    words.extend(gone.map(|name| format!("nothing needs `{name}`")));
    let more = words.len().saturating_sub(5);
    words.truncate(5);
    if more > 0 {
        words.push(format!("{more} more"));
    }
    if words.is_empty() { "its hashes or its head differ".to_owned() } else { words.join(", ") }
}

/// Tells a contradiction as `image check --resolve` does.
fn tell(outcome: ResolveOutcome, request: &ResolveRequest, recipe: Recipe, config: &ConfigFile) {
    let image = request.image.clone();
    let spec = config.config.spec();
    let scene = Scene {
        requirements: image_spec::Requirements {
            files: BTreeMap::new(),
            resolutions: vec![image_spec::Resolution { image, outcome }],
        },
        recipes: vec![recipe],
        spec: Some(&spec),
        dockerfile: None,
        fleet: spec.fleet.clone(),
        today: jiff::ZonedDateTime::now().date(),
    };
    for problem in image_spec::check(&scene) {
        if problem.code() == "image/requirements-do-not-resolve" {
            files::error_line(&anyhow::anyhow!("{}", problem.diagnosis()));
            for fix in problem.diagnosis().fixes() {
                files::note_line(&format!("  help: {}", fix.text));
            }
        }
    }
}
