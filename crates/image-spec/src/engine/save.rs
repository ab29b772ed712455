//! An image of the engine as a stream: what `docker save` writes.

use super::{ContainerEngine, EngineError};
use bytes::Bytes;
use futures_util::StreamExt;
use std::{
    io::{self, Read},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

/// How many pieces of the stream may wait for the reader.
const WAITING: usize = 16;

impl ContainerEngine {
    /// Hands the archive of an image to `read` while the engine sends it; nothing is kept.
    ///
    /// # Errors
    /// Where the engine does not answer, stops in the middle, or the user wants to stop.
    pub fn save<T>(
        &self,
        name: &str,
        read: impl FnOnce(&mut dyn Read) -> T,
    ) -> Result<T, EngineError> {
        let (sender, receiver) = sync_channel(WAITING);
        std::thread::scope(|scope| {
            let sending = scope.spawn(move || self.send(name, &sender));
            let result = read(&mut Pieces { receiver, current: Bytes::new() });
            let sent = sending.join().unwrap_or_else(|_| {
                Err(EngineError::Says {
                    doing: "while it sends an image",
                    message: "the thread that reads ended early".to_owned(),
                })
            });
            sent.map(|()| result)
        })
    }

    fn send(&self, name: &str, sender: &SyncSender<Bytes>) -> Result<(), EngineError> {
        self.runtime.block_on(async {
            let mut stream = std::pin::pin!(self.docker.export_image(name));
            loop {
                let Some(next) = self.unless_stopped(stream.next()).await else {
                    return Err(EngineError::Stopped("while an image was read"));
                };
                match next {
                    None => return Ok(()),
                    Some(Err(error)) => return Err(self.error(&error, "while it sends an image")),
                    // The reader has read enough, or failed and says so itself.
                    Some(Ok(piece)) if sender.send(piece.clone()).is_err() => return Ok(()),
                    Some(Ok(_)) => {}
                }
            }
        })
    }
}

/// The pieces of a stream, one after the other.
struct Pieces {
    receiver: Receiver<Bytes>,
    current: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.recv() {
                Ok(piece) => self.current = piece,
                Err(_) => return Ok(0),
            }
        }
        let count = into.len().min(self.current.len());
        let piece = self.current.split_to(count);
        into[..count].copy_from_slice(&piece);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_in_their_order() {
        let (sender, receiver) = sync_channel(WAITING);
        for piece in ["ab", "", "cde"] {
            sender.send(Bytes::from(piece)).unwrap();
        }
        drop(sender);
        let mut text = String::new();
        let mut pieces = Pieces { receiver, current: Bytes::new() };
        pieces.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abcde");
        assert_eq!(pieces.read(&mut [0; 4]).unwrap(), 0);
    }
}
