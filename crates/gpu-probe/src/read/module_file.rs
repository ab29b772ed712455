//! A kernel module on disk: its version, its licence and who signed it, without loading it.
//!
//! A module is an ELF object whose `.modinfo` section holds `key=value` texts, each ended by a zero
//! byte, and at whose end a signature may stand. Distributions compress modules, and the driver's
//! is over 50 MB unpacked, so it is streamed through a window and never held whole.

use super::{elf, root::open_regular};
use crate::Reading::{self, Absent, Found, Unknown};
use cuda_compat::DriverVersion;
use std::{
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

/// What is read at a time.
const CHUNK: usize = 256 * 1024;

/// What is kept of the end: far more than a signature needs.
const TAIL: usize = 16 * 1024;

/// The longest `key=value` text that may be cut in two by the end of a chunk.
const OVERLAP: usize = 256;

/// No module of the driver is larger when unpacked; a larger one is a decompression bomb.
const LARGEST: u64 = 512 * 1024 * 1024;

/// What a module says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModuleFile {
    pub(crate) version: Reading<DriverVersion>,
    pub(crate) license: Reading<String>,
    pub(crate) signer: Reading<String>,
}

/// Reads a module, whatever it is compressed with.
pub(crate) fn read(path: &Path) -> ModuleFile {
    open_and_scan(path).unwrap_or_else(|error| {
        let reason = format!("`{}`: {error}", path.display());
        ModuleFile {
            version: Unknown(reason.clone()),
            license: Unknown(reason.clone()),
            signer: Unknown(reason),
        }
    })
}

fn open_and_scan(path: &Path) -> io::Result<ModuleFile> {
    let mut file = open_regular(path)?;
    let name = path.to_string_lossy();
    if name.ends_with(".zst") {
        let stream = ruzstd::decoding::StreamingDecoder::new(BufReader::new(file));
        return scan(stream.map_err(io::Error::other)?);
    }
    if name.ends_with(".xz") {
        return scan(lzma_rust2::XzReader::new(BufReader::new(file), true));
    }
    if name.ends_with(".gz") {
        return scan(flate2::read::GzDecoder::new(BufReader::new(file)));
    }
    let mut module = Scan::default();
    // In a plain file the section can be found, and nothing else has to be read but the end.
    match elf::section(&mut file, ".modinfo") {
        Ok(Some(section)) => module.take(&section),
        Ok(None) => {
            file.seek(SeekFrom::Start(0))?;
            return scan(file);
        }
        Err(error) => return Err(error),
    }
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL as u64)))?;
    let mut tail = Vec::new();
    file.take(TAIL as u64).read_to_end(&mut tail)?;
    Ok(module.finish(&tail))
}

/// What was found so far.
#[derive(Debug, Default)]
struct Scan {
    version: Option<DriverVersion>,
    license: Option<String>,
}

impl Scan {
    /// Looks for the two texts. Other sections may hold the same letters, such as a format string
    /// `version=%s`, so a value counts only where it makes sense.
    fn take(&mut self, bytes: &[u8]) {
        if self.version.is_none() {
            self.version = value_of(bytes, b"version=", |text| text.parse().ok());
        }
        if self.license.is_none() {
            self.license = value_of(bytes, b"license=", |text| {
                let is_name = |char: char| char.is_ascii_alphanumeric() || " /-+.".contains(char);
                (!text.is_empty() && text.chars().all(is_name)).then(|| text.to_owned())
            });
        }
    }

    fn finish(self, tail: &[u8]) -> ModuleFile {
        ModuleFile {
            version: self.version.into(),
            license: self.license.into(),
            signer: parse_signer(tail),
        }
    }
}

/// Reads a stream to its end through one window.
fn scan(stream: impl Read) -> io::Result<ModuleFile> {
    let mut stream = stream.take(LARGEST);
    let mut module = Scan::default();
    let mut window = Vec::with_capacity(CHUNK + TAIL);
    let mut is_first = true;
    loop {
        let kept = window.len();
        let read = (&mut stream).take(CHUNK as u64).read_to_end(&mut window)?;
        if is_first && !window.starts_with(elf::MAGIC) {
            return Err(elf::not_elf());
        }
        is_first = false;
        if read == 0 {
            break;
        }
        module.take(window.get(kept.saturating_sub(OVERLAP)..).unwrap_or_default());
        let surplus = window.len().saturating_sub(TAIL);
        window.drain(..surplus);
    }
    if stream.limit() == 0 {
        return Err(io::Error::other("it is larger than any module of the driver"));
    }
    Ok(module.finish(&window))
}

/// The value after `key` at the start of a text, where `read` makes sense of it.
fn value_of<T>(bytes: &[u8], key: &[u8], read: impl Fn(&str) -> Option<T>) -> Option<T> {
    memchr::memmem::find_iter(bytes, key).find_map(|start| {
        // `srcversion=` and `drm_version=` are other keys.
        let before = start.checked_sub(1).and_then(|before| bytes.get(before)).copied();
        if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return None;
        }
        let rest = bytes.get(start + key.len()..)?;
        let end = memchr::memchr(0, rest.get(..rest.len().min(OVERLAP))?)?;
        read(std::str::from_utf8(rest.get(..end)?).ok()?)
    })
}

const SIGNED: &[u8] = b"~Module signature appended~\n";

/// The object identifier 2.5.4.3, `commonName`, as DER writes it.
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];

