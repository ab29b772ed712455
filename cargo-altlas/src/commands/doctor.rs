//! `cargo altlas doctor`.

use crate::{
    accept,
    commands::child,
    config::{self, Config, ConfigFile, ProfileName, SmokeDepth},
    environment,
    exit::{Exit, Failure},
    explained::codes,
    files,
    finding::Finding,
    global::Global,
    levels,
    progress::Progress,
    report::{Report, ReportArgs},
    summary,
};
use anyhow::Context;
use clap::Args;
use gpu_probe::{ChildCommand, Depth, Facts, Need, Problem, ReadOptions, Unlooked, diagnose};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Can this machine do CUDA work? Names the one root cause and its fix
///
/// Reads the driver, devices, toolkits, containers, profilers and Python environments, runs a
/// checked kernel on every GPU, and judges all of it. Needs no config; with one, it also judges
/// against `[cuda]`. Nothing is changed on the machine and nothing is sent anywhere.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// What the machine is for, which decides what must be there
    #[arg(long, value_enum, value_name = "PROFILE")]
    profile: Option<ProfileName>,

    /// Judge against this config [default: the one that is found]
    #[arg(long, value_name = "FILE")]
    need: Option<PathBuf>,

    /// Also measure memory, bandwidth and arithmetic rate: about 30 seconds
    #[arg(long, conflicts_with_all = ["burn", "no_smoke", "from"])]
    deep: bool,

    /// Work the GPUs hard for this many minutes and compare every result
    #[arg(long, value_name = "MINUTES", conflicts_with_all = ["no_smoke", "from"], value_parser = minutes)]
    burn: Option<f64>,

    /// Run nothing on the GPUs
    #[arg(long)]
    no_smoke: bool,

    /// Wake a laptop GPU that sleeps
    #[arg(long)]
    wake: bool,

    /// Save the facts to this file, for a colleague or for later; `-` with `--output FILE` writes
    /// them to standard output
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Judge the facts in this file instead of this machine; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["wake", "root"])]
    from: Option<PathBuf>,

    /// Blank names, serials and UUIDs in what is shown and saved
    #[arg(long)]
    redact: bool,

    /// Print the shell commands of the fixes, in order, instead of a report; runs nothing
    #[arg(long, conflicts_with_all = ["format", "output"])]
    fix_script: bool,

    /// How many seconds one driver call may take [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=600))]
    deadline: Option<u32>,

    /// Read /proc, /sys, /dev, /etc and /usr below this folder; the driver is still asked here
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,

    #[command(flatten)]
    report: ReportArgs,
}

/// How long a driver call may take where nobody says otherwise, in seconds. Attaching to a GPU that
/// nobody keeps awake takes 1 to 3 seconds.
const DEADLINE_S: u32 = 10;

/// Facts of a machine with many GPUs are below 1 MiB.
const LARGEST_FACTS: u64 = 64 * 1024 * 1024;

pub(crate) fn run(args: &DoctorArgs, global: &Global) -> Result<Exit, Failure> {
    let named = args.need.as_deref().or(global.config.as_deref());
    let config = config::find(named, &environment::folder(), &codes()).map_err(Failure::usage)?;
    outputs(args, config.as_ref().map(|found| found.path.as_path()))?;
    let mut facts = match &args.from {
        Some(path) => load(path)?,
        None => read(args, config.as_ref().map(|found| &found.config))?,
    };
    if args.redact {
        facts.redact();
    }
    if let Some(path) = &args.save {
        save(&facts, path)?;
    }
    let report = judge(&facts, config.as_ref(), args, global.verbose)?;
    if args.fix_script {
        files::print(&crate::report::fix_script(&report)).map_err(Failure::could_not)?;
        return Ok(report.exit(args.report.fail_on));
    }
    report.write(&args.report, global.verbose)
}

/// Refuses to write one thing over another.
fn outputs(args: &DoctorArgs, config: Option<&Path>) -> Result<(), Failure> {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let written = [("--save", args.save.as_deref()), ("--output", args.report.output.as_deref())];
    let written: Vec<(&str, &Path)> =
        written.into_iter().filter_map(|(option, path)| Some((option, path?))).collect();
    for (option, path) in &written {
        if config.is_some_and(|config| real(config) == real(path)) {
            let path = path.display();
            return Err(Failure::usage(anyhow::anyhow!("`{option} {path}` is the config itself")));
        }
    }
    match written.as_slice() {
        [(_, save), (_, output)] if real(save) == real(output) => {
            Err(Failure::usage(anyhow::anyhow!("`--save` and `--output` name the same file")))
        }
        [("--save", path)] if *path == Path::new("-") => Err(Failure::usage(anyhow::anyhow!(
            "`--save -` and the report would both go to standard output; add `--output FILE`"
        ))),
        _ => Ok(()),
    }
}

fn save(facts: &Facts, path: &Path) -> Result<(), Failure> {
    let json = facts.to_json();
    if path == Path::new("-") {
        return files::print(&json).map_err(Failure::could_not);
    }
    files::write(path, json.as_bytes()).map_err(Failure::could_not)?;
    files::note_line(&format!("the facts are in {}", path.display()));
    Ok(())
}

fn load(path: &Path) -> Result<Facts, Failure> {
    let bytes = files::read(path, LARGEST_FACTS).map_err(Failure::usage)?;
    Facts::from_json(&bytes)
        .with_context(|| format!("`{}`", path.display()))
        .map_err(Failure::usage)
}

