//! One layer, read as a stream.

use crate::{
    Entry, ImageError, Kind, Want,
    entry::{self},
};
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, BufReader, Read};

/// More entries than that has no image.
const MOST_ENTRIES: usize = 5_000_000;

/// What a layer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The digest of its bytes as they were read, such as `sha256:…`.
    pub digest: String,
    /// How many bytes were read: compressed, where it is compressed.
    pub read: u64,
    /// Its entries, in their order.
    pub entries: Vec<Entry>,
}

impl Layer {
    /// The sum of the sizes of its files.
    pub fn size(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size).sum()
    }
}

/// Reads a layer: a tar file, plain or compressed with gzip or zstd. `name` is for errors.
///
/// # Errors
/// Where it ends early or is something else.
pub fn read_layer(name: &str, source: impl Read, want: &Want<'_>) -> Result<Layer, ImageError> {
    let broken = |source| ImageError::Layer { name: name.to_owned(), source };
    let mut counted = Counted { source, hash: Sha256::new(), read: 0 };
    let entries = {
        let mut buffered = BufReader::with_capacity(64 * 1024, &mut counted);
        let start = buffered.fill_buf().map_err(broken)?.to_vec();
        let entries = match start.as_slice() {
            [0x1f, 0x8b, ..] => {
                let mut plain = flate2::bufread::MultiGzDecoder::new(&mut buffered);
                let entries = entries(name, &mut plain, want)?;
                io::copy(&mut plain, &mut io::sink()).map_err(broken)?;
                entries
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                let mut plain = ruzstd::decoding::StreamingDecoder::new(&mut buffered)
                    .map_err(|error| broken(io::Error::other(error.to_string())))?;
                let entries = entries(name, &mut plain, want)?;
                io::copy(&mut plain, &mut io::sink()).map_err(broken)?;
                entries
            }
            _ => entries(name, &mut buffered, want)?,
        };
        // The digest is that of all bytes, also of those behind the end of the tar file.
        io::copy(&mut buffered, &mut io::sink()).map_err(broken)?;
        entries
    };
    let digest = format!("sha256:{}", hex(&counted.hash.finalize()));
    Ok(Layer { digest, read: counted.read, entries })
}

fn entries(name: &str, plain: impl Read, want: &Want<'_>) -> Result<Vec<Entry>, ImageError> {
    let broken = |source| ImageError::Layer { name: name.to_owned(), source };
    let mut archive = tar::Archive::new(plain);
    let mut found = Vec::new();
    for item in archive.entries().map_err(broken)? {
        let mut item = item.map_err(broken)?;
        let written = String::from_utf8_lossy(&item.path_bytes()).into_owned();
        let Some((path, removal)) = entry::normal(&written) else { continue };
        if found.len() >= MOST_ENTRIES {
            return Err(ImageError::TooMany { name: name.to_owned(), most: MOST_ENTRIES });
        }
        let kind = removal.unwrap_or_else(|| kind(&item));
        let size = if kind == Kind::File { item.size() } else { 0 };
        let mut content = None;
        if kind == Kind::File && want.takes(&path, size) {
            let mut bytes = Vec::new();
            item.read_to_end(&mut bytes).map_err(broken)?;
            if u64::try_from(bytes.len()) != Ok(size) {
                return Err(broken(io::ErrorKind::UnexpectedEof.into()));
            }
            content = Some(bytes);
        }
        found.push(Entry { path, kind, size, content });
    }
    Ok(found)
}

fn kind<R: Read>(item: &tar::Entry<'_, R>) -> Kind {
    let target = || {
        let bytes = item.link_name_bytes().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    match item.header().entry_type() {
        tar::EntryType::Directory => Kind::Folder,
        tar::EntryType::Symlink => Kind::Link(target()),
        tar::EntryType::Link => {
            Kind::HardLink(entry::normal(&target()).map_or_else(target, |(path, _)| path))
        }
        tar::EntryType::Char | tar::EntryType::Block | tar::EntryType::Fifo => Kind::Special,
        _ => Kind::File,
    }
}

/// Counts and hashes what goes through.
struct Counted<R> {
    source: R,
    hash: Sha256,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        self.hash.update(&into[..read]);
        self.read += read as u64;
        Ok(read)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod example {
    /// A tar file with these files; a path that ends in `/` is a folder, and a text that begins with
    /// `->` is a link.
    pub(crate) fn tar(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            if path.ends_with('/') {
                header.set_entry_type(tar::EntryType::Directory);
                header.set_size(0);
                builder.append_data(&mut header, path, std::io::empty()).unwrap();
            } else if let Some(target) = text.strip_prefix("->") {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_size(0);
                builder.append_link(&mut header, path, target).unwrap();
            } else {
                header.set_size(text.len() as u64);
                builder.append_data(&mut header, path, text.as_bytes()).unwrap();
            }
        }
        builder.into_inner().unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    #[test]
    fn reads_every_compression() {
        let plain =
            example::tar(&[("etc/", ""), ("etc/os-release", "ID=ubuntu\n"), ("bin", "->usr/bin")]);
        let want = Want::new(|path| path == "etc/os-release", 100);
        for bytes in [plain.clone(), gzip(&plain), zstd(&plain)] {
            let layer = read_layer("x", bytes.as_slice(), &want).unwrap();
            assert_eq!(layer.read, bytes.len() as u64);
            assert_eq!(layer.digest, format!("sha256:{}", hex(&Sha256::digest(&bytes))));
            let kinds: Vec<_> = layer.entries.iter().map(|entry| entry.kind.clone()).collect();
            assert_eq!(kinds, [Kind::Folder, Kind::File, Kind::Link("usr/bin".to_owned())]);
            assert_eq!(layer.entries[1].content.as_deref(), Some("ID=ubuntu\n".as_bytes()));
            assert_eq!(layer.size(), 10);
        }
    }

    #[test]
    fn a_layer_that_ends_early_is_an_error() {
        let plain = example::tar(&[("a", &"x".repeat(5000)), ("b", &"y".repeat(5000))]);
        for bytes in [plain.clone(), gzip(&plain), zstd(&plain)] {
            let half = &bytes[..bytes.len() / 2];
            let want = Want::new(|_| true, 1 << 20);
            assert!(read_layer("x", half, &want).is_err());
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let _ = read_layer("x", bytes.as_slice(), &Want::new(|_| true, 1 << 20));
        }
    }
}
