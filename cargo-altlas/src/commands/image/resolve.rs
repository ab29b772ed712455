//! Resolves the requirements of images with uv: for `image check --resolve` and `image lock`.

use super::uv::{Uv, UvArgs};
use crate::{exit::Failure, files, progress::Progress};
use clap::Args;
use gpu_probe::Unlooked;
use image_spec::{Resolution, ResolveOutcome, ResolveRequest, Scene, without_credentials};
use std::path::Path;

/// Options of `image check` about requirements.
#[derive(Debug, Clone, Args)]
pub(crate) struct ResolveArgs {
    /// Also ask the package indexes, with uv, whether the requirements can be met together
    #[arg(long)]
    resolve: bool,

    #[command(flatten)]
    uv: UvArgs,
}

/// Adds to the scene how the requirements of its images resolve, where that is asked for; what could
/// not be looked at is handed back. `folder` is the build context.
///
/// # Errors
/// Where there is no uv, or the user stops it.
pub(crate) fn add_to(
    scene: &mut Scene<'_>,
    args: &ResolveArgs,
    folder: &Path,
    verbose: bool,
) -> Result<Vec<Unlooked>, Failure> {
    let mut unlooked = Vec::new();
    if !args.resolve {
        return Ok(unlooked);
    }
    let uv = Uv::find(&args.uv)?;
    let output = tempfile::NamedTempFile::new().map_err(Failure::could_not)?;
    let mut asked: Vec<(ResolveRequest, ResolveOutcome)> = Vec::new();
    for recipe in &scene.recipes {
        if recipe.python.is_none() && !recipe.pip.is_empty() {
            unlooked.push(Unlooked {
                what: format!("whether the requirements of image `{}` fit together", recipe.name),
                reason: "its Python is not known".to_owned(),
            });
        }
        let request = ResolveRequest::of(recipe, scene.spec, &scene.requirements.files);
        let Some(request) = request else { continue };
        // Images that build on each other often ask for the same.
        let same = asked.iter().find(|(earlier, _)| {
            earlier.arguments(&[]) == request.arguments(&[]) && earlier.lines == request.lines
        });
        let outcome = match same {
            Some((_, outcome)) => outcome.clone(),
            None => resolve(&uv, &request, &args.uv, folder, output.path(), verbose)?,
        };
        if let ResolveOutcome::CouldNotLook { what, reason, .. } = &outcome {
            let found = Unlooked { what: what.clone(), reason: reason.clone() };
            if !unlooked.contains(&found) {
                unlooked.push(found);
            }
        }
        asked.push((request, outcome));
    }
    scene.requirements.resolutions = asked
        .into_iter()
        .map(|(request, outcome)| Resolution { image: request.image, outcome })
        .collect();
    Ok(unlooked)
}

/// Asks uv; it writes the versions to `output`, and keeps those that are there already where they fit.
///
/// # Errors
/// Where the user stops it.
pub(crate) fn resolve(
    uv: &Uv,
    request: &ResolveRequest,
    args: &UvArgs,
    folder: &Path,
    output: &Path,
    verbose: bool,
) -> Result<ResolveOutcome, Failure> {
    let progress = Progress::start();
    progress.step(&format!("resolving the requirements of image `{}`", request.image));
    let could_not = |reason: String| ResolveOutcome::CouldNotLook {
        what: format!("whether the requirements of image `{}` fit together", request.image),
        reason,
        original: String::new(),
    };
    if request.lines.iter().any(|line| line.contains("://***@")) {
        let reason = "a URL has credentials, which are not handed on; put them into `~/.netrc`";
        return Ok(could_not(reason.to_owned()));
    }
    let mut options = vec!["--output-file".to_owned(), output.display().to_string()];
    if !args.build {
        options.push("--no-build".to_owned());
    }
    let answer = uv.ask(folder, &request.arguments(&options), &request.input());
    drop(progress);
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if uv.is_interrupted() => return Err(Failure::could_not(error)),
        Err(error) => return Ok(could_not(format!("{error:#}"))),
    };
    if verbose && answer.code != Some(0) {
        files::note_line(without_credentials(answer.said.trim_end()).as_str());
    }
    let mut outcome = request.outcome(answer.code, &answer.said);
    if let ResolveOutcome::CouldNotLook { reason, .. } = &mut outcome
        && !args.build
        && answer.said.contains("source distributions is disabled")
    {
        reason.push_str("; `--build` lets uv build it on this machine");
    }
    Ok(outcome)
}
