//! User names, passwords and tokens in URLs.

/// The text with the credentials of every URL in it blanked: `https://***@host/simple`.
pub fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        // Where the host ends. Passwords with a bare `@` are written, so the last one counts.
        let end = after.find(is_end).unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rsplit_once('@') {
            // `git+ssh://git@host` names a user and no secret.
            Some(("git", host)) => clean.push_str(&format!("git@{host}")),
            Some((_, host)) => clean.push_str(&format!("***@{host}")),
            None => clean.push_str(authority),
        }
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

fn is_end(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_them() {
        let check = |text: &str, expected: &str| assert_eq!(without_credentials(text), expected);
        check(
            "--index-url https://me:s3cret@pypi.corp/simple",
            "--index-url https://***@pypi.corp/simple",
        );
        check("https://token@host", "https://***@host");
        check("https://me:p@ss@host/a https://x:y@z", "https://***@host/a https://***@z");
        check("a @ git+ssh://git@github.com/o/r@v1", "a @ git+ssh://git@github.com/o/r@v1");
        check("https://download.pytorch.org/whl/cu118", "https://download.pytorch.org/whl/cu118");
        check("torch==2.0 @ ://", "torch==2.0 @ ://");
    }
}
