//! The versions of a framework, as `[frameworks]` writes them.

use pep440_rs::VersionSpecifiers;

/// Reads the versions that are allowed: `2.8` means every 2.8, `*` any, and everything else is
/// written as in a requirements file.
///
/// # Errors
/// Where the text is none of these, with a sentence that says what would be right.
pub fn version_range(text: &str) -> Result<VersionSpecifiers, String> {
    let text = text.trim();
    let bare = text.starts_with(|letter: char| letter.is_ascii_digit()) && !text.contains(',');
    let written = match (text, bare) {
        ("*" | "", _) => String::new(),
        (text, true) if text.ends_with(".*") => format!("=={text}"),
        (text, true) => format!("=={text}.*"),
        (text, false) => text.to_owned(),
    };
    written.parse().map_err(|_| {
        format!("`{text}` is not a range of versions such as `2.8`, `>=2.6,<2.9` or `*`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_version_is_a_line() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(
                version_range(text).ok().map(|range| range.to_string()).as_deref(),
                expected
            );
        };
        check("2.8", Some("==2.8.*"));
        check("2.8.*", Some("==2.8.*"));
        check(">=2.6,<2.9", Some(">=2.6, <2.9"));
        check("*", Some(""));
        check("latest", None);
    }
}
