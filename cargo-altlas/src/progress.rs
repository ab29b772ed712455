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

/// How long a step may take in silence.
const SILENCE: Duration = Duration::from_secs(1);

/// A watch over the steps of one command; ends its line when dropped.
pub(crate) struct Progress {
    step: Arc<Mutex<(String, Instant)>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    pub(crate) fn start() -> Self {
        let step = Arc::new(Mutex::new(("starting".to_owned(), Instant::now())));
        let (stop, stopped) = channel();
        let shared = Arc::clone(&step);
        let thread = std::thread::spawn(move || watch(&shared, &stopped));
        Self { step, stop: Some(stop), thread: Some(thread) }
    }

    /// Names what is being done now.
    pub(crate) fn step(&self, words: &str) {
        if let Ok(mut step) = self.step.lock() {
            *step = (words.to_owned(), Instant::now());
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

fn watch(step: &Mutex<(String, Instant)>, stopped: &Receiver<()>) {
    let terminal = std::io::stderr().is_terminal();
    let mut told = String::new();
    let mut width = 0;
    while stopped.recv_timeout(SILENCE / 4) == Err(RecvTimeoutError::Timeout) {
        let Ok((words, since)) = step.lock().map(|step| step.clone()) else { return };
        if since.elapsed() < SILENCE {
            continue;
        }
        let mut err = std::io::stderr().lock();
        if terminal {
            let line = format!("{words} ({} s)", since.elapsed().as_secs());
            let _ = write!(err, "\r{line:width$}");
            width = line.chars().count();
        } else if told != words {
            let _ = writeln!(err, "{words} …");
            told = words;
        }
        let _ = err.flush();
    }
    if terminal && width > 0 {
        let _ = write!(std::io::stderr(), "\r{:width$}\r", "");
    }
}
