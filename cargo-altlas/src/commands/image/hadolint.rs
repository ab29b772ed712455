//! The findings of hadolint, where it is installed, in the same report.
#![expect(clippy::disallowed_methods, reason = "hadolint runs here, with a deadline")]

use crate::{
    config::Level,
    finding::{Finding, Place},
    hadolint, levels,
};
use gpu_probe::{Fix, Unlooked};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    io::Read,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// It needs tens of milliseconds a file; what takes longer than this hangs.
const DEADLINE: Duration = Duration::from_secs(60);
/// How much of its answer is read.
const LONGEST: u64 = 64 * 1024 * 1024;
const PAUSE: Duration = Duration::from_millis(5);

/// One finding as `hadolint --format json` writes it.
#[derive(Debug, Deserialize)]
struct Said {
    code: String,
    column: u32,
    file: String,
    level: String,
    line: u32,
    message: String,
}

/// The program, in the first of the folders that has it.
pub(super) fn find(folders: &[PathBuf]) -> Option<PathBuf> {
    folders.iter().map(|folder| folder.join("hadolint")).find(|program| {
        std::fs::metadata(program)
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}

/// What hadolint finds in those files, with the levels of the config.
pub(super) fn look(
    program: &Path,
    files: &[&Path],
    overrides: &BTreeMap<String, Level>,
) -> Result<Vec<Finding>, Unlooked> {
    let said = ask(program, files, DEADLINE)
        .and_then(|text| read(&text))
        .map_err(|reason| Unlooked { what: "the findings of hadolint".to_owned(), reason })?;
    Ok(said.into_iter().filter_map(|said| finding(said, overrides)).collect())
}

fn read(text: &str) -> Result<Vec<Said>, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("the answer of hadolint is no JSON: {error}"))
}

fn finding(said: Said, overrides: &BTreeMap<String, Level>) -> Option<Finding> {
    let code = hadolint::code(&said.code)?;
    let level = match said.level.as_str() {
        "error" => Level::Error,
        "warning" => Level::Warning,
        // `info` and `style`.
        _ => Level::Note,
    };
    Some(Finding {
        code,
        level: levels::overridden(code, level, overrides),
        message: said.message.trim_end_matches('.').to_owned(),
        place: Place::Line { path: said.file, line: said.line, column: said.column },
        help: vec![Fix { text: format!("see {}", hadolint::page(&said.code)), command: None }],
        follows_from: None,
        data: serde_json::Value::Null,
        accepted: None,
    })
}

/// Runs it and hands back what it wrote. The error says why there is no answer.
fn ask(program: &Path, files: &[&Path], deadline: Duration) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(["--no-fail", "--format", "json", "--"])
        .args(files)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("could not start `{}`: {error}", program.display()))?;
    let answer = child.stdout.take().map(listen);
    let complaint = child.stderr.take().map(listen);
    let ended = wait(&mut child, deadline);
    let text = |heard: Option<JoinHandle<String>>| {
        heard.and_then(|heard| heard.join().ok()).unwrap_or_default()
    };
    let (answer, complaint) = (text(answer), text(complaint));
    if ended? {
        return Ok(answer);
    }
    let complaint = complaint.lines().next().unwrap_or("it said nothing").to_owned();
    Err(format!("hadolint failed: {complaint}"))
}

/// Whether it ended well.
fn wait(child: &mut Child, deadline: Duration) -> Result<bool, String> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if started.elapsed() < deadline => std::thread::sleep(PAUSE),
            Ok(None) => {
                end(child);
                return Err(format!("hadolint did not end within {} s", deadline.as_secs()));
            }
            Err(error) => {
                end(child);
                return Err(format!("could not wait for hadolint: {error}"));
            }
        }
    }
}

/// Ends it and all that it started, so that its pipes close.
fn end(child: &mut Child) {
    if let Some(group) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        // It may have ended by itself in between.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}

fn listen(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is kept.
        let _ = pipe.by_ref().take(LONGEST).read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_hadolint_writes() {
        let check = |text: &str, expected: Option<(&str, Level)>| {
            let said = read(text).unwrap();
            let found = said.into_iter().filter_map(|said| finding(said, &BTreeMap::new())).next();
            assert_eq!(found.map(|found| (found.code, found.level)), expected, "{text}");
        };
        let text = |code: &str, level: &str| {
            format!(
                r#"[{{"code":"{code}","column":1,"file":"Dockerfile","level":"{level}","line":2,"message":"m"}}]"#
            )
        };
        check(&text("DL3008", "warning"), Some(("hadolint/DL3008", Level::Warning)));
        check(&text("SC2086", "style"), Some(("hadolint/SC2086", Level::Note)));
        check(&text("DL1000", "error"), Some(("hadolint/DL1000", Level::Error)));
        check(&text("a b", "error"), None);
        check("[]", None);
        assert!(read("Segmentation fault").is_err());
    }

    #[test]
    fn a_program_that_fails_or_hangs_is_no_answer() {
        let file = [Path::new("Dockerfile")];
        let of = |program: &str, deadline| ask(Path::new(program), &file, deadline);
        let second = Duration::from_secs(1);
        assert!(of("/nonexistent/hadolint", second).unwrap_err().starts_with("could not start"));
        assert!(of("/bin/false", second).unwrap_err().starts_with("hadolint failed"));
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("hadolint");
        std::fs::write(&program, "#!/bin/sh\nsleep 60 & sleep 60\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let hung = ask(&program, &file, Duration::from_millis(100)).unwrap_err();
        assert_eq!(hung, "hadolint did not end within 0 s");
        assert_eq!(find(&[PathBuf::from("/nonexistent"), folder.path().to_owned()]), Some(program));
    }
}
