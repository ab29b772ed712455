//! `cargo altlas image build`.

mod follow;

use super::{
    docker::{self, EngineArgs, Shape},
    product::{self, Product},
};
use crate::{
    environment,
    exit::{Exit, Failure},
    files,
    global::Global,
};
use anyhow::anyhow;
use clap::Args;
use follow::Follow;
use image_spec::{
    BuildRequest, ContainerEngine, Context, Dockerfile, EngineError, EngineHost, Reference,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Instant,
};

/// Build images, and give them the tag of the config
///
/// The Dockerfile is rendered from the config, or a file that was written by hand. An image gets its
/// tag when all of it is built; what is interrupted leaves no tag. The log of every build is kept.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Images of the config [default: all]
    names: Vec<String>,

    /// Build this Dockerfile instead of rendering one
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// The stage of `--file` to build [default: the name of the image, or the last stage]
    #[arg(long, value_name = "STAGE", requires = "file")]
    target: Option<String>,

    /// Name the image this instead of by the config
    #[arg(long = "tag", short = 't', value_name = "REFERENCE")]
    tags: Vec<String>,

    /// A build argument
    #[arg(long = "build-arg", value_name = "NAME=VALUE", value_parser = pair)]
    arguments: Vec<(String, String)>,

    /// Leave the cache aside
    #[arg(long)]
    no_cache: bool,

    /// Ask for newer base images
    #[arg(long)]
    pull: bool,

    /// The network that the steps have [default: the engine's]
    #[arg(long, value_name = "MODE", value_parser = ["none", "host", "default"])]
    network: Option<String>,

    /// Show what would be built, and build nothing
    #[arg(long)]
    dry_run: bool,

    /// How to say it
    #[arg(long, value_enum, default_value_t = Shape::Human, value_name = "FORMAT")]
    format: Shape,

    #[command(flatten)]
    engine: EngineArgs,
}

/// A Dockerfile is far smaller; a larger file is something else.
const LARGEST: u64 = 1024 * 1024;

/// One image that is built.
struct Step {
    name: String,
    target: Option<String>,
    references: Vec<Reference>,
    context: Context,
    arguments: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    registries: Vec<Option<String>>,
    log: PathBuf,
}

pub(crate) fn run(args: &BuildArgs, global: &Global) -> Result<Exit, Failure> {
    let product = product::find(global)?;
    let steps = match &args.file {
        Some(file) => by_hand(args, file, product.as_ref())?,
        None => of_config(args, product.as_ref())?,
    };
    let host = args.engine.host()?;
    if args.dry_run {
        let plan: Vec<Value> = steps.iter().map(|step| step.plan(&host)).collect();
        return match args.format {
            Shape::Json => {
                show(&json!({ "command": "image build", "dry_run": true, "images": plan }))
            }
            Shape::Human => {
                let lines: Vec<String> = steps.iter().map(|step| step.lines(&host)).collect();
                files::print(&lines.concat()).map_err(Failure::could_not)
            }
        }
        .map(|()| Exit::Clean);
    }
    let (engine, _) = args.engine.connect()?;
    let mut built = Vec::new();
    let mut exits = Vec::new();
    for step in steps {
        if args.format == Shape::Human {
            files::note_line(step.lines(&host).trim_end());
        }
        let mut shown = step.plan(&host);
        docker::make_folder_of(&step.log)?;
        let started = Instant::now();
        match build(&engine, step, args) {
            Ok(image) => {
                exits.push(Exit::Clean);
                shown["id"] = json!(image.id);
                shown["bytes"] = json!(image.size);
                if args.format == Shape::Human {
                    say_built(&shown, &image)?;
                }
            }
            Err(error) => {
                let interrupted = matches!(
                    error,
                    EngineError::Stopped(_)
                        | EngineError::Gone { .. }
                        | EngineError::NotRunning { .. }
                );
                exits.push(docker::exit_of(&error));
                shown["error"] = json!(error.to_string());
                files::error_line(&error.into());
                if interrupted {
                    built.push(shown);
                    break;
                }
            }
        }
        shown["seconds"] = json!(started.elapsed().as_secs_f64());
        built.push(shown);
    }
    if args.format == Shape::Json {
        show(&json!({ "command": "image build", "dry_run": false, "images": built }))?;
    }
    Ok(docker::worst(exits))
}

