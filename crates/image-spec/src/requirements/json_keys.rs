//! Where the keys of a JSON text are: `serde_json` does not keep that.

/// The keys of the two outermost levels, each with the byte where it is written. The text must be
/// JSON; of any other text some keys are found.
pub(super) fn find(text: &str) -> Vec<(Vec<String>, usize)> {
    let mut keys: Vec<(Vec<String>, usize)> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    let mut is_key = true;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                is_key = *byte == b'{';
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                path.truncate(depth);
                is_key = false;
            }
            b',' => is_key = true,
            b':' => is_key = false,
            b'"' => {
                let end = end_of_string(bytes, at);
                if is_key && (1..=2).contains(&depth) {
                    let written = text.get(at..end).unwrap_or_default();
                    path.truncate(depth - 1);
                    path.push(serde_json::from_str(written).unwrap_or_default());
                    keys.push((path.clone(), at));
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    keys
}

/// The byte behind a string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_keys() {
        let text =
            r#"{"_meta": {"x": [{"y": 1}], "z\"": 2}, "default": {"a": {"b": "c"}, "d": {}}}"#;
        let found = find(text);
        let found: Vec<(String, usize)> =
            found.into_iter().map(|(path, at)| (path.join("."), at)).collect();
        let expected = [
            ("_meta", 1),
            ("_meta.x", 11),
            ("_meta.z\"", 28),
            ("default", 39),
            ("default.a", 51),
            ("default.d", 68),
        ];
        assert_eq!(found, expected.map(|(path, at)| (path.to_owned(), at)));
    }
}
