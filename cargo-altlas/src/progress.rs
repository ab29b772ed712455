//! Tells on standard error what takes long: nothing in the first second, then one line that says
//! what is being done and for how long.

use std::{
    io::{IsTerminal, Write},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// A longer line would wrap and could not be overwritten.
const WIDTH: usize = 79;

/// How long a command may take in silence.
const SILENCE: Duration = Duration::from_secs(1);

/// A watch over the steps of one command; ends its line when dropped.
pub(crate) struct Progress {
    step: Arc<Mutex<String>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    pub(crate) fn start() -> Self {
        let step = Arc::new(Mutex::new("starting".to_owned()));
        let (stop, stopped) = channel();
        let shared = Arc::clone(&step);
        let thread = std::thread::spawn(move || watch(&shared, &stopped));
        Self { step, stop: Some(stop), thread: Some(thread) }
    }

    /// Names what is being done now: a few words, and behind a colon what changes often.
    pub(crate) fn step(&self, words: &str) {
        if let Ok(mut step) = self.step.lock() {
            words.clone_into(&mut step);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // The thread only prints; there is nothing to learn from how it ended.
            let _ = thread.join();
        }
    }
}

fn watch(step: &Mutex<String>, stopped: &Receiver<()>) {
    let started = Instant::now();
    let terminal = std::io::stderr().is_terminal();
    let mut told = String::new();
    let mut width = 0;
    while stopped.recv_timeout(SILENCE / 4) == Err(RecvTimeoutError::Timeout) {
        let Ok(words) = step.lock().map(|step| step.clone()) else { return };
        if started.elapsed() < SILENCE {
            continue;
        }
        let mut err = std::io::stderr().lock();
        if terminal {
            let line = format!("{words} ({} s)", started.elapsed().as_secs());
            let line: String = line.chars().take(WIDTH).collect();
            let _ = write!(err, "\r{line:width$}");
            width = line.chars().count();
        } else {
            // A log wants a line for each step, not for each of its parts.
            let head = words.split(':').next().unwrap_or_default();
            if told != head {
                let _ = writeln!(err, "{head} …");
                head.clone_into(&mut told);
            }
        }
        let _ = err.flush();
    }
    if terminal && width > 0 {
        let _ = write!(std::io::stderr(), "\r{:width$}\r", "");
    }
}