fn show(value: &Value) -> Result<(), Failure> {
    files::print(&format!("{value:#}\n")).map_err(Failure::could_not)
}

fn say_built(shown: &Value, image: &image_spec::LocalImage) -> Result<(), Failure> {
    let mut text = format!("built {} ({}, {})\n", image.id, megabytes(image.size), image.platform);
    for reference in shown["references"].as_array().into_iter().flatten() {
        text += &format!("  {}\n", reference.as_str().unwrap_or_default());
    }
    files::print(&text).map_err(Failure::could_not)
}

fn megabytes(bytes: u64) -> String {
    // Whole kilobytes below a megabyte, one decimal above.
    if bytes < 1_000_000 {
        return format!("{} kB", bytes.div_ceil(1000));
    }
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

/// Builds one image and gives it its names, in this order.
fn build(
    engine: &ContainerEngine,
    step: Step,
    args: &BuildArgs,
) -> Result<image_spec::LocalImage, EngineError> {
    let mut follow = Follow::begin(&step.log);
    let request = BuildRequest {
        context: step.context,
        target: step.target,
        arguments: step.arguments,
        labels: step.labels,
        no_cache: args.no_cache,
        pull: args.pull,
        network: args.network.clone(),
        registries: step.registries,
        docker_config: docker::docker_config(),
    };
    let built = engine.build(request, &mut |event| follow.event(event));
    follow.end(built.as_ref().err());
    let built = built?;
    for reference in &step.references {
        engine.tag(&built.id, reference)?;
    }
    engine.image(&built.id)?.ok_or(EngineError::NoSuchImage(built.id))
}

/// The images of the config, from a rendered file.
fn of_config(args: &BuildArgs, product: Option<&Product>) -> Result<Vec<Step>, Failure> {
    let product = product.ok_or_else(|| {
        Failure::usage(anyhow!("there is no config; name a Dockerfile with `--file`"))
    })?;
    let names = product.names(&args.names)?;
    if !args.tags.is_empty() && names.len() > 1 {
        return Err(Failure::usage(anyhow!("`--tag` names one image; say which one is built")));
    }
    let rendered = product.rendered()?;
    let context = Context::read_with(&product.root, None, &rendered.dockerfile, &rendered.beside)
        .map_err(|error| docker::failure(error.into()))?;
    let log = docker::output_path(&product.root, "build");
    names
        .into_iter()
        .map(|name| {
            Ok(Step {
                target: Some(name.clone()),
                references: references(args, Some(product), &name)?,
                arguments: known_at_build(args, &rendered.dockerfile, product),
                labels: BTreeMap::new(),
                registries: registries(&rendered.dockerfile),
                log: log.join(format!("{name}.log")),
                context: context.clone(),
                name,
            })
        })
        .collect()
}

/// A file that was written by hand.
fn by_hand(args: &BuildArgs, file: &Path, product: Option<&Product>) -> Result<Vec<Step>, Failure> {
    let bytes = files::read(file, LARGEST).map_err(Failure::usage)?;
    let parsed = Dockerfile::parse(file, &bytes).map_err(Failure::usage)?;
    let root = product.map_or_else(environment::folder, |product| product.root.clone());
    let name = match args.names.as_slice() {
        [] => args.target.clone().unwrap_or_else(|| "image".to_owned()),
        [name] => name.clone(),
        _ => return Err(Failure::usage(anyhow!("`--file` builds one image; name one at most"))),
    };
    let commit = product.and_then(|product| product.commit.clone());
    let labels = commit.as_ref().map(|commit| {
        BTreeMap::from([
            ("org.opencontainers.image.created".to_owned(), commit.date.clone()),
            ("org.opencontainers.image.revision".to_owned(), revision(commit)),
        ])
    });
    let context = Context::read(&root, Some(file), &parsed.text)
        .map_err(|error| docker::failure(error.into()))?;
    Ok(vec![Step {
        target: args.target.clone().or_else(|| args.names.first().cloned()),
        references: references(args, product, &name)?,
        arguments: args.arguments.iter().cloned().collect(),
        labels: labels.unwrap_or_default(),
        registries: registries(&parsed.text),
        log: docker::output_path(&root, "build").join(format!("{}.log", name.replace('/', "-"))),
        context,
        name,
    }])
}

fn references(
    args: &BuildArgs,
    product: Option<&Product>,
    name: &str,
) -> Result<Vec<Reference>, Failure> {
    if !args.tags.is_empty() {
        return args.tags.iter().map(|tag| tag.parse().map_err(Failure::usage)).collect();
    }
    match product {
        Some(product) => product.references(name),
        None => Err(Failure::usage(anyhow!(
            "there is no config to name the image by; name it with `--tag REPOSITORY:TAG`"
        ))),
    }
}

/// What the rendered file asks for, and what the user gives. The date is that of the commit, so that
/// the same commit makes the same image.
fn known_at_build(args: &BuildArgs, text: &str, product: &Product) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    if let Some(commit) = &product.commit {
        known.insert("CREATED".to_owned(), commit.date.clone());
        known.insert("REVISION".to_owned(), revision(commit));
    }
    known.retain(|name, _| text.contains(&format!("ARG {name}")));
    known.extend(args.arguments.iter().cloned());
    known
}

