//! What is run in an image: its own self-test, and this program's doctor.

use image_spec::{ContainerEngine, EngineError, RunOutcome, RunRequest, TestRun, Verdict};
use serde_json::Value;
use std::time::Duration;

/// The self-test that `cargo altlas image render` puts into images.
const SELF_TEST: &str = "altlas-selftest";

/// Where this program is seen inside.
const PROGRAM: &str = "/altlas-probe/cargo-altlas";

/// What a program in an image may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) deadline: Duration,
    pub(super) memory: u64,
}

/// What was run, and what could not be.
#[derive(Debug, Default)]
pub(super) struct Tested {
    pub(super) runs: Vec<TestRun>,
    pub(super) could_not_look: Vec<String>,
}

/// Runs everything. `wanted`: whether the GPU matters; `gpus`: whether the machine has any, `None` where
/// that is not known.
pub(super) fn all(
    engine: &ContainerEngine,
    image: &str,
    wanted: bool,
    gpus: Option<bool>,
    limits: Limits,
) -> Result<Tested, EngineError> {
    let mut tested = Tested::default();
    let mut with_gpus = wanted && gpus != Some(false);
    if wanted && gpus == Some(false) {
        let why = "this machine has no GPU, so nothing was run on one; `--no-gpu` says that this is enough";
        tested.could_not_look.push(why.to_owned());
    }
    let request = |command: &[&str], with_gpus| RunRequest {
        image: image.to_owned(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        gpus: with_gpus,
        files: Vec::new(),
        memory: limits.memory,
        deadline: limits.deadline,
    };
    let self_test = [SELF_TEST, "--json"];
    let first = engine.run(&request(&self_test, with_gpus));
    let outcome = match first {
        Err(EngineError::NoGpu(words)) => {
            with_gpus = false;
            tested.could_not_look.push(no_gpu(&words));
            engine.run(&request(&self_test, false))
        }
        other => other,
    };
    match outcome {
        Ok(outcome) => {
            let mut run = test_run("self-test", &request(&self_test, with_gpus), &outcome);
            // Whoever does not ask for a GPU is content with a test that saw none.
            if !wanted && run.result == Verdict::CouldNotLook {
                run.result = Verdict::Passed;
            }
            tested.runs.push(run);
        }
        Err(error) if is_not_there(&error) => tested.could_not_look.push(format!(
            "the image has no program `{SELF_TEST}`; `cargo altlas image render` puts one in"
        )),
        Err(error) => return Err(error),
    }
    if with_gpus {
        probe(engine, &request(&[], true), &mut tested)?;
    }
    Ok(tested)
}

/// Runs the doctor inside, where this program starts there.
fn probe(
    engine: &ContainerEngine,
    base: &RunRequest,
    tested: &mut Tested,
) -> Result<(), EngineError> {
    const WHAT: &str = "gpu-probe inside the image";
    if !engine.host().is_local() {
        let why =
            format!("{WHAT}: the engine is on another machine, which does not have this program");
        tested.could_not_look.push(why);
        return Ok(());
    }
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            tested.could_not_look.push(format!("{WHAT}: this program cannot be found: {error}"));
            return Ok(());
        }
    };
    let request = |words: &[&str], gpus| RunRequest {
        command: std::iter::once(PROGRAM).chain(words.iter().copied()).map(str::to_owned).collect(),
        files: vec![(program.clone(), PROGRAM.to_owned())],
        gpus,
        ..base.clone()
    };
    // A program for another C library, or an older one, does not start in every image.
    let starts = match engine.run(&request(&["--version"], false)) {
        Ok(outcome) => outcome.code == Some(0),
        Err(error) if is_not_there(&error) => false,
        Err(error) => return Err(error),
    };
    if !starts {
        let why = format!(
            "{WHAT}: this program does not start there; the image's C library is older or another"
        );
        tested.could_not_look.push(why);
        return Ok(());
    }
    let doctor = request(&["doctor", "--format", "json"], true);
    let outcome = engine.run(&doctor)?;
    tested.runs.push(test_run("gpu-probe", &doctor, &outcome));
    Ok(())
}

fn no_gpu(words: &str) -> String {
    format!(
        "the machine's GPU cannot be handed to a container ({words}); install the NVIDIA container \
         toolkit and run `sudo nvidia-ctk runtime configure --runtime=docker`; `cargo altlas doctor` \
         says what is missing"
    )
}

/// Whether the engine says that the image does not have the program, or cannot start it.
fn is_not_there(error: &EngineError) -> bool {
    let EngineError::Says { message, .. } = error else { return false };
    [
        "executable file not found",
        "no such file or directory",
        "exec format error",
        "permission denied",
    ]
    .iter()
    .any(|words| message.contains(words))
}

fn test_run(what: &str, request: &RunRequest, outcome: &RunOutcome) -> TestRun {
    TestRun {
        what: what.to_owned(),
        command: request.command.clone(),
        gpus: request.gpus,
        exit_code: outcome.code,
        seconds: outcome.seconds,
        output: output(request, outcome),
        result: Verdict::of_exit_code(outcome.code),
    }
}

/// What was written, as JSON where it is.
fn output(request: &RunRequest, outcome: &RunOutcome) -> Value {
    if let Ok(value) = serde_json::from_str::<Value>(&outcome.stdout) {
        return value;
    }
    let mut text = format!("{}{}", outcome.stdout, outcome.stderr);
    if outcome.code.is_none() {
        text += &format!("it was ended at the deadline of {} s\n", request.deadline.as_secs());
    }
    if outcome.out_of_memory {
        text += &format!("it was ended because it took all of {} GiB\n", request.memory >> 30);
    }
    Value::String(text)
}
