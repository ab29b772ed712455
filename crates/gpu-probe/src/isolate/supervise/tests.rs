//! Real children: small shell scripts in the place of the program.

use super::*;
use crate::Depth;
use std::{path::PathBuf, sync::Mutex};

const SHORT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(20);

fn shell(script: &str) -> ChildCommand {
    let arguments = ["-c", script].map(Into::into).to_vec();
    ChildCommand { program: PathBuf::from("/bin/sh"), arguments }
}

fn run<T: DeserializeOwned>(
    command: &ChildCommand,
    task: &ChildTask,
    deadline: Duration,
) -> Probed<T> {
    super::super::run(command, task, deadline, &AtomicBool::new(false))
}

/// What became of the script, in one line.
fn check(script: &str, deadline: Duration, expected: &str) {
    let probed: Probed<Vec<u32>> = run(&shell(script), &ChildTask::Nvml, deadline);
    let got = match probed {
        Probed::Answered(answer) => format!("answered {answer:?}"),
        Probed::Hung { stage, after_s, unkillable, partial } => {
            let so_far = partial.map_or(String::new(), |partial| format!(", so far {partial:?}"));
            format!("hung in {stage} after {after_s}, unkillable {unkillable}{so_far}")
        }
        Probed::Crashed { stage, how, stderr, partial } => {
            let so_far = partial.map_or(String::new(), |partial| format!(", so far {partial:?}"));
            format!("crashed in {stage}: {how}; {stderr}{so_far}")
        }
        Probed::NotRun(why) => format!("not run: {why}"),
    };
    assert_eq!(got, expected, "{script}");
}

