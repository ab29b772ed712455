//! A blob as a stream that checks its digest.

use crate::digest::written;
use sha2::{Digest as _, Sha256};
use std::{
    fmt,
    io::{self, Read},
};

/// A blob that is being read. Its last read fails where its digest is not the one it was asked by, so
/// whoever reads to the end has the right bytes.
pub struct Blob {
    reader: Box<dyn Read>,
    size: Option<u64>,
    expected: String,
    hasher: Option<Sha256>,
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob").field("size", &self.size).field("digest", &self.expected).finish()
    }
}

impl Blob {
    pub(super) fn new(size: Option<u64>, reader: Box<dyn Read>, digest: &str) -> Self {
        Self { reader, size, expected: digest.to_owned(), hasher: Some(Sha256::new()) }
    }

    /// How many bytes the registry says it has.
    pub fn size(&self) -> Option<u64> {
        self.size
    }
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if count > 0 {
            if let Some(hasher) = &mut self.hasher {
                hasher.update(buffer.get(..count).unwrap_or_default());
            }
            return Ok(count);
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        let Some(hasher) = self.hasher.take() else { return Ok(0) };
        let got = written(hasher);
        if self.expected.starts_with("sha256:") && got != self.expected {
            let message =
                format!("the registry sent `{got}` where `{}` was asked for", self.expected);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;

    #[test]
    fn ends_well_only_with_the_right_bytes() {
        let read = |digest: &str| {
            let mut bytes = Vec::new();
            Blob::new(None, Box::new(&b"layer"[..]), digest).read_to_end(&mut bytes).map(|_| bytes)
        };
        assert_eq!(read(&sha256(b"layer")).unwrap(), b"layer");
        assert_eq!(read(&sha256(b"other")).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
