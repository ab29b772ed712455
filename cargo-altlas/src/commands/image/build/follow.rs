//! Follows a build: everything into its log, steps onto the screen.
//!
//! On a terminal one line says what is being done; elsewhere, as in CI, every step gets a line when it
//! ends. Where a step fails, the last lines that it wrote are shown.

use crate::{files, progress::Progress};
use image_spec::{BuildEvent, EngineError};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{IsTerminal, LineWriter, Write},
    path::{Path, PathBuf},
};

/// How many lines of a failed step are shown.
const LAST_LINES: usize = 20;

/// A longer name of a step is cut on the screen; the log has all of it.
const LONGEST_NAME: usize = 100;

/// Follows one build.
pub(super) struct Follow {
    path: PathBuf,
    log: Option<LineWriter<File>>,
    progress: Option<Progress>,
    /// What each step wrote last.
    last: BTreeMap<String, String>,
    failed: Option<String>,
}

impl Follow {
    pub(super) fn begin(path: &Path) -> Self {
        let log = File::create(path);
        if let Err(error) = &log {
            let path = path.display();
            files::note_line(&format!("the log cannot be kept in `{path}`: {error}"));
        }
        let terminal = std::io::stderr().is_terminal();
        Self {
            path: path.to_owned(),
            log: log.ok().map(LineWriter::new),
            progress: terminal.then(Progress::start),
            last: BTreeMap::new(),
            failed: None,
        }
    }

    pub(super) fn event(&mut self, event: BuildEvent) {
        match event {
            BuildEvent::Began(step) => {
                self.write(&format!("{step}\n"));
                self.show(&short(&step));
            }
            BuildEvent::Said { step, text } => {
                self.write(&text);
                let last = self.last.entry(step).or_default();
                last.push_str(&text);
                if last.len() > 64 * 1024 {
                    // The end is what is shown.
                    *last = tail(last, LAST_LINES);
                }
            }
            BuildEvent::Progress { step, what, current, total } => {
                let part = if total > 0 {
                    format!(" {}%", current.saturating_mul(100) / total)
                } else {
                    String::new()
                };
                self.show(&format!(
                    "{}: {}{part}",
                    short(&step),
                    what.chars().take(20).collect::<String>()
                ));
            }
            BuildEvent::Ended { step, cached, seconds, error } => {
                let how = match &error {
                    Some(error) => format!("failed: {error}"),
                    None if cached => "cached".to_owned(),
                    None => format!("{seconds:.1} s"),
                };
                self.write(&format!("{step}: {how}\n"));
                if self.progress.is_none() && !step.starts_with("[internal]") {
                    files::note_line(&format!("{}: {how}", short(&step)));
                }
                if error.is_some() {
                    self.failed.get_or_insert(step);
                }
            }
            BuildEvent::Warning(text) => {
                self.write(&format!("warning: {text}\n"));
                files::note_line(&format!("warning: {text}"));
            }
        }
    }

    /// Ends the log, and shows what a failed step wrote.
    pub(super) fn end(mut self, error: Option<&EngineError>) {
        self.progress.take();
        if let Some(error) = error {
            self.write(&format!("error: {error}\n"));
        }
        if let Some(log) = &mut self.log
            && let Err(error) = log.flush()
        {
            files::note_line(&format!(
                "the log in `{}` is not whole: {error}",
                self.path.display()
            ));
        }
        let last = self.failed.as_ref().and_then(|step| self.last.get(step));
        if let Some(last) = last {
            files::note_line(&tail(last, LAST_LINES));
        }
        if error.is_some() {
            files::note_line(&format!("the whole log is in {}", self.path.display()));
        }
    }

    fn show(&self, words: &str) {
        if let Some(progress) = &self.progress {
            progress.step(words);
        }
    }

    fn write(&mut self, text: &str) {
        let Some(log) = &mut self.log else { return };
        // It is told at the end whether the log is whole.
        let _ = log.write_all(text.as_bytes());
    }
}

/// The first line of a step, not too long.
fn short(step: &str) -> String {
    let line = step.lines().next().unwrap_or_default();
    if line.chars().count() <= LONGEST_NAME {
        return line.to_owned();
    }
    line.chars().take(LONGEST_NAME - 1).chain(['…']).collect()
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_what_is_long() {
        assert_eq!(short("RUN a\nb"), "RUN a");
        assert_eq!(short(&"x".repeat(200)).chars().count(), LONGEST_NAME);
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("", 2), "");
    }
}
