//! The context as a tar stream, written by a thread while the engine reads.

use super::{Context, ContextError, Entry, Kind};
use bytes::Bytes;
use std::{
    fs::File,
    io::{self, BufWriter, Read, Write},
    thread::JoinHandle,
};
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many pieces may wait for the engine.
const WAITING: usize = 8;
const PIECE: usize = 256 * 1024;

/// Starts to write the archive. The thread ends when all is read, or the receiver is dropped; an error
/// also goes down the channel, so that the engine does not take half an archive for a whole one.
pub(in super::super) fn send(
    context: Context,
) -> (Receiver<io::Result<Bytes>>, JoinHandle<Result<(), ContextError>>) {
    let (sender, receiver) = channel(WAITING);
    let thread = std::thread::spawn(move || {
        let written = write(&context, Pipe { sender: sender.clone() });
        if written.is_err() {
            let broken = io::Error::other("the build context could not be read to its end");
            // Where nobody listens any more, nobody needs to know.
            let _ = sender.blocking_send(Err(broken));
        }
        written
    });
    (receiver, thread)
}

struct Pipe {
    sender: Sender<io::Result<Bytes>>,
}

impl Write for Pipe {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(buffer);
        self.sender.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(context: &Context, to: impl Write) -> Result<(), ContextError> {
    let mut archive = Builder::new(BufWriter::with_capacity(PIECE, to));
    let sent = |result: io::Result<()>| match result {
        // The engine does not want more: its answer says why.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(source) => Err(ContextError::Read { path: context.root.clone(), source }),
        Ok(()) => Ok(true),
    };
    for (path, text) in &context.texts {
        let mut header = header(EntryType::Regular, 0o644);
        header.set_size(u64::try_from(text.len()).unwrap_or(u64::MAX));
        if !sent(archive.append_data(&mut header, path, text.as_bytes()))? {
            return Ok(());
        }
    }
    for entry in &context.entries {
        match append(context, entry, &mut archive) {
            Ok(()) => {}
            Err(ContextError::Read { source, .. })
                if source.kind() == io::ErrorKind::BrokenPipe =>
            {
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
    let mut rest = match archive.into_inner() {
        Ok(rest) => rest,
        Err(error) => return sent(Err(error)).map(|_| ()),
    };
    sent(rest.flush()).map(|_| ())
}

fn append(
    context: &Context,
    entry: &Entry,
    archive: &mut Builder<impl Write>,
) -> Result<(), ContextError> {
    let whole = context.root.join(&entry.path);
    let read = |source| ContextError::Read { path: whole.clone(), source };
    match &entry.kind {
        Kind::Folder => {
            let mode = mode(&std::fs::metadata(&whole).map_err(read)?);
            let mut header = header(EntryType::Directory, mode);
            archive.append_data(&mut header, &entry.path, io::empty()).map_err(read)
        }
        Kind::Link { target } => {
            let mut header = header(EntryType::Symlink, 0o777);
            archive.append_link(&mut header, &entry.path, target).map_err(read)
        }
        Kind::File { size } => {
            let file = File::open(&whole).map_err(read)?;
            let metadata = file.metadata().map_err(read)?;
            let mut header = header(EntryType::Regular, mode(&metadata));
            if let Some(seconds) = seconds(&metadata) {
                header.set_mtime(seconds);
            }
            header.set_size(*size);
            let mut counted = Counted { inner: file.take(*size), left: *size };
            let appended = archive.append_data(&mut header, &entry.path, &mut counted);
            if counted.left > 0 && appended.is_ok() || metadata.len() != *size {
                return Err(ContextError::Changed(entry.path.clone()));
            }
            appended.map_err(read)
        }
    }
}

/// Counts what is still to come.
struct Counted<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

/// Owned by root, as `docker build` does it: who owns a file here says nothing about the image.
fn header(kind: EntryType, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777
}

#[cfg(not(unix))]
fn mode(_: &std::fs::Metadata) -> u32 {
    0o755
}

fn seconds(metadata: &std::fs::Metadata) -> Option<u64> {
    let since = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn archive(context: Context) -> (Vec<u8>, Result<(), ContextError>) {
        let (mut receiver, thread) = send(context);
        let mut bytes = Vec::new();
        while let Some(piece) = receiver.blocking_recv() {
            bytes.extend_from_slice(&piece.unwrap_or_default());
        }
        (bytes, thread.join().unwrap())
    }

    #[test]
    fn sends_files_folders_links_and_the_dockerfile() {
        let folder = tempfile::tempdir().unwrap();
        let long = "n".repeat(120);
        std::fs::create_dir(folder.path().join("app")).unwrap();
        std::fs::write(folder.path().join("app").join(&long), vec![7; 700_000]).unwrap();
        std::os::unix::fs::symlink(&long, folder.path().join("app/link")).unwrap();
        std::fs::write(folder.path().join("test.sh"), "old").unwrap();
        let rendered = [("test.sh".into(), "rendered".to_owned())].into();
        let context = Context::read_with(folder.path(), None, "FROM scratch\n", &rendered).unwrap();
        let (bytes, written) = archive(context);
        assert!(written.is_ok());
        let mut read = tar::Archive::new(bytes.as_slice());
        let entries: Vec<(String, u64)> = read
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.path().unwrap().display().to_string(), entry.size())
            })
            .collect();
        let expected = [
            (".altlas.Dockerfile".to_owned(), 13),
            ("test.sh".to_owned(), 8),
            ("app".to_owned(), 0),
            ("app/link".to_owned(), 0),
            (format!("app/{long}"), 700_000),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn says_that_a_file_changed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("log"), "12345").unwrap();
        let context = Context::read(folder.path(), None, "").unwrap();
        std::fs::write(folder.path().join("log"), "1").unwrap();
        let (_, written) = archive(context);
        assert!(matches!(written, Err(ContextError::Changed(path)) if path == Path::new("log")));
    }
}
