//! Wheels that hold nothing but their METADATA, and a package index that serves them.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
};

/// Writes a wheel that needs these requirements into `folder`.
pub(super) fn write(folder: &Path, name: &str, version: &str, tags: &str, needs: &[&str]) {
    let needs: String = needs.iter().map(|need| format!("Requires-Dist: {need}\n")).collect();
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}");
    let info = format!("{name}-{version}.dist-info");
    let wheel =
        format!("Wheel-Version: 1.0\nGenerator: altlas\nRoot-Is-Purelib: true\nTag: {tags}\n");
    let files = [
        (format!("{info}/METADATA"), metadata),
        (format!("{info}/WHEEL"), wheel),
        (format!("{info}/RECORD"), String::new()),
    ];
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(format!("{name}-{version}-{tags}.whl")), zip(&files)).unwrap();
}

/// A ZIP archive without compression.
fn zip(files: &[(String, String)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let offset = u32::try_from(archive.len()).unwrap();
        let size = u32::try_from(content.len()).unwrap().to_le_bytes();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        // Version 2.0, no flags, stored, 1980-01-01.
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc32(content.as_bytes()).to_le_bytes());
        common.extend(size);
        common.extend(size);
        common.extend(length);
        common.extend([0, 0]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(name.as_bytes());
        archive.extend(content.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let (start, size) = (archive.len(), directory.len());
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count);
    archive.extend(count);
    archive.extend(u32::try_from(size).unwrap().to_le_bytes());
    archive.extend(u32::try_from(start).unwrap().to_le_bytes());
    archive.extend([0, 0]);
    archive
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

/// How the index answers.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mood {
    /// It serves the wheels to who gives this password.
    Asks(&'static str),
    /// It takes the question and never answers.
    Silent,
    /// It fails.
    Broken,
}

/// A package index on this machine: the wheels of a folder, by the simple API. It ends with the
/// process.
pub(super) fn serve(folder: &Path, mood: Mood) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            std::thread::spawn(move || answer(&folder, mood, stream));
        }
    });
    port
}

fn answer(folder: &Path, mood: Mood, stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    let (mut first, mut authorised) = (String::new(), false);
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.trim().is_empty() => break,
            Ok(_) if first.is_empty() => first = line,
            Ok(_) => {
                let is_password = |expected| line.trim().ends_with(expected);
                let is_header = line.to_ascii_lowercase().starts_with("authorization:");
                authorised |= is_header && matches!(mood, Mood::Asks(it) if is_password(it));
            }
        }
    }
    let path = first.split(' ').nth(1).unwrap_or("/").to_owned();
    let (status, kind, body) = match mood {
        Mood::Silent => {
            std::thread::sleep(std::time::Duration::from_secs(600));
            return;
        }
        Mood::Broken => ("500 Internal Server Error", "text/plain", Vec::new()),
        Mood::Asks(_) if !authorised => ("401 Unauthorized", "text/plain", Vec::new()),
        Mood::Asks(_) => page(folder, &path),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         WWW-Authenticate: Basic realm=\"index\"\r\nConnection: close\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

fn page(folder: &Path, path: &str) -> (&'static str, &'static str, Vec<u8>) {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if let Ok(wheel) = std::fs::read(folder.join(name)) {
        return ("200 OK", "application/octet-stream", wheel);
    }
    let wheels = std::fs::read_dir(folder).unwrap().flatten();
    let wheels = wheels.map(|wheel| wheel.file_name().into_string().unwrap());
    let own = wheels.filter(|wheel| wheel.starts_with(&format!("{name}-")));
    let links: String =
        own.map(|wheel| format!("<a href=\"/files/{wheel}\">{wheel}</a>\n")).collect();
    if links.is_empty() {
        return ("404 Not Found", "text/plain", Vec::new());
    }
    (
        "200 OK",
        "text/html",
        format!("<!DOCTYPE html><html><body>{links}</body></html>").into_bytes(),
    )
}
