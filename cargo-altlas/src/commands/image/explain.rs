//! `cargo altlas image explain`.

use super::{docker::Shape, source::SourceArgs};
use crate::{
    exit::{Exit, Failure},
    files,
    global::Global,
    table::{Row, table},
};
use clap::Args;
use image_spec::{Contents, CudaNeed, Found, RunsOn};
use serde_json::json;

/// Say what is really inside an image: CUDA, cuDNN, Python, frameworks, and what it runs on
///
/// Reads the layers and not the tag, without unpacking or running anything.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    source: SourceArgs,

    /// How to say it
    #[arg(long, value_enum, default_value_t = Shape::Human, value_name = "FORMAT")]
    format: Shape,
}

pub(crate) fn run(args: &ExplainArgs, global: &Global) -> Result<Exit, Failure> {
    let (image, place) = args.source.read(&Contents::want())?;
    let contents = Contents::of(&image);
    let runs_on = contents.runs_on();
    let text = match args.format {
        Shape::Json => {
            let whole = json!({
                "schema": 1,
                "command": "image explain",
                "image": args.source.image,
                "from": place,
                "contents": contents,
                "runs_on": runs_on,
            });
            format!("{whole:#}\n")
        }
        Shape::Human => human(&args.source.image, &place, &contents, &runs_on, global.verbose),
    };
    files::print(&text).map_err(Failure::could_not)?;
    Ok(Exit::Clean)
}

fn human(name: &str, place: &str, contents: &Contents, runs_on: &RunsOn, verbose: bool) -> String {
    let mut rows = vec![Row::new("image", format!("{name}, from {place}"))];
    let built = contents.created.as_deref().map(|day| format!(", built {}", day_of(day)));
    let os = contents.os.as_ref().map_or("no distribution", |os| os.value.as_str());
    rows.push(Row::new(
        "system",
        format!("{os}, {}{}", contents.architecture, built.unwrap_or_default()),
    ));
    rows.extend(found("CUDA", &contents.cuda, "none of the system or of NVIDIA's Python packages"));
    rows.extend(found("cuDNN", &contents.cudnn, "none"));
    if !contents.tensorrt.is_empty() {
        rows.extend(found("TensorRT", &contents.tensorrt, "none"));
    }
    rows.extend(found("Python", &contents.python, "none"));
    for inside in &contents.frameworks {
        let cuda = match inside.cuda {
            Some(cuda) => format!("for CUDA {cuda}"),
            None => "for a CUDA that neither it nor the tables name".to_owned(),
        };
        rows.push(Row::new(
            inside.framework.name(),
            format!("{} {} {cuda}", inside.package, inside.version),
        ));
    }
    if let Some(nvcc) = &contents.nvcc {
        rows.push(Row::new("compiler", format!("/{}", nvcc.path)));
    }
    for profiler in &contents.profilers {
        rows.push(Row::new("profiler", format!("{} at /{}", profiler.value, profiler.path)));
    }
    let user = if contents.user.is_empty() { "root" } else { contents.user.as_str() };
    rows.push(Row::new("user", user.to_owned()));
    rows.extend(runs_on_rows(contents, runs_on));
    if verbose {
        for package in &contents.python_packages {
            rows.push(Row::new("package", format!("{} {}", package.name, package.version)));
        }
        for package in &contents.debian_packages {
            rows.push(Row::new("package", format!("{} {}", package.name, package.version)));
        }
    } else {
        let counts = [
            (contents.python_packages.len(), "Python"),
            (contents.debian_packages.len(), "Debian"),
        ];
        let words: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, kind)| format!("{count} {kind}"))
            .collect();
        if !words.is_empty() {
            rows.push(Row::new(
                "packages",
                format!("{}; `--verbose` lists them", words.join(", ")),
            ));
        }
    }
    table(&rows)
}

fn found<T: ToString>(label: &'static str, all: &[Found<T>], none: &str) -> Vec<Row> {
    if all.is_empty() {
        return vec![Row::new(label, none.to_owned())];
    }
    all.iter()
        .map(|one| Row::new(label, format!("{} by /{}", one.value.to_string(), one.path)))
        .collect()
}

fn runs_on_rows(contents: &Contents, runs_on: &RunsOn) -> Vec<Row> {
    let mut rows = Vec::new();
    match &runs_on.capabilities {
        Some(all) if all.is_empty() => {
            rows.push(Row::new("GPUs", "none that all its frameworks have code for".to_owned()));
        }
        Some(all) => {
            let words: Vec<String> = all.iter().map(ToString::to_string).collect();
            rows.push(Row::new("GPUs", format!("compute capability {}", words.join(" "))));
        }
        None => rows.push(Row::new(
            "GPUs",
            "not known: no framework in it says for which GPUs it has code".to_owned(),
        )),
    }
    if runs_on.capabilities.is_some() && !runs_on.silent.is_empty() {
        let silent = runs_on.silent.join(", ");
        rows.push(Row::new("", format!("without {silent}, whose GPUs are in no table")));
    }
    rows.extend(runs_on.drivers.iter().map(|need| Row::new("driver", driver(need))));
    if let Some(require) = &contents.require_cuda {
        let first = require.split_whitespace().next().unwrap_or_default();
        let more = require.split_whitespace().count().saturating_sub(1);
        let more = if more == 0 { String::new() } else { format!(", or one of {more} exceptions") };
        rows.push(Row::new("start", format!("the container asks for `{first}`{more}")));
    }
    rows
}

fn driver(need: &CudaNeed) -> String {
    match (need.minor_compatible, need.exact) {
        (Some(least), Some(exact)) if least < exact => {
            format!("{exact} for all of CUDA {}; {least} by minor-version compatibility", need.cuda)
        }
        (Some(least), _) => format!("{least} for CUDA {}", need.cuda),
        (None, _) => format!("not known for CUDA {}", need.cuda),
    }
}

/// `2026-11-24` of a time.
fn day_of(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}
