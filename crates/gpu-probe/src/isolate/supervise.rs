//! The parent's side: starts the child, listens, and ends it.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where child processes are started, with a deadline"
)]

use super::{
    ChildCommand, ChildTask, ENDED, NOT_STARTED,
    line::{Line, parse_line},
};
use crate::Probed;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, BufRead, BufReader, Read},
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::{Duration, Instant},
};

/// How often the end of the child and the wish to stop are looked for.
const TICK: Duration = Duration::from_millis(20);
/// How long a child may take to end after its answer, and to be killed.
const GRACE: Duration = Duration::from_secs(2);
/// How long a child may take to end after the wish to stop.
const STOP_GRACE: Duration = Duration::from_secs(15);
/// How long a call of the driver may take of that: one that takes longer hangs.
const CALL_GRACE: Duration = Duration::from_secs(3);
/// How long to listen for what a dead child wrote last.
const DRAIN: Duration = Duration::from_secs(1);
/// No line of a child is longer; the facts of a machine with many GPUs are far shorter.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;
/// How much of standard error is kept.
const STDERR_LINES: usize = 20;
const STDERR_LINE_CHARS: usize = 400;

/// How a run is watched.
pub(crate) struct Watch<'a> {
    /// How long a stage may take, by its name.
    pub(crate) deadline: &'a dyn Fn(&str) -> Duration,
    /// Whether a stage is a single call of the driver, and no measurement of many.
    pub(crate) is_call: fn(&str) -> bool,
    /// Called with the name of each stage that is entered.
    pub(crate) on_event: &'a mut dyn FnMut(&str),
    /// Set it to end the run early; a smoke test then hands back what it has.
    pub(crate) stop: &'a AtomicBool,
}

/// What a listening thread heard.
enum Heard {
    Line(Line),
    Stderr(String),
    /// One of the two pipes was closed.
    End,
}

/// Runs the task in a child and watches it. Never blocks for longer than the stages may take.
pub(crate) fn run_with_events<T: DeserializeOwned>(
    command: &ChildCommand,
    task: &ChildTask,
    watch: Watch<'_>,
) -> Probed<T> {
    let stoppable = matches!(task, ChildTask::Smoke(_));
    if watch.stop.load(Ordering::Relaxed) {
        return Probed::NotRun(ENDED.to_owned());
    }
    let (child, heard) = match start(command, task, stoppable) {
        Ok(started) => started,
        Err(error) => {
            let program = command.program.display();
            return Probed::NotRun(format!("{NOT_STARTED} `{program}`: {error}"));
        }
    };
    let run = Run {
        child,
        heard,
        lanes: BTreeMap::new(),
        latest: ("start of the child process".to_owned(), Instant::now()),
        partial: None,
        stderr: VecDeque::new(),
    };
    understood(run.watch(watch, stoppable))
}

/// Makes facts of the child's JSON.
fn understood<T: DeserializeOwned>(probed: Probed<Value>) -> Probed<T> {
    let so_far = |partial: Option<Value>| serde_json::from_value(partial?).ok();
    match probed {
        Probed::Answered(value) => match serde_json::from_value(value) {
            Ok(answer) => Probed::Answered(answer),
            Err(error) => {
                Probed::NotRun(format!("the answer of the child could not be read: {error}"))
            }
        },
        Probed::Hung { stage, after_s, unkillable, partial } => {
            Probed::Hung { stage, after_s, unkillable, partial: so_far(partial) }
        }
        Probed::Crashed { stage, how, stderr, partial } => {
            Probed::Crashed { stage, how, stderr, partial: so_far(partial) }
        }
        Probed::NotRun(why) => Probed::NotRun(why),
    }
}

