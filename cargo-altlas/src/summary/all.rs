//! Every fact on a line of its own, for `--verbose`.

use super::line;
use crate::report::{Line, Mark};
use serde_json::Value;

/// The facts as `path` and value, each with its state.
pub(crate) fn all(facts: Option<&Value>) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(facts) = facts {
        walk(facts, String::new(), Mark::Fine, &mut lines);
    }
    lines
}

fn walk(value: &Value, path: String, mark: Mark, lines: &mut Vec<Line>) {
    match value {
        Value::Object(map) => match map.iter().next() {
            Some((key, inner)) if map.len() == 1 && (key == "found" || key == "answered") => {
                walk(inner, path, Mark::Fine, lines);
            }
            Some((key, inner)) if map.len() == 1 && (key == "unknown" || key == "not_run") => {
                walk(inner, path, Mark::Unlooked, lines);
            }
            _ => {
                for (key, inner) in map {
                    let dot = if path.is_empty() { "" } else { "." };
                    walk(inner, format!("{path}{dot}{key}"), mark, lines);
                }
            }
        },
        Value::Array(items) if items.iter().any(|item| item.is_object()) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, format!("{path}[{index}]"), mark, lines);
            }
        }
        Value::String(text) if text == "absent" => lines.push(line(Mark::Absent, path, "absent")),
        Value::String(text) => lines.push(line(mark, path, text.clone())),
        Value::Null => {}
        other => lines.push(line(mark, path, other.to_string())),
    }
}
