//! Digests as registries write them: `sha256:` and hexadecimal digits.

use sha2::{Digest as _, Sha256};
use std::fmt::Write;

/// The digest of these bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    written(Sha256::new_with_prefix(bytes))
}

/// The digest of what was fed to `hasher`.
pub(crate) fn written(hasher: Sha256) -> String {
    let mut text = "sha256:".to_owned();
    for byte in hasher.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Whether a text is such a digest.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_digests() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
    }
}