fn start(
    command: &ChildCommand,
    task: &ChildTask,
    stoppable: bool,
) -> io::Result<(Child, Receiver<Heard>)> {
    let mut child = Command::new(&command.program)
        .args(&command.arguments)
        .arg(serde_json::to_string(task)?)
        // Code that the driver compiled earlier would hide that it cannot compile now.
        .env("CUDA_CACHE_DISABLE", "1")
        // Not `/dev/null`, which a bare chroot lacks: the end of a pipe reads the same.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C in a terminal goes to a whole group; the child is told to stop, and ends cleanly.
        .process_group(0)
        .spawn()?;
    if !stoppable {
        drop(child.stdin.take());
    }
    let (sender, heard) = channel();
    let listening = listen(&mut child, &sender);
    if let Err(error) = listening {
        let _ = end(&mut child);
        return Err(error);
    }
    Ok((child, heard))
}

/// Threads of their own, never joined: a child that cannot be killed keeps its pipes open.
fn listen(child: &mut Child, sender: &Sender<Heard>) -> io::Result<()> {
    if let Some(stdout) = child.stdout.take() {
        let sender = sender.clone();
        std::thread::Builder::new().spawn(move || {
            each_line(stdout, |text| match parse_line(text) {
                Some(line) => sender.send(Heard::Line(line)).is_ok(),
                None => true,
            });
            let _ = sender.send(Heard::End);
        })?;
    }
    if let Some(stderr) = child.stderr.take() {
        let sender = sender.clone();
        std::thread::Builder::new().spawn(move || {
            each_line(stderr, |text| {
                let text = text.chars().take(STDERR_LINE_CHARS).collect();
                sender.send(Heard::Stderr(text)).is_ok()
            });
            let _ = sender.send(Heard::End);
        })?;
    }
    Ok(())
}

/// Hands on each line until the end, or until `hand_on` says that nobody listens.
fn each_line(pipe: impl Read, mut hand_on: impl FnMut(&str) -> bool) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    loop {
        line.clear();
        match pipe.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) if hand_on(String::from_utf8_lossy(&line).trim()) => {}
            Ok(_) => return,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// A child that runs.
struct Run {
    child: Child,
    heard: Receiver<Heard>,
    /// The stage that each lane is in, and since when.
    lanes: BTreeMap<u32, (String, Instant)>,
    /// The stage that was entered last, and when something was last heard.
    latest: (String, Instant),
    partial: Option<Value>,
    stderr: VecDeque<String>,
}

impl Run {
    fn watch(mut self, watch: Watch<'_>, stoppable: bool) -> Probed<Value> {
        let mut stop_asked: Option<Instant> = None;
        let mut open_pipes = 2;
        loop {
            match self.heard.recv_timeout(TICK) {
                Ok(Heard::Line(Line::Answer(value))) => {
                    self.let_end();
                    return Probed::Answered(value);
                }
                Ok(Heard::Line(line)) => self.note(line, watch.on_event),
                Ok(Heard::Stderr(text)) => self.note_stderr(text),
                Ok(Heard::End) => open_pipes -= 1,
                Err(RecvTimeoutError::Timeout) => {}
                // Both pipes are closed: do not spin until the child ends.
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(TICK),
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return self.ended(status, open_pipes, stop_asked.is_some());
            }
            if stop_asked.is_none() && watch.stop.load(Ordering::Relaxed) {
                stop_asked = Some(Instant::now());
                // The child reads its input only to learn of this.
                drop(self.child.stdin.take());
            }
            if let Some(asked) = stop_asked
                && (!stoppable || self.takes_too_long_to_stop(asked, watch.is_call))
            {
                return self.stopped(stoppable);
            }
            if let Some((stage, given)) = self.overdue(watch.deadline) {
                let unkillable = !end(&mut self.child);
                let after_s = given.as_secs_f64();
                return match self.partial {
                    Some(partial) if stop_asked.is_some() => Probed::Answered(partial),
                    partial => Probed::Hung { stage, after_s, unkillable, partial },
                };
            }
        }
    }

    fn note(&mut self, line: Line, on_event: &mut dyn FnMut(&str)) {
        self.latest.1 = Instant::now();
        match line {
            Line::Stage { name, lane } => {
                on_event(&name);
                self.lanes.insert(lane, (name.clone(), Instant::now()));
                self.latest.0 = name;
            }
            Line::Left(lane) => {
                self.lanes.remove(&lane);
            }
            Line::Partial(value) | Line::Answer(value) => self.partial = Some(value),
        }
    }