#[test]
fn answers() {
    check(r#"echo '{"answer":[1,2]}'"#, LONG, "answered [1, 2]");
    check(r#"echo '{"stage":"x"}'; echo '{"answer":[]}'"#, LONG, "answered []");
    check(
        r#"echo 'NVRM: hello'; printf 'half a line'; printf '\n{"answer":[3]}\n'"#,
        LONG,
        "answered [3]",
    );
    check(r#"head -c 100000 /dev/urandom; printf '\n{"answer":[4]}\n'"#, LONG, "answered [4]");
}

#[test]
fn an_answer_counts_whatever_follows() {
    check(r#"echo '{"answer":[1]}'; kill -SEGV $$"#, LONG, "answered [1]");
    check(r#"echo '{"answer":[1]}'; exit 101"#, LONG, "answered [1]");
    check(r#"echo '{"answer":[1]}'; sleep 60"#, LONG, "answered [1]");
}

#[test]
fn hangs() {
    check(
        r#"echo '{"stage":"cuInit"}'; sleep 60"#,
        SHORT,
        "hung in cuInit after 0.4, unkillable false",
    );
    check("sleep 60", SHORT, "hung in start of the child process after 0.4, unkillable false");
    // A child that closed its output and sleeps is not one that ended.
    check(
        r#"echo '{"stage":"cuInit"}'; exec >&- 2>&-; sleep 60"#,
        SHORT,
        "hung in cuInit after 0.4, unkillable false",
    );
    // What a library prints does not count as progress.
    check(
        r#"echo '{"stage":"cuInit"}'; while :; do echo noise; sleep 0.05; done"#,
        SHORT,
        "hung in cuInit after 0.4, unkillable false",
    );
}

#[test]
fn a_lane_hangs_while_others_go_on() {
    check(
        r#"echo '{"stage":"name(1)","lane":1}'; echo '{"stage":"name(2)","lane":2}'
           while :; do echo '{"stage":"temperature(2)","lane":2}'; sleep 0.05; done"#,
        SHORT,
        "hung in name(1) after 0.4, unkillable false",
    );
    check(
        r#"echo '{"stage":"name(1)","lane":1}'; echo '{"left":1}'; sleep 0.2
           echo '{"stage":"b"}'; sleep 0.2; echo '{"stage":"c"}'; sleep 0.2; echo '{"answer":[5]}'"#,
        SHORT,
        "answered [5]",
    );
}

#[test]
fn crashes() {
    check(
        r#"echo '{"stage":"cuInit"}'; echo oh >&2; kill -SEGV $$"#,
        LONG,
        "crashed in cuInit: signal 11 (SIGSEGV); oh",
    );
    check(r#"echo '{"stage":"a"}'; kill -ABRT $$"#, LONG, "crashed in a: signal 6 (SIGABRT); ");
    check(
        r#"echo "thread 'main' panicked" >&2; exit 101"#,
        LONG,
        "crashed in start of the child process: exit code 101; thread 'main' panicked",
    );
    check(r#"echo '{"stage":"a"}'"#, LONG, "crashed in a: exit code 0, without an answer; ");
    // Somebody whom the child started holds the pipes.
    check(r#"echo '{"stage":"a"}'; sleep 5 & exit 3"#, LONG, "crashed in a: exit code 3; ");
}

#[test]
fn keeps_the_last_of_stderr() {
    let script = "i=0; while [ $i -lt 1000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1";
    let probed: Probed<u32> = run(&shell(script), &ChildTask::Nvml, LONG);
    let Probed::Crashed { stderr, .. } = probed else { panic!("{probed:?}") };
    assert_eq!(stderr.lines().count(), STDERR_LINES);
    assert!(stderr.ends_with("line 999"), "{stderr}");
}

#[test]
fn could_not_run() {
    let command = ChildCommand { program: "/no/such/program".into(), arguments: Vec::new() };
    let probed: Probed<u32> = run(&command, &ChildTask::Cuda, LONG);
    let Probed::NotRun(why) = probed else { panic!("{probed:?}") };
    assert!(why.starts_with("could not start `/no/such/program`"), "{why}");
    let unreadable: Probed<u32> =
        run(&shell(r#"echo '{"answer":"text"}'"#), &ChildTask::Cuda, LONG);
    assert!(matches!(unreadable, Probed::NotRun(_)), "{unreadable:?}");
}

/// Runs a smoke test's script, asks for its end as soon as it says `work`.
fn stop_at_work(script: &str) -> (Probed<Vec<u32>>, Vec<String>) {
    let stop = AtomicBool::new(false);
    let stages = Mutex::new(Vec::new());
    let watch = Watch {
        deadline: &|stage| if stage == "stuck" { SHORT } else { LONG },
        is_call: |stage| stage.starts_with("cu"),
        on_event: &mut |stage| {
            stages.lock().unwrap().push(stage.to_owned());
            stop.fetch_or(stage == "work", Ordering::Relaxed);
        },
        stop: &stop,
    };
    let probed = run_with_events(&shell(script), &ChildTask::Smoke(Depth::Quick), watch);
    (probed, stages.into_inner().unwrap())
}

#[test]
fn stops_cleanly() {
    let (probed, stages) = stop_at_work(
        r#"echo '{"stage":"init"}'; echo '{"partial":[1]}'; echo '{"stage":"work"}'
           cat >/dev/null; echo '{"answer":[1,2]}'"#,
    );
    assert_eq!(probed, Probed::Answered(vec![1, 2]));
    assert_eq!(stages, ["init", "work"]);
}

#[test]
fn the_newest_partial_counts_where_a_run_was_stopped() {
    // It ends without an answer.
    let (probed, _) = stop_at_work(
        r#"echo '{"partial":[1]}'; echo '{"partial":[2]}'; echo '{"stage":"work"}'; cat >/dev/null"#,
    );
    assert_eq!(probed, Probed::Answered(vec![2]));
    // It hangs on the way out.
    let (probed, _) = stop_at_work(
        r#"echo '{"partial":[3]}'; echo '{"stage":"work"}'; cat >/dev/null
           echo '{"stage":"stuck"}'; sleep 60"#,
    );
    assert_eq!(probed, Probed::Answered(vec![3]));
}

#[test]
fn what_was_answered_before_the_end_is_kept() {
    check(
        r#"echo '{"partial":[1]}'; echo '{"partial":[1,2]}'; echo '{"stage":"a"}'; sleep 60"#,
        SHORT,
        "hung in a after 0.4, unkillable false, so far [1, 2]",
    );
    check(
        r#"echo '{"stage":"a"}'; echo '{"partial":[4]}'; kill -KILL $$"#,
        LONG,
        "crashed in a: signal 9 (SIGKILL); , so far [4]",
    );
    check(
        r#"echo '{"stage":"a"}'; echo '{"partial":"text"}'; exit 1"#,
        LONG,
        "crashed in a: exit code 1; ",
    );
}

#[test]
fn a_question_ends_at_once_where_the_user_ends_it() {
    let stop = AtomicBool::new(false);
    let script = r#"echo '{"partial":[1]}'; echo '{"stage":"cuInit"}'; sleep 60"#;
    let began = Instant::now();
    let probed: Probed<Vec<u32>> = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(SHORT);
            stop.store(true, Ordering::Relaxed);
        });
        super::super::run(&shell(script), &ChildTask::Nvml, LONG, &stop)
    });
    assert_eq!(probed, Probed::NotRun(ENDED.to_owned()));
    assert!(began.elapsed() < CALL_GRACE, "{:?}", began.elapsed());
    // What has not begun does not begin.
    let probed: Probed<Vec<u32>> = super::super::run(&shell(script), &ChildTask::Cuda, LONG, &stop);
    assert_eq!(probed, Probed::NotRun(ENDED.to_owned()));
}

#[test]
fn a_call_that_hangs_is_not_waited_for_as_long_as_a_measurement() {
    let began = Instant::now();
    let watch_for = r#"echo '{"partial":[7]}'; echo '{"stage":"work"}'; echo '{"stage":"cuInit"}'
        sleep 60"#;
    let (probed, _) = stop_at_work(watch_for);
    assert_eq!(probed, Probed::Answered(vec![7]));
    assert!(began.elapsed() < STOP_GRACE, "{:?}", began.elapsed());
}
