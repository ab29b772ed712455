//! `cargo altlas image push`.

use super::{
    docker::{self, EngineArgs, Shape},
    product,
};
use crate::{
    environment,
    exit::{Exit, Failure},
    files,
    global::Global,
    progress::Progress,
};
use anyhow::anyhow;
use clap::Args;
use image_spec::{
    ContainerEngine, EngineError, LocalImage, PushEvent, Pushed, Reference, RegistryClient,
    is_dirty,
};
use serde_json::{Value, json};
use std::{
    io::IsTerminal,
    sync::{Arc, atomic::AtomicBool},
};

/// Push images to the registries of the config, and see that they arrived
///
/// A version is pushed once: a tag that names another image already is left alone. What fails for a
/// while is tried again. Credentials come from Docker's config and its helpers.
#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// Images of the config, or references such as `registry.example.com/team/app:1.0`
    /// [default: all images of the config]
    names: Vec<String>,

    /// Show what would be pushed, and push nothing
    #[arg(long)]
    dry_run: bool,

    /// How to say it
    #[arg(long, value_enum, default_value_t = Shape::Human, value_name = "FORMAT")]
    format: Shape,

    #[command(flatten)]
    engine: EngineArgs,
}

pub(crate) fn run(args: &PushArgs, global: &Global) -> Result<Exit, Failure> {
    let product = product::find(global)?;
    if let Some(product) = &product
        && args.names.is_empty()
        && product.spec.registry.repository.is_none()
    {
        return Err(Failure::usage(anyhow!(
            "it is not known where to push; write `repository` into `[registry]`"
        )));
    }
    let meant = product::meant(product.as_ref(), &args.names)?;
    let all: Vec<&Reference> = meant.iter().flat_map(|(_, references)| references).collect();
    if let Some(dirty) = all.iter().find(|reference| is_dirty(reference)) {
        let error = anyhow!(
            "`{dirty}` is not pushed: files differ from the commit, so nobody could build it \
             again; commit them (`git status` shows which), and build again"
        );
        return Err(Failure { exit: Exit::Findings, error });
    }
    if args.dry_run {
        let host = args.engine.host()?.to_string();
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        let text = match args.format {
            Shape::Json => format!(
                "{:#}\n",
                json!({ "command": "image push", "dry_run": true, "engine": host, "images": names })
            ),
            Shape::Human => format!("from {host}:\n  {}\n", names.join("\n  ")),
        };
        files::print(&text).map_err(Failure::could_not)?;
        return Ok(Exit::Clean);
    }
    let (engine, stop) = args.engine.connect()?;
    let mut results = Vec::new();
    let mut exits = Vec::new();
    for (_, references) in &meant {
        let image = local(&engine, references)?;
        for reference in references {
            let pushed = push(&engine, &image, reference, &stop);
            exits.push(pushed.as_ref().map_or_else(docker::exit_of, |_| Exit::Clean));
            let stopped = matches!(
                pushed,
                Err(EngineError::Stopped(_)
                    | EngineError::Gone { .. }
                    | EngineError::NotRunning { .. })
            );
            results.push(result(reference, &pushed));
            say(pushed, args.format)?;
            if stopped {
                break;
            }
        }
    }
    if args.format == Shape::Json {
        let value = json!({ "command": "image push", "dry_run": false, "images": results });
        files::print(&format!("{value:#}\n")).map_err(Failure::could_not)?;
    }
    Ok(docker::worst(exits))
}

/// The image that the engine has under the first of these names.
fn local(engine: &ContainerEngine, references: &[Reference]) -> Result<LocalImage, Failure> {
    let Some(first) = references.first() else {
        return Err(Failure::usage(anyhow!("it is not known where to push")));
    };
    let name = first.to_string();
    let image = engine.image(&name).map_err(docker::failure)?;
    image.ok_or_else(|| docker::failure(EngineError::NoSuchImage(name)))
}

fn push(
    engine: &ContainerEngine,
    image: &LocalImage,
    reference: &Reference,
    stop: &Arc<AtomicBool>,
) -> Result<Pushed, EngineError> {
    let registry = reference.registry.as_deref();
    let options = docker::registry_options(engine, registry, Arc::clone(stop))?;
    let client = RegistryClient::new(registry, &options)?;
    let progress = std::io::stderr().is_terminal().then(Progress::start);
    let mut on_event = |event: PushEvent| match (event, &progress) {
        (PushEvent::Said(words), Some(progress)) => {
            progress.step(&format!("pushing {reference}: {words}"));
        }
        (PushEvent::Said(_), None) => {}
        (PushEvent::Again { why, wait }, _) => {
            files::note_line(&format!("{why}; trying again in {:.1} s", wait.as_secs_f64()))
        }
        (PushEvent::Waiting, _) => {
            files::note_line(&format!("another push of {reference} is under way; waiting for it"));
        }
    };
    engine.push(image, reference, &client, environment::lock_folder().as_deref(), &mut on_event)
}

fn result(reference: &Reference, pushed: &Result<Pushed, EngineError>) -> Value {
    match pushed {
        Ok(pushed) => json!({
            "reference": reference.to_string(),
            "result": if pushed.already_there { "already-there" } else { "pushed" },
            "digest": pushed.digest,
            "attempts": pushed.attempts,
        }),
        Err(error) => json!({
            "reference": reference.to_string(),
            "result": "failed",
            "error": error.to_string(),
        }),
    }
}

fn say(pushed: Result<Pushed, EngineError>, format: Shape) -> Result<(), Failure> {
    match pushed {
        Ok(pushed) if format == Shape::Human => {
            let how = if pushed.already_there { "is there already" } else { "pushed" };
            let text = format!("{} {how}: {}\n", pushed.reference, pushed.digest);
            files::print(&text).map_err(Failure::could_not)
        }
        Ok(_) => Ok(()),
        Err(error) => {
            files::error_line(&error.into());
            Ok(())
        }
    }
}