fn read(args: &DoctorArgs, config: Option<&Config>) -> Result<Facts, Failure> {
    if !args.root.is_dir() {
        let error = anyhow::anyhow!("`{}` is not a folder", args.root.display());
        return Err(Failure::usage(error));
    }
    // Without `/proc` the path is not known; the rest of the doctor answers all the same.
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("cargo-altlas"));
    let doctor = config.map(|config| config.doctor.clone()).unwrap_or_default();
    let options = ReadOptions {
        root: args.root.clone(),
        environment: environment::variables(),
        folder: environment::folder(),
        child: ChildCommand { program, arguments: vec![child::NAME.into()] },
        deadline: Duration::from_secs(
            args.deadline.or(doctor.deadline).unwrap_or(DEADLINE_S).into(),
        ),
        wake: args.wake,
        smoke: depth(args, doctor.smoke),
        stop: stop_on_signal(),
        written_by: env!("CARGO_PKG_VERSION").to_owned(),
        now_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    };
    let progress = Progress::start();
    Ok(gpu_probe::read(&options, &|words| progress.step(words)))
}

/// Ctrl-C ends what is asked and run early and keeps what is known; a second one, at least a second
/// later, ends the program. (`timeout` and some terminals send each signal twice.)
pub(crate) fn stop_on_signal() -> Arc<AtomicBool> {
    const AGAIN: Duration = Duration::from_secs(1);
    let stop = Arc::new(AtomicBool::new(false));
    let shared = Arc::clone(&stop);
    let mut first: Option<Instant> = None;
    let handler = move || {
        shared.store(true, Ordering::Relaxed);
        if first.get_or_insert_with(Instant::now).elapsed() > AGAIN {
            end_at_once();
        }
    };
    // Without a handler Ctrl-C ends the program at once, and the child with it.
    let _ = ctrlc::set_handler(handler);
    stop
}

#[expect(clippy::disallowed_methods, reason = "the second Ctrl-C does not wait for anybody")]
fn end_at_once() {
    std::process::exit(3);
}

fn depth(args: &DoctorArgs, configured: Option<SmokeDepth>) -> Option<Depth> {
    if args.no_smoke {
        return None;
    }
    if args.deep {
        return Some(Depth::Deep);
    }
    if let Some(minutes) = args.burn {
        return Some(Depth::Burn(minutes));
    }
    match configured {
        Some(SmokeDepth::Off) => None,
        Some(SmokeDepth::Deep) => Some(Depth::Deep),
        Some(SmokeDepth::Quick) | None => Some(Depth::Quick),
    }
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= 24.0 * 60.0 => Ok(value),
        _ => Err("a number of minutes above 0, at most 1440".to_owned()),
    }
}

fn judge(
    facts: &Facts,
    file: Option<&ConfigFile>,
    args: &DoctorArgs,
    verbose: bool,
) -> Result<Report, Failure> {
    let config = file.map(|file| &file.config);
    let need = need(config, args.profile);
    let diagnosed = diagnose(facts, &need);
    let overrides = config.map(|config| config.levels.clone()).unwrap_or_default();
    let mut findings: Vec<Finding> = diagnosed
        .problems
        .iter()
        .map(|(problem, cause)| finding(problem, *cause, &overrides))
        .collect();
    // What the profile asks and could not be answered leaves the whole question open.
    let answered = diagnosed.open_questions.is_empty();
    let established = summary::established(facts).filter(|_| answered);
    if let Some(file) = file {
        let today = jiff::ZonedDateTime::now().date();
        let judged: &[&str] = if established.is_some() { &["gpu"] } else { &[] };
        accept::apply(&file.config.accept, today, &file.path, judged, &mut findings);
    }
    let mut unlooked = diagnosed.unlooked;
    if let Some(smoke) = facts.smoke.as_ref().and_then(|smoke| smoke.answered())
        && smoke.interrupted
    {
        unlooked.push(Unlooked {
            what: "the rest of the run on the GPUs".to_owned(),
            reason: format!("it was ended after {:.0} s", smoke.seconds),
        });
    }
    let facts_shown =
        verbose.then(|| serde_json::to_value(facts)).transpose().map_err(Failure::could_not)?;
    let mut summary = summary::lines(facts, &need, file.map(|file| file.path.as_path()));
    if let Some(path) = &args.from {
        summary.insert(0, summary::saved(facts, path));
    }
    Ok(Report {
        command: "doctor",
        config: file.map(|file| file.path.clone()),
        summary,
        findings,
        unlooked,
        established,
        facts: facts_shown,
    })
}

fn need(config: Option<&Config>, profile: Option<ProfileName>) -> Need {
    let cuda = config.map(|config| config.cuda.clone()).unwrap_or_default();
    let configured = config.and_then(|config| config.doctor.profile);
    Need {
        cuda: cuda.version,
        cudnn: cuda.cudnn,
        python: cuda.python,
        driver: cuda.driver,
        gpus: cuda.gpus.into_iter().map(|gpu| gpu.0).collect(),
        profile: profile.or(configured).map_or_else(Default::default, Into::into),
    }
}

fn finding(
    problem: &Problem,
    cause: Option<usize>,
    overrides: &std::collections::BTreeMap<String, config::Level>,
) -> Finding {
    let diagnosis = problem.diagnosis();
    Finding {
        code: problem.code(),
        level: levels::overridden(problem.code(), levels::of_gpu(problem), overrides),
        message: diagnosis.to_string(),
        place: diagnosis.place().into(),
        help: diagnosis.fixes(),
        follows_from: cause,
        data: serde_json::to_value(problem).unwrap_or_default(),
        accepted: None,
    }
}
