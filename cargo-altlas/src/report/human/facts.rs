//! Every fact on a line of its own, for `--verbose`.

use crate::report::plain;
use serde_json::Value;
use std::fmt::Write;

/// The facts as `path = value`; what is absent says so, and what could not be looked at says why.
pub(super) fn render(facts: &Value) -> String {
    let mut out = String::from("every fact:\n");
    walk(facts, "", &mut out);
    out.push('\n');
    out
}

fn walk(value: &Value, path: &str, out: &mut String) {
    match value {
        Value::Object(map) => match map.iter().next() {
            Some((key, inner)) if map.len() == 1 && (key == "found" || key == "answered") => {
                walk(inner, path, out);
            }
            Some((key, Value::String(why)))
                if map.len() == 1 && (key == "unknown" || key == "not_run") =>
            {
                put(out, path, &format!("could not look: {why}"));
            }
            _ => {
                for (key, inner) in map {
                    let dot = if path.is_empty() { "" } else { "." };
                    walk(inner, &format!("{path}{dot}{key}"), out);
                }
            }
        },
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{path}[{index}]"), out);
            }
        }
        Value::Array(items) if items.is_empty() => put(out, path, "none"),
        Value::String(text) => put(out, path, text),
        Value::Null => {}
        other => put(out, path, &other.to_string()),
    }
}

fn put(out: &mut String, path: &str, text: &str) {
    let _ = writeln!(out, "  {path} = {}", plain(text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_three_states_are_told_apart() {
        let facts = json!({
            "pci": { "found": [{ "address": "0000:18:00.0", "driver": "absent" }] },
            "nvml": { "not_run": "no library" },
            "cudnn": [],
            "log": { "unknown": "a\u{1b}[31m\nb" },
        });
        let expected = "every fact:\n  cudnn = none\n  log = could not look: a [31m b\n  \
                        nvml = could not look: no library\n  pci[0].address = 0000:18:00.0\n  \
                        pci[0].driver = absent\n\n";
        assert_eq!(render(&facts), expected);
    }
}
