//! Words for shell commands that fixes name.
//!
//! Paths and names come from the machine, or from a file that somebody sent: written into a command
//! as they are, they could end it and begin another one.

/// `text` as one word of a POSIX shell: as it is where that is safe, else in single quotes.
pub(crate) fn shell_word(text: &str) -> String {
    let is_safe = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:=@%,".contains(letter);
    if !text.is_empty() && !text.starts_with(['-', '=']) && text.chars().all(is_safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_where_needed() {
        let check = |text: &str, expected: &str| assert_eq!(shell_word(text), expected);
        check("/usr/local/cuda-12.6", "/usr/local/cuda-12.6");
        check("0000:18:00.0", "0000:18:00.0");
        check("", "''");
        check("my program", "'my program'");
        check("$(reboot)", "'$(reboot)'");
        check("it's", r"'it'\''s'");
        check("-rf", "'-rf'");
    }

    proptest! {
        #[test]
        fn a_quote_never_ends_early(text in any::<String>()) {
            let word = shell_word(&text);
            let unquoted = word.replace(r"'\''", "\u{0}");
            let quotes = unquoted.matches('\'').count();
            prop_assert!(quotes == 0 || (quotes == 2 && unquoted.ends_with('\'')));
        }
    }
}
