//! `cargo altlas image solve`.

mod hand_written;
mod patch;
mod shown;
mod solution_differs;
mod wanted;
mod wishes_contradict;

use crate::{
    config, environment,
    exit::{Exit, Failure},
    explained::codes,
    files,
    global::Global,
    report::{Format, Report, ReportArgs},
};
use clap::Args;
use cuda_compat::{Answer, Fit};
use patch::Patch;
use std::path::PathBuf;
use wanted::Wanted;

/// Find the newest set of versions that fits together, or why there is none
///
/// The wishes are those of `[cuda]` and `[frameworks]` in the config, and those of the options, which
/// come first. What nobody wishes for may be anything. The answer is shown as a patch to the config.
///
/// Of all sets that fit the best is the one with the newest frameworks, the one that is written first
/// before the others (and CuPy and Numba, on which others build, last); then one whose CUDA the driver runs without minor-version compatibility; then
/// the newest CUDA and Python, and the distribution that is supported longest.
#[derive(Debug, Args)]
pub(crate) struct SolveArgs {
    /// A framework and the versions that are allowed: `torch`, `"torch>=2.6,<2.9"`
    #[arg(long, value_name = "NAME[RANGE]")]
    framework: Vec<String>,

    /// The Python, such as `3.11` or `">=3.10"`; `any` for every one, also where the config names one
    #[arg(long, value_name = "VERSION")]
    python: Option<String>,

    /// The CUDA, such as `12.6` or `">=12.4"`, or `any`
    #[arg(long, value_name = "VERSION")]
    cuda: Option<String>,

    /// The cuDNN, such as `9`, or `any`
    #[arg(long, value_name = "VERSION")]
    cudnn: Option<String>,

    /// A GPU that it must run on: a model (`RTX 4060`) or a compute capability (`9.0`)
    #[arg(long, value_name = "GPU")]
    gpu: Vec<String>,

    /// The oldest driver that it must run on, such as `550` or `550.54.15`, or `any`
    #[arg(long, value_name = "VERSION")]
    driver: Option<String>,

    /// The distribution, such as `ubuntu22.04`, or `any` that has free support
    #[arg(long, value_name = "NAME")]
    os: Option<String>,

    /// The flavour of the base image: `base`, `runtime` or `devel`
    #[arg(long, value_name = "FLAVOUR")]
    flavour: Option<String>,

    /// Take the wishes of a Dockerfile and of the requirements files that it installs
    #[arg(long, value_name = "FILE")]
    from_dockerfile: Option<PathBuf>,

    /// Change the config; where there is none, `altlas.toml` is made
    #[arg(long, conflicts_with = "check")]
    write: bool,

    /// End with 1 where the config holds anything but the answer
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    report: ReportArgs,
}

/// The codes of this command, each with the text of its file.
pub(crate) const OWN: [(&str, &str); 2] = [
    (wishes_contradict::CODE, include_str!("solve/wishes_contradict.rs")),
    (solution_differs::CODE, include_str!("solve/solution_differs.rs")),
];

pub(crate) fn run(args: &SolveArgs, global: &Global) -> Result<Exit, Failure> {
    let config = config::find(global.config.as_deref(), &environment::folder(), &codes())
        .map_err(Failure::usage)?;
    let mut wanted = Wanted::on(super::check::today());
    if let Some(file) = &config {
        wanted.add_config(file);
    }
    let hand_written = args.from_dockerfile.as_deref().map(hand_written::read).transpose()?;
    if let Some(file) = &hand_written {
        wanted.add_hand_written(file);
    }
    wanted.add_options(args).map_err(Failure::usage)?;
    if wanted.is_empty() {
        return Err(Failure::usage(anyhow::anyhow!(
            "there is nothing to solve for: write `[cuda]` or `[frameworks]` into the config, or \
             name a wish, such as `--framework torch`"
        )));
    }
    let mut report = Report {
        command: "image solve",
        config: config.as_ref().map(|file| file.path.clone()),
        summary: Vec::new(),
        findings: Vec::new(),
        unlooked: Vec::new(),
        established: None,
        facts: None,
    };
    match cuda_compat::solve(&wanted.wishes) {
        Answer::Contradiction(found) => {
            report.summary = shown::clashes(&found, &wanted);
            report.findings.push(wishes_contradict::finding(&found, &wanted, config.as_ref()));
            report.established = Some("nothing fits".to_owned());
            report.write(&args.report, global.verbose)
        }
        Answer::Fits(fit) => {
            let patch = Patch::new(config.as_ref(), &fit, &wanted, hand_written.as_ref())
                .map_err(Failure::could_not)?;
            report.summary = shown::lines(&fit, &wanted);
            report.established = Some(sentence(&fit, &patch, args));
            let whole = args.report.format == Format::Json || global.verbose;
            report.facts = whole.then(|| shown::facts(&fit, &wanted, &patch));
            if args.check && !patch.is_empty() {
                report.findings.push(solution_differs::finding(&patch, config.as_ref()));
            }
            if args.write {
                patch.write().map_err(Failure::could_not)?;
            }
            let exit = report.write(&args.report, global.verbose)?;
            show(&patch, args)?;
            Ok(exit)
        }
    }
}

/// The patch itself, for who reads: a program finds it in the JSON.
fn show(patch: &Patch, args: &SolveArgs) -> Result<(), Failure> {
    let is_read = args.report.format == Format::Human && args.report.output.is_none();
    if patch.is_empty() || !is_read {
        return Ok(());
    }
    files::print(&format!("\n{}", patch.diff())).map_err(Failure::could_not)
}

fn sentence(fit: &Fit, patch: &Patch, args: &SolveArgs) -> String {
    let name = patch.name();
    let fits = match fit.frameworks.len() {
        0 => "this fits together".to_owned(),
        1 => "this is the newest that fits".to_owned(),
        _ => "this is the newest set that fits".to_owned(),
    };
    match (patch.is_empty(), args.write) {
        (true, _) => format!("{fits}, and `{name}` says so already"),
        (false, true) => format!("{fits}; `{name}` was changed"),
        (false, false) => format!("{fits}; `--write` changes `{name}` like this"),
    }
}
