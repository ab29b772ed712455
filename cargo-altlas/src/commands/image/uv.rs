//! The program uv: finding it, and running it with a deadline.
#![expect(clippy::disallowed_methods, reason = "uv runs here, with a deadline")]

use crate::{environment, exit::Failure};
use clap::Args;
use std::{
    io::{Read, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Options of the commands that resolve requirements.
#[derive(Debug, Clone, Args)]
pub(crate) struct UvArgs {
    /// The program uv [default: the one on `PATH` or in `~/.local/bin`]
    #[arg(long, value_name = "FILE")]
    uv: Option<PathBuf>,

    /// Let uv run the build of packages that have no wheel, on this machine, to learn what they need
    #[arg(long)]
    pub(crate) build: bool,

    /// How many seconds one resolution may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=7200))]
    resolve_deadline: u32,
}

/// The program uv.
pub(crate) struct Uv {
    program: PathBuf,
    deadline: Duration,
    stop: Arc<AtomicBool>,
}

/// What uv answered.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    /// What it wrote to standard error.
    pub(crate) said: String,
}

/// A lock of hundreds of packages is below 1 MiB, and so is what uv says.
const LONGEST: u64 = 64 * 1024 * 1024;

/// How often it is looked whether uv has ended.
const PAUSE: Duration = Duration::from_millis(10);

impl Uv {
    /// Finds uv. From here on Ctrl-C ends it, and then this program.
    pub(crate) fn find(args: &UvArgs) -> Result<Self, Failure> {
        let program = match &args.uv {
            Some(named) if named.is_file() => {
                std::path::absolute(named).unwrap_or_else(|_| named.clone())
            }
            Some(named) => {
                let named = named.display();
                return Err(Failure::usage(anyhow::anyhow!("there is no program `{named}`")));
            }
            None => on_path(&environment::program_folders()).ok_or_else(|| {
                Failure::could_not(anyhow::anyhow!(
                    "could not resolve: the program `uv` is neither on `PATH` nor in \
                     `~/.local/bin`; install it with `pip install uv`, or name it with `--uv FILE`"
                ))
            })?,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&stop);
        // Without a handler Ctrl-C ends this program at once; uv then ends when it next writes.
        let _ = ctrlc::set_handler(move || shared.store(true, Ordering::Relaxed));
        let deadline = Duration::from_secs(args.resolve_deadline.into());
        Ok(Self { program, deadline, stop })
    }

    /// Runs uv in `folder`. The error says why there is no answer.
    pub(crate) fn ask(
        &self,
        folder: &Path,
        arguments: &[String],
        input: &str,
    ) -> anyhow::Result<Answer> {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // What uv starts itself ends with it.
            .process_group(0)
            .spawn()
            .map_err(|error| {
                anyhow::anyhow!("could not start `{}`: {error}", self.program.display())
            })?;
        let writer = child.stdin.take().map(|mut pipe| {
            let input = input.to_owned();
            // uv may end without reading all of it.
            std::thread::spawn(move || drop(pipe.write_all(input.as_bytes())))
        });
        let said = child.stderr.take().map(read);
        let status = self.wait(&mut child);
        if let Some(writer) = writer {
            let _ = writer.join();
        }
        let said = said.and_then(|said| said.join().ok()).unwrap_or_default();
        Ok(Answer { code: status?.code(), said })
    }

    fn wait(&self, child: &mut Child) -> anyhow::Result<ExitStatus> {
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            let interrupted = self.stop.load(Ordering::Relaxed);
            if interrupted || started.elapsed() > self.deadline {
                end(child);
                if interrupted {
                    anyhow::bail!("the resolution was interrupted");
                }
                let seconds = self.deadline.as_secs();
                anyhow::bail!(
                    "uv did not end within {seconds} s; `--resolve-deadline` gives it longer"
                );
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Whether the user wants to stop.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is kept.
        let _ = pipe.by_ref().take(LONGEST).read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Ends uv and all that it started.
fn end(child: &mut Child) {
    if let Some(group) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        // It may have ended by itself in between.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}

fn on_path(folders: &[PathBuf]) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let mut programs = folders.iter().map(|folder| folder.join("uv"));
    programs.find(|program| {
        std::fs::metadata(program)
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}
