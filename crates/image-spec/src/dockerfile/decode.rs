//! From bytes to text, with a sentence for what is no text.

use super::Dockerfile;

/// The text without a byte-order mark; else the line, or 0, and what is wrong.
pub(super) fn text(bytes: &[u8]) -> Result<&str, (usize, String)> {
    if bytes.len() > Dockerfile::LARGEST {
        let reason = format!(
            "it is larger than {} MiB: that is no Dockerfile",
            Dockerfile::LARGEST / (1024 * 1024)
        );
        return Err((0, reason));
    }
    // The mark of UTF-32 begins like that of UTF-16.
    if bytes.starts_with(&[0xff, 0xfe, 0, 0])
        || bytes.starts_with(&[0, 0, 0xfe, 0xff])
        || looks_like_utf32(bytes)
    {
        let reason = "it is written in UTF-32, which Docker cannot read: save it as UTF-8";
        return Err((0, reason.to_owned()));
    }
    if bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || looks_like_utf16(bytes)
    {
        let reason = "it is written in UTF-16, which Docker cannot read: save it as UTF-8";
        return Err((0, reason.to_owned()));
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err((line_of(bytes, at), "it is a binary file: a zero byte is in it".to_owned()));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        let reason = format!("it is not UTF-8: the byte 0x{byte:02x} stands for nothing");
        (line_of(bytes, at), reason)
    })
}

/// UTF-16 without a mark has a zero in every second byte of English text.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    let start = bytes.get(..64.min(bytes.len())).unwrap_or_default();
    let zeros = |from: usize| start.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    start.len() >= 8 && (zeros(0) == start.len() / 2) != (zeros(1) == start.len() / 2)
}

/// UTF-32 without a mark has zeros in three of four bytes of English text.
fn looks_like_utf32(bytes: &[u8]) -> bool {
    let start = bytes.get(..64.min(bytes.len() / 4 * 4)).unwrap_or_default();
    let is = |letter: usize| {
        start
            .chunks(4)
            .all(|four| four.iter().enumerate().all(|(at, byte)| (at == letter) == (*byte != 0)))
    };
    start.len() >= 8 && (is(0) || is(3))
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
