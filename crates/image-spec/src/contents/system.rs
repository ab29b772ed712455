//! The distribution.

use super::{Files, Found, text};

/// The files that say which it is.
const FILES: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

pub(super) fn wants(path: &str) -> bool {
    FILES.contains(&path)
}

/// Name and version in one word, such as `ubuntu22.04`.
pub(super) fn os(files: &Files<'_>) -> Option<Found<String>> {
    FILES.iter().find_map(|path| {
        let (layer, entry) = files.get(path)?;
        let word = os_word(&text(entry)?)?;
        Some(Found::at(word, path, *layer))
    })
}

fn os_word(text: &str) -> Option<String> {
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key))?;
        Some(line.strip_prefix('=')?.trim_matches(['"', '\'']).to_owned())
    };
    Some(format!("{}{}", value("ID")?, value("VERSION_ID").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_os_release() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(os_word(text).as_deref(), expected);
        };
        check(
            "NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"22.04\"\n",
            Some("ubuntu22.04"),
        );
        check("ID=\"rhel\"\nVERSION_ID=\"9.4\"\n", Some("rhel9.4"));
        check("ID=arch\n", Some("arch"));
        check("", None);
    }
}
