//! Values of the config as words of a Dockerfile and of a shell: written so that they stay one value,
//! or refused with a reason.

use super::RenderError;

/// A value of `ENV` or `LABEL`, in quotes.
pub(crate) fn value(key: &str, value: &str) -> Result<String, RenderError> {
    if value.chars().any(char::is_control) {
        return Err(refused(
            key,
            value,
            "a Dockerfile can hold no line break or control character",
        ));
    }
    let mut quoted = String::from("\"");
    for letter in value.chars() {
        if matches!(letter, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push('"');
    Ok(quoted)
}

/// The name of an environment variable.
pub(crate) fn variable<'a>(key: &str, name: &'a str) -> Result<&'a str, RenderError> {
    let first = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    let rest = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if first && rest {
        return Ok(name);
    }
    Err(refused(key, name, "the name of a variable holds letters, digits and `_`"))
}

/// The name of a label.
pub(crate) fn label<'a>(key: &str, name: &'a str) -> Result<&'a str, RenderError> {
    let first = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    let rest = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte));
    if first && rest {
        return Ok(name);
    }
    Err(refused(key, name, "the name of a label holds letters, digits, `.`, `_`, `-` and `/`"))
}

/// An argument of a command that a shell reads.
pub(crate) fn argument(key: &str, text: &str) -> Result<String, RenderError> {
    if text.is_empty() {
        return Err(refused(key, text, "it is empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(refused(key, text, "a command can hold no line break or control character"));
    }
    if text.starts_with('-') {
        return Err(refused(key, text, "it would be read as an option"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@%+=:,./_-".contains(&byte);
    if text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

/// A package of the distribution, with its version where one is pinned.
pub(crate) fn package<'a>(key: &str, text: &'a str) -> Result<&'a str, RenderError> {
    let first = text.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    let rest = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._:=~".contains(&byte));
    if first && rest {
        return Ok(text);
    }
    Err(refused(key, text, "it is not the name of a package, such as `libgl1` or `git=1:2.39.5-0`"))
}

/// A file or folder of the context.
pub(crate) fn source<'a>(key: &str, path: &'a str) -> Result<&'a str, RenderError> {
    let inside = path.strip_prefix("./").unwrap_or(path);
    let inside = if inside.is_empty() { "." } else { inside };
    if inside.starts_with('/') || inside.split('/').any(|part| part == "..") {
        return Err(refused(
            key,
            path,
            "Docker copies only what lies below the folder of the config; write the path from there",
        ));
    }
    plain_path(key, path)?;
    if inside.starts_with(['-', '#', '!']) {
        return Err(refused(key, path, "a path that begins so has another meaning to Docker"));
    }
    Ok(inside)
}

/// A path in the image; one that is not absolute lies below the working folder.
pub(crate) fn target<'a>(key: &str, path: &'a str) -> Result<&'a str, RenderError> {
    plain_path(key, path)?;
    if path.starts_with('-') {
        return Err(refused(key, path, "a path that begins so has another meaning to Docker"));
    }
    Ok(path)
}

/// An absolute path in the image.
pub(crate) fn absolute<'a>(key: &str, path: &'a str) -> Result<&'a str, RenderError> {
    plain_path(key, path)?;
    if !path.starts_with('/') || path.contains([' ', '*', '?', '[']) {
        return Err(refused(key, path, "it is an absolute path without spaces, such as `/app`"));
    }
    Ok(path)
}

fn plain_path(key: &str, path: &str) -> Result<(), RenderError> {
    if path.is_empty() {
        return Err(refused(key, path, "it is empty"));
    }
    let bad = |letter: char| letter.is_control() || "$\"'`\\<>|;&".contains(letter);
    if path.contains(bad) || path.trim() != path {
        return Err(refused(
            key,
            path,
            "a path in a Dockerfile can hold no quote, `$`, `\\`, `<` or line break, and no space at \
             its ends",
        ));
    }
    Ok(())
}

