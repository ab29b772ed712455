//! Every byte that the program writes, and foreign files that it reads: one place for closed
//! pipes, half-written files and files that are not what they should be.

use anyhow::Context;
use std::{
    io::{self, Read, Write},
    path::Path,
};

/// Writes to standard output, with colour only where the terminal shows it.
///
/// # Errors
/// Where standard output is closed or full.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("standard output")
}

/// Writes one error with its causes to standard error.
pub(crate) fn error_line(error: &anyhow::Error) {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let mut out = anstream::stderr().lock();
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(out, "{red}error{red:#}: {error:#}");
}

/// Writes a remark to standard error.
pub(crate) fn note_line(text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = writeln!(out, "{text}");
}

/// Whether an error is only that the reader of our output went away, as in `… | head`.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Writes a file so that a reader sees the old content or the new, never half: into a new file
/// beside it, then renamed. A device or pipe (`/dev/stdout`) is written to directly.
///
/// # Errors
/// With the path, where the file cannot be written.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_whole(path, bytes).with_context(|| format!("could not write `{}`", path.display()))
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays a link: what it leads to is written.
    let target = std::fs::canonicalize(path);
    let path = target.as_deref().unwrap_or(path);
    let is_special = std::fs::metadata(path).is_ok_and(|found| !found.is_file());
    if is_special {
        return std::fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // The name of the new file means nothing to anybody: only what went wrong is told.
    let mut file = tempfile::Builder::new()
        .permissions(readable())
        .tempfile_in(folder)
        .map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// A report is for reading: the file gets the usual permissions and not those of a secret.
fn readable() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

/// Reads a file of at most `limit` bytes; `-` is standard input.
///
/// # Errors
/// With the path, where it is a folder, a pipe that nobody writes to, too large or cannot be read.
pub(crate) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Opening a pipe would wait for somebody who writes; for those of the shell's `<(…)` and
    // `/dev/stdin` somebody does.
    let is_special = path != Path::new("-")
        && !path.starts_with("/dev")
        && !path.starts_with("/proc")
        && std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    if is_special {
        anyhow::bail!("`{}` is not a regular file", path.display());
    }
    let read = if path == Path::new("-") {
        io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("could not read `{}`", path.display()))?;
    if bytes.len() as u64 > limit {
        anyhow::bail!("`{}` is larger than {} MiB", path.display(), limit / (1024 * 1024));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Dockerfile");
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = read(&path, 1).unwrap_err().to_string();
        assert!(error.ends_with("is not a regular file"), "{error}");
        assert_eq!(read(Path::new("/dev/null"), 1).unwrap(), b"");
    }
}
