//! `cargo altlas image test`.

mod machine;
mod runs;

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
use clap::Args;
use image_spec::{
    ContainerEngine, EVIDENCE_SCHEMA, EngineError, Evidence, LocalImage, TestedImage, Verdict,
};
use runs::{Limits, Tested};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Run an image's self-test, on the GPUs where the machine has some, and keep the evidence
///
/// The container has no network and no rights, and ends at the deadline. Where the machine has a GPU,
/// `cargo altlas doctor` also runs inside the image. Without a GPU the rest is tested, and the exit
/// code says that the GPU could not be looked at.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Images of the config, or references such as `registry.example.com/team/app:1.0`
    /// [default: all images of the config]
    names: Vec<String>,

    /// Test without a GPU, and be content with that
    #[arg(long)]
    no_gpu: bool,

    /// How many seconds one program in the image may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=86400))]
    deadline: u32,

    /// How much memory it gets, in GiB
    #[arg(long, value_name = "GIB", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=4096))]
    memory: u32,

    /// Write the evidence to this file [default: `target/altlas/evidence/NAME.json`]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// How to say it
    #[arg(long, value_enum, default_value_t = Shape::Human, value_name = "FORMAT")]
    format: Shape,

    #[command(flatten)]
    engine: EngineArgs,
}

pub(crate) fn run(args: &TestArgs, global: &Global) -> Result<Exit, Failure> {
    let product = product::find(global)?;
    let meant = product::meant(product.as_ref(), &args.names)?;
    if args.output.is_some() && meant.len() > 1 {
        let error = anyhow::anyhow!("`--output` keeps the evidence of one image; name one");
        return Err(Failure::usage(error));
    }
    let root = product.map_or_else(environment::folder, |product| product.root);
    let (engine, stop) = args.engine.connect()?;
    let progress = Progress::start();
    let machine = machine::look(engine.host().is_local(), stop, &progress);
    let limits = Limits {
        deadline: Duration::from_secs(args.deadline.into()),
        memory: u64::from(args.memory) << 30,
    };
    let mut exits = Vec::new();
    let mut all = Vec::new();
    for (name, references) in &meant {
        let reference = references.first().map(ToString::to_string).unwrap_or_default();
        let image = engine.image(&reference).map_err(docker::failure)?;
        let image =
            image.ok_or_else(|| docker::failure(EngineError::NoSuchImage(reference.clone())))?;
        progress.step(&format!("testing {name}"));
        let wanted = !args.no_gpu;
        let tested =
            runs::all(&engine, &image.id, wanted, machine.gpus, limits).map_err(docker::failure)?;
        let evidence = evidence(&engine, &reference, image, &machine, tested);
        let path = args.output.clone().unwrap_or_else(|| {
            docker::output_path(&root, "evidence").join(format!("{}.json", file_name(name)))
        });
        keep(&evidence, &path)?;
        exits.push(match evidence.result {
            Verdict::Passed => Exit::Clean,
            Verdict::Failed => Exit::Findings,
            Verdict::CouldNotLook => Exit::CouldNotLook,
        });
        all.push((evidence, path));
    }
    drop(progress);
    show(&all, args.format)?;
    Ok(docker::worst(exits))
}

fn evidence(
    engine: &ContainerEngine,
    reference: &str,
    image: LocalImage,
    machine: &machine::Machine,
    tested: Tested,
) -> Evidence {
    let verdicts = tested.runs.iter().map(|run| run.result);
    let open = (!tested.could_not_look.is_empty()).then_some(Verdict::CouldNotLook);
    Evidence {
        schema: EVIDENCE_SCHEMA,
        date: jiff::Timestamp::now().to_string(),
        altlas: env!("CARGO_PKG_VERSION").to_owned(),
        engine: engine.version.clone(),
        machine: machine.lines.clone(),
        result: Verdict::worst(verdicts.chain(open)),
        image: TestedImage {
            reference: reference.to_owned(),
            id: image.id,
            digests: image.repo_digests,
            platform: image.platform,
            labels: image.labels,
        },
        runs: tested.runs,
        could_not_look: tested.could_not_look,
    }
}

fn keep(evidence: &Evidence, path: &Path) -> Result<(), Failure> {
    if path != Path::new("-") {
        docker::make_folder_of(path)?;
        return files::write(path, evidence.to_json().as_bytes()).map_err(Failure::could_not);
    }
    files::print(&evidence.to_json()).map_err(Failure::could_not)
}

/// A reference as the name of a file.
fn file_name(name: &str) -> String {
    name.chars().map(|letter| if "/:@".contains(letter) { '-' } else { letter }).collect()
}

fn show(all: &[(Evidence, PathBuf)], format: Shape) -> Result<(), Failure> {
    if all.iter().any(|(_, path)| path == Path::new("-")) {
        return Ok(());
    }
    if format == Shape::Json {
        let list: Vec<&Evidence> = all.iter().map(|(evidence, _)| evidence).collect();
        let text = serde_json::to_string_pretty(&list).map_err(Failure::could_not)?;
        return files::print(&format!("{text}\n")).map_err(Failure::could_not);
    }
    let mut text = String::new();
    for (evidence, path) in all {
        let image = &evidence.image;
        text += &format!("{} ({})\n", image.reference, image.id);
        for run in &evidence.runs {
            let gpus = if run.gpus { "with GPUs" } else { "without GPU" };
            text += &format!("  {} {}, {gpus}, {:.1} s\n", run.what, word(run.result), run.seconds);
            if run.result != Verdict::Passed {
                text += &indented(&run.output);
            }
        }
        for reason in &evidence.could_not_look {
            text += &format!("  could not look: {reason}\n");
        }
        text += &format!("  {}; the evidence is in {}\n", word(evidence.result), path.display());
    }
    files::print(&text).map_err(Failure::could_not)
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::CouldNotLook => "could not look",
    }
}

fn indented(output: &serde_json::Value) -> String {
    let text = match output {
        serde_json::Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    };
    text.lines().take(40).map(|line| format!("    {line}\n")).collect()
}