    fn note_stderr(&mut self, text: String) {
        if self.stderr.len() == STDERR_LINES {
            self.stderr.pop_front();
        }
        self.stderr.push_back(text);
    }

    /// The stage that has taken longer than it may, if one has.
    fn overdue(&self, deadline: &dyn Fn(&str) -> Duration) -> Option<(String, Duration)> {
        let between = self.lanes.is_empty().then_some(&self.latest);
        let mut stages = self.lanes.values().chain(between);
        stages.find_map(|(stage, since)| {
            let given = deadline(stage);
            (since.elapsed() >= given).then(|| (stage.clone(), given))
        })
    }

    /// Whether the child that was asked to stop does not, and is to be ended.
    fn takes_too_long_to_stop(&self, asked: Instant, is_call: fn(&str) -> bool) -> bool {
        let between = self.lanes.is_empty().then_some(&self.latest);
        let mut open = self.lanes.values().chain(between);
        let hangs = |(stage, since): &(String, Instant)| {
            is_call(stage) && asked.max(*since).elapsed() >= CALL_GRACE
        };
        asked.elapsed() >= STOP_GRACE || open.all(hangs)
    }

    /// The child has ended by itself, without an answer that was heard so far.
    fn ended(mut self, status: ExitStatus, mut open_pipes: u32, stopped: bool) -> Probed<Value> {
        // A process that the child left behind may hold the pipes open: listen only so long.
        let until = Instant::now() + DRAIN;
        while open_pipes > 0 {
            match self.heard.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Heard::Line(Line::Answer(value))) => return Probed::Answered(value),
                Ok(Heard::Line(line)) => self.note(line, &mut |_stage| {}),
                Ok(Heard::Stderr(text)) => self.note_stderr(text),
                Ok(Heard::End) => open_pipes -= 1,
                Err(_) => break,
            }
        }
        // With several GPUs asked side by side, it died in one of the calls that were under way.
        let open: Vec<String> = self.lanes.into_values().map(|(stage, _)| stage).collect();
        let stage = if open.is_empty() { self.latest.0 } else { open.join("` or `") };
        let stderr = Vec::from(self.stderr).join("\n");
        match self.partial {
            Some(partial) if stopped => Probed::Answered(partial),
            partial => Probed::Crashed { stage, how: describe(status), stderr, partial },
        }
    }

    /// The child did not end in time after the wish to stop.
    fn stopped(mut self, keeps_what_it_has: bool) -> Probed<Value> {
        end(&mut self.child);
        match self.partial {
            Some(partial) if keeps_what_it_has => Probed::Answered(partial),
            Some(_) | None => Probed::NotRun(ENDED.to_owned()),
        }
    }

    /// The answer is there: what becomes of the child no longer matters, but it must end.
    fn let_end(&mut self) {
        drop(self.child.stdin.take());
        if !wait(&mut self.child, GRACE) {
            end(&mut self.child);
        }
    }
}

/// Kills the child and what it started; whether it is gone.
fn end(child: &mut Child) -> bool {
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        // Fails only where the whole group has ended.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    wait(child, GRACE)
}

/// Waits for the end of the child; whether it came in time.
fn wait(child: &mut Child, at_most: Duration) -> bool {
    let until = Instant::now() + at_most;
    let mut pause = Duration::from_micros(200);
    loop {
        match child.try_wait() {
            Ok(Some(_)) => return true,
            Ok(None) if Instant::now() < until => std::thread::sleep(pause),
            Ok(None) | Err(_) => return false,
        }
        pause = (pause * 2).min(TICK);
    }
}

/// How a process ended: `signal 11 (SIGSEGV)`, `exit code 101`.
fn describe(status: ExitStatus) -> String {
    if let Some(signal) = status.signal() {
        return match signal_name(signal) {
            Some(name) => format!("signal {signal} ({name})"),
            None => format!("signal {signal}"),
        };
    }
    match status.code() {
        Some(0) => "exit code 0, without an answer".to_owned(),
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}

/// The names of the signals that end a process; the numbers are those of x86-64 and AArch64.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
