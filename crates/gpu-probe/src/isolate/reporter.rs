//! The child's side: says where it is and what it found.

use super::line::{Line, write_line};
use serde::Serialize;
use std::{
    io::{self, Read, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Writes to the parent. Shared between the threads that work on several GPUs.
pub(crate) struct Reporter<'a> {
    out: Mutex<Out<'a>>,
    stop: Arc<AtomicBool>,
}

struct Out<'a> {
    writer: &'a mut (dyn Write + Send),
    failed: Option<io::Error>,
}

impl<'a> Reporter<'a> {
    pub(crate) fn new(writer: &'a mut (dyn Write + Send)) -> Self {
        let out = Mutex::new(Out { writer, failed: None });
        Self { out, stop: Arc::new(AtomicBool::new(false)) }
    }

    /// A thread's own line of stages; the parent's deadline counts for each lane alone.
    pub(crate) fn lane(&self, number: u32) -> Lane<'_, 'a> {
        Lane { reporter: self, number }
    }

    /// What the answer would be if the run ended now; write it so that it says what is missing,
    /// since it is used only where the run was stopped, hung or crashed.
    pub(crate) fn partial<T: Serialize>(&self, value: &T) {
        self.value(value, Line::Partial);
    }

    /// The answer. Nothing that follows counts.
    pub(crate) fn answer<T: Serialize>(&self, value: &T) {
        self.value(value, Line::Answer);
    }

    /// Whether the parent wishes an early end (or is gone).
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// From now on the end of standard input is the wish to stop.
    pub(crate) fn stop_when_input_closes(&self) {
        let stop = Arc::clone(&self.stop);
        let wait = move || {
            let mut buffer = [0; 64];
            while matches!(io::stdin().read(&mut buffer), Ok(1..)) {}
            stop.store(true, Ordering::Relaxed);
        };
        // Without the thread the run still ends, at the latest when the parent kills it.
        let _ = std::thread::Builder::new().spawn(wait);
    }

    /// Whether everything reached the parent.
    pub(crate) fn finish(self) -> io::Result<()> {
        let out = self.out.into_inner().unwrap_or_else(PoisonError::into_inner);
        out.failed.map_or(Ok(()), Err)
    }

    fn value<T: Serialize>(&self, value: &T, line: fn(serde_json::Value) -> Line) {
        match serde_json::to_value(value) {
            Ok(value) => self.line(line(value)),
            Err(error) => self.fail(error.into()),
        }
    }

    fn line(&self, line: Line) {
        // A library may have left an unfinished line in the pipe: ours begins on a new one.
        let text = format!("\n{}\n", write_line(line));
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let written = out.writer.write_all(text.as_bytes()).and_then(|()| out.writer.flush());
        drop(out);
        if let Err(error) = written {
            self.fail(error);
        }
    }

    fn fail(&self, error: io::Error) {
        self.stop.store(true, Ordering::Relaxed);
        self.out.lock().unwrap_or_else(PoisonError::into_inner).failed.get_or_insert(error);
    }
}

/// One thread's stages. Dropping it says that the thread is through.
pub(crate) struct Lane<'r, 'w> {
    reporter: &'r Reporter<'w>,
    number: u32,
}

impl Lane<'_, '_> {
    /// Say this before a call that may block: `nvmlInit_v2`, `cuLaunchKernel(2)`.
    pub(crate) fn stage(&self, name: &str) {
        self.reporter.line(Line::Stage { name: name.to_owned(), lane: self.number });
    }
}

impl Drop for Lane<'_, '_> {
    fn drop(&mut self) {
        self.reporter.line(Line::Left(self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_lines() {
        let mut out = Vec::new();
        let reporter = Reporter::new(&mut out);
        {
            let lane = reporter.lane(1);
            lane.stage("cuInit");
        }
        reporter.answer(&[1, 2]);
        reporter.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(
            lines,
            [r#"{"stage":"cuInit","lane":1}"#, r#"{"left":1}"#, r#"{"answer":[1,2]}"#]
        );
    }

    #[test]
    fn a_parent_that_is_gone_is_a_wish_to_stop() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut gone = Gone;
        let reporter = Reporter::new(&mut gone);
        reporter.lane(0).stage("cuInit");
        assert!(reporter.stopped());
        assert_eq!(reporter.finish().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
