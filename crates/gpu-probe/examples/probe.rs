//! How a tool of one's own reads the facts of this machine and judges them:
//! `cargo run -p gpu-probe --example probe`, or with `facts.json` behind it to judge saved facts.
//!
//! NVML and CUDA are asked in a child process, which is this program again, started with
//! `--child TASK`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to its user")]
#![expect(clippy::disallowed_methods, reason = "a program reads the environment and hands it on")]

use gpu_probe::{
    ChildCommand, ChildTask, Environment, Facts, Need, ReadOptions, diagnose, read, serve,
};
use std::{
    error::Error,
    io,
    process::ExitCode,
    time::{Duration, SystemTime},
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [flag, task] if flag == "--child" => child(task),
        [file] => saved(file).map(|facts| show(&facts)),
        _ => this_machine().map(|facts| show(&facts)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What the child does: one task, and nothing else on its standard output.
fn child(task: &str) -> Result<(), Box<dyn Error>> {
    let task: ChildTask = serde_json::from_str(task)?;
    Ok(serve(&task, &mut io::stdout())?)
}

fn this_machine() -> Result<Facts, Box<dyn Error>> {
    let options = ReadOptions {
        root: "/".into(),
        environment: Environment::pick(std::env::vars_os()),
        folder: std::env::current_dir()?,
        // The task follows as one more argument.
        child: ChildCommand {
            program: std::env::current_exe()?,
            arguments: vec!["--child".into()],
        },
        deadline: Duration::from_secs(10),
        wake: false,
        smoke: None,
        stop: Default::default(),
        written_by: env!("CARGO_PKG_VERSION").to_owned(),
        now_unix_s: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs(),
    };
    Ok(read(&options, &|step| eprintln!("{step}")))
}

fn saved(file: &str) -> Result<Facts, Box<dyn Error>> {
    Ok(Facts::from_json(&std::fs::read(file)?)?)
}

fn show(facts: &Facts) {
    // Also what was answered before a hang or a crash.
    for gpu in facts.nvml.answered().into_iter().flat_map(|nvml| &nvml.gpus) {
        let name = gpu.name.found().map_or("unknown", String::as_str);
        println!("GPU {}: {name}", gpu.index);
    }
    let diagnosed = diagnose(facts, &Need::default());
    for (problem, cause) in &diagnosed.problems {
        let rank = if cause.is_some() { "follows" } else { "root cause" };
        println!("{rank}: {} [{}]", problem.diagnosis(), problem.code());
        for fix in problem.diagnosis().fixes() {
            println!("  {}", fix.text);
        }
    }
    // Not to be taken for fine.
    for unlooked in &diagnosed.unlooked {
        println!("could not look at {}: {}", unlooked.what, unlooked.reason);
    }
}