/// Who signed a module, by its last bytes: a PKCS#7 message, twelve bytes of description of which
/// the last four are the length of the message, and a line that says so.
fn parse_signer(tail: &[u8]) -> Reading<String> {
    let Some(rest) = tail.strip_suffix(SIGNED) else { return Absent };
    let unreadable = || Unknown("the signature has no name that could be read".to_owned());
    let message = || {
        let length = rest.last_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes))?;
        let end = rest.len().checked_sub(12)?;
        rest.get(end.checked_sub(usize::try_from(length).ok()?)?..end)
    };
    let Some(message) = message() else { return unreadable() };
    // The last name in the message is that of the issuer of the signer's certificate.
    let Some(name) = memchr::memmem::rfind(message, COMMON_NAME) else { return unreadable() };
    let text = message.get(name + COMMON_NAME.len()..).and_then(|text| {
        let length = usize::from(*text.get(1)?);
        text.get(2..2_usize.checked_add(length)?)
    });
    text.map_or_else(unreadable, |text| Found(String::from_utf8_lossy(text).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    const MODINFO: &[u8] =
        b"firmware=nvidia/570.86.15/gsp_tu10x.bin\0srcversion=0A1B2C\0license=Dual MIT/GPL\0\
          version=570.86.15\0supported=external\0vermagic=5.15.0-130-generic SMP mod_unload\0";

    fn signature(name: &str) -> Vec<u8> {
        let mut message = vec![0x30, 0x82];
        message.extend(COMMON_NAME);
        message.extend([0x0c, u8::try_from(name.len()).unwrap()]);
        message.extend(name.as_bytes());
        message.extend([0x02, 0x01, 0x07]);
        let length = u32::try_from(message.len()).unwrap();
        message.extend([0, 0, 2, 0, 0, 0, 0, 0]);
        message.extend(length.to_be_bytes());
        message.extend(SIGNED);
        message
    }

    /// An ELF object with the two sections that matter, and much between them.
    fn module(padding: usize) -> Vec<u8> {
        let names = b"\0.shstrtab\0.modinfo\0";
        let mut file = vec![0; 64];
        file[..4].copy_from_slice(elf::MAGIC);
        file.extend(b"junk version=%s\0license=%s\0".iter().chain(&vec![7; padding]));
        let modinfo = file.len() as u64;
        file.extend(MODINFO);
        let shstrtab = file.len() as u64;
        file.extend(names);
        let table = file.len() as u64;
        for (name, offset, length) in
            [(0_u32, 0, 0), (1, shstrtab, names.len() as u64), (11, modinfo, MODINFO.len() as u64)]
        {
            let mut header = [0; 64];
            header[..4].copy_from_slice(&name.to_le_bytes());
            header[0x18..0x20].copy_from_slice(&offset.to_le_bytes());
            header[0x20..0x28].copy_from_slice(&length.to_le_bytes());
            file.extend(header);
        }
        file[0x28..0x30].copy_from_slice(&table.to_le_bytes());
        file[0x3a..0x40].copy_from_slice(&[64, 0, 3, 0, 1, 0]);
        file
    }

    fn check(name: &str, bytes: &[u8], signer: Reading<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let expected = ModuleFile {
            version: Found("570.86.15".parse().unwrap()),
            license: Found("Dual MIT/GPL".to_owned()),
            signer,
        };
        assert_eq!(read(&path), expected, "{name}");
    }

    #[test]
    fn reads_plain_modules() {
        check("nvidia.ko", &module(0), Absent);
        let mut signed = module(300_000);
        signed.extend(signature("server-1 Secure Boot Module Signature key"));
        check("nvidia.ko", &signed, Found("server-1 Secure Boot Module Signature key".to_owned()));
    }

    #[test]
    fn reads_compressed_modules() {
        let mut signed = module(CHUNK - 200);
        signed.extend(signature("Canonical Ltd. Kernel Module Signing"));
        let signer = Found("Canonical Ltd. Kernel Module Signing".to_owned());
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&signed).unwrap();
        check("nvidia.ko.gz", &gzip.finish().unwrap(), signer.clone());
        let zstd = ruzstd::encoding::compress_to_vec(
            signed.as_slice(),
            ruzstd::encoding::CompressionLevel::Fastest,
        );
        check("nvidia.ko.zst", &zstd, signer);
        check("nvidia.ko.xz", include_bytes!("module_file/nvidia.ko.xz"), Absent);
    }

    #[test]
    fn what_is_no_module_is_unknown() {
        for (name, bytes) in [
            ("nvidia.ko", b"".as_slice()),
            (
                "nvidia.ko",
                b"not an object, and long enough to be read as one, had it the magic bytes",
            ),
            ("nvidia.ko.zst", b"\x28\xb5\x2f\xfd broken"),
            ("nvidia.ko.xz", b"\xfd7zXZ\0 broken"),
            ("nvidia.ko.gz", b"\x1f\x8b broken"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            assert!(read(&path).version.unknown().is_some(), "{name} {bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(mut bytes: Vec<u8>, header in proptest::collection::vec(any::<u8>(), 60)) {
            parse_signer(&bytes);
            bytes.extend(SIGNED);
            parse_signer(&bytes);
            let folder = tempfile::tempdir().unwrap();
            for name in ["a.ko", "a.ko.zst", "a.ko.xz", "a.ko.gz"] {
                let path = folder.path().join(name);
                std::fs::write(&path, [elf::MAGIC, &header, &bytes].concat()).unwrap();
                read(&path);
            }
        }
    }
}