fn revision(commit: &image_spec::Commit) -> String {
    if commit.dirty { format!("{}-dirty", commit.hash) } else { commit.hash.clone() }
}

/// The registries that a Dockerfile pulls from, as far as it says.
fn registries(text: &str) -> Vec<Option<String>> {
    let images = text.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_from = words.first().is_some_and(|word| word.eq_ignore_ascii_case("from"));
        let image = words.into_iter().skip(1).find(|word| !word.starts_with("--"));
        image.filter(|_| is_from)?.parse::<Reference>().ok()
    });
    let found: BTreeSet<Option<String>> = images.map(|image| image.registry).collect();
    found.into_iter().collect()
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it is written `NAME=VALUE`")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Step {
    fn plan(&self, host: &EngineHost) -> Value {
        json!({
            "name": self.name,
            "target": self.target,
            "dockerfile": self.context.dockerfile,
            "references": self.references.iter().map(Reference::to_string).collect::<Vec<_>>(),
            "context": {
                "folder": self.context.root.display().to_string(),
                "files": self.context.files(),
                "bytes": self.context.bytes(),
                "skipped": self.context.skipped,
            },
            "arguments": self.arguments.keys().collect::<Vec<_>>(),
            "engine": host.to_string(),
            "log": self.log.display().to_string(),
        })
    }

    fn lines(&self, host: &EngineHost) -> String {
        let context = &self.context;
        let names: Vec<String> = self.references.iter().map(Reference::to_string).collect();
        let mut text = format!("image {}: {}\n", self.name, names.join(", "));
        let stage = self.target.as_ref().map_or(String::new(), |stage| format!(", stage {stage}"));
        text += &format!("  dockerfile  {}{stage}\n", context.dockerfile);
        text += &format!(
            "  context     {}: {} files, {}\n",
            context.root.display(),
            context.files(),
            megabytes(context.bytes())
        );
        for path in &context.skipped {
            text += &format!("  not sent    {}: no file, folder or link\n", path.display());
        }
        text += &format!("  engine      {host}\n  log         {}\n", self.log.display());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_registries() {
        let text =
            "FROM --platform=linux/amd64 r.io/a/b:1 AS x\nfrom busybox\nFROM ${BASE}\nRUN FROM";
        assert_eq!(registries(text), [None, Some("r.io".to_owned())]);
    }

    #[test]
    fn writes_sizes() {
        let check = |bytes: u64, expected: &str| assert_eq!(megabytes(bytes), expected);
        check(0, "0 kB");
        check(1, "1 kB");
        check(2_345_678, "2.3 MB");
        check(7_370_000_000, "7370.0 MB");
    }
}