/// `COPY` with its paths: in the form of a list where one holds a space.
pub(crate) fn copy(flags: &str, source: &str, target: &str) -> String {
    let space = |path: &str| path.contains(char::is_whitespace);
    let needs_list = space(source) || space(target) || source.starts_with('[');
    let flags = if flags.is_empty() { String::new() } else { format!("{flags} ") };
    if needs_list {
        return format!("COPY {flags}{}", list(&[source.to_owned(), target.to_owned()]));
    }
    format!("COPY {flags}{source} {target}")
}

/// A program and its arguments, as a list: no shell reads them.
pub(crate) fn program(key: &str, words: &[String]) -> Result<String, RenderError> {
    if let Some(word) = words.iter().find(|word| word.contains('\0')) {
        return Err(refused(key, word, "an argument cannot hold the character 0"));
    }
    Ok(list(words))
}

fn list(words: &[String]) -> String {
    let words: Vec<String> =
        words.iter().map(|word| serde_json::Value::from(word.as_str()).to_string()).collect();
    format!("[{}]", words.join(", "))
}

/// A time such as `30s` or `1m30s`, as Docker writes it.
pub(crate) fn duration<'a>(key: &str, text: &'a str) -> Result<&'a str, RenderError> {
    let mut rest = text;
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let unit = ["ms", "us", "ns", "s", "m", "h"].iter().find(|unit| digits.starts_with(**unit));
        match unit {
            Some(unit) if digits.len() < rest.len() => rest = &digits[unit.len()..],
            _ => {
                parts = 0;
                break;
            }
        }
        parts += 1;
    }
    if parts > 0 { Ok(text) } else { Err(refused(key, text, "it is not a time such as `30s`")) }
}

/// The name of a stage.
pub(crate) fn stage(name: &str) -> Result<(), RenderError> {
    let first = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    if first && name.bytes().all(plain) && !matches!(name, "scratch" | "context") {
        return Ok(());
    }
    Err(RenderError::Name { name: name.to_owned() })
}

pub(crate) fn refused(key: &str, value: &str, reason: &'static str) -> RenderError {
    RenderError::Value { key: key.to_owned(), value: value.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_one_value() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(value("env", text).ok().as_deref(), expected, "{text:?}");
        };
        check("", Some(r#""""#));
        check("a b", Some(r#""a b""#));
        check(r#"say "hi""#, Some(r#""say \"hi\"""#));
        check("$HOME", Some(r#""\$HOME""#));
        check(r"C:\", Some(r#""C:\\""#));
        check("ünï", Some(r#""ünï""#));
        check("a\nRUN evil", None);
        check("a\r", None);
    }

    #[test]
    fn arguments_stay_one_argument() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(argument("pip", text).ok().as_deref(), expected, "{text:?}");
        };
        check("torch==2.8.0", Some("torch==2.8.0"));
        check("torch>=2,<3", Some("'torch>=2,<3'"));
        check("a'b", Some(r"'a'\''b'"));
        check("$(reboot)", Some("'$(reboot)'"));
        check("--index-url=x", None);
        check("a\nb", None);
    }

    #[test]
    fn paths_stay_in_the_context() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(source("copy", path).ok(), expected, "{path:?}");
        };
        check("app", Some("app"));
        check("./app", Some("app"));
        check("./", Some("."));
        check("my app/*.py", Some("my app/*.py"));
        check("../secret", None);
        check("a/../../b", None);
        check("/etc/passwd", None);
        check("--from=x", None);
        check("<<EOF", None);
        check("a$b", None);
        check("", None);
    }

    #[test]
    fn times() {
        let check =
            |text: &str, fits: bool| assert_eq!(duration("x", text).is_ok(), fits, "{text}");
        check("30s", true);
        check("1m30s", true);
        check("500ms", true);
        check("30", false);
        check("s", false);
        check("", false);
        check("5s CMD", false);
    }
}
