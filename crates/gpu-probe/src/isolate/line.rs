//! The lines between child and parent.
//!
//! `{"stage":"cuInit"}` before a call that may block, with `"lane":N` where several threads work
//! side by side; `{"left":N}` when a thread is through; `{"partial":…}` for what would be the
//! answer if the run ended now; `{"answer":…}` at the end. Libraries may print to the same
//! pipe, so a line that is none of these is skipped.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line of a child.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Line {
    /// A lane enters a call.
    Stage { name: String, lane: u32 },
    /// A lane is through.
    Left(u32),
    /// The answer so far.
    Partial(Value),
    /// The answer.
    Answer(Value),
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Value>,
}

/// Reads a line; `None` where it is not one of ours.
pub(crate) fn parse_line(text: &str) -> Option<Line> {
    match serde_json::from_str(text.trim()).ok()? {
        Written { stage: Some(name), lane, left: None, partial: None, answer: None } => {
            Some(Line::Stage { name, lane: lane.unwrap_or(0) })
        }
        Written { left: Some(lane), stage: None, lane: None, partial: None, answer: None } => {
            Some(Line::Left(lane))
        }
        Written { partial: Some(value), stage: None, lane: None, left: None, answer: None } => {
            Some(Line::Partial(value))
        }
        Written { answer: Some(value), stage: None, lane: None, left: None, partial: None } => {
            Some(Line::Answer(value))
        }
        _ => None,
    }
}

/// Writes a line, without its end.
pub(crate) fn write_line(line: Line) -> String {
    let written = match line {
        Line::Stage { name, lane } => {
            Written { stage: Some(name), lane: (lane != 0).then_some(lane), ..Written::default() }
        }
        Line::Left(lane) => Written { left: Some(lane), ..Written::default() },
        Line::Partial(value) => Written { partial: Some(value), ..Written::default() },
        Line::Answer(value) => Written { answer: Some(value), ..Written::default() },
    };
    serde_json::to_string(&written).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_its_own_lines_and_skips_others() {
        let check = |text: &str, expected: Option<Line>| {
            assert_eq!(parse_line(text), expected, "{text:?}");
        };
        let stage = |name: &str, lane| Some(Line::Stage { name: name.to_owned(), lane });
        check(r#"{"stage":"cuInit"}"#, stage("cuInit", 0));
        check(r#"{"stage":"cuInit","lane":3}"#, stage("cuInit", 3));
        check(r#"{"left":3}"#, Some(Line::Left(3)));
        check(r#"{"answer":{"a":1}}"#, Some(Line::Answer(serde_json::json!({"a": 1}))));
        check(r#"{"stage":"cuInit","answer":1}"#, None);
        check(r#"{"level":"warn","stage":"x"}"#, None);
        check("[NVML] debug build", None);
        check(r#"{"stage":"cuIn"#, None);
        check("{}", None);
        check("", None);
    }

    #[test]
    fn writes_what_it_reads() {
        for line in [
            Line::Stage { name: "nvmlInit_v2".to_owned(), lane: 0 },
            Line::Stage { name: "`x`\n\"y\"".to_owned(), lane: 2 },
            Line::Left(2),
            Line::Partial(serde_json::json!([1, "a"])),
            Line::Answer(serde_json::json!({})),
        ] {
            let text = write_line(line.clone());
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(parse_line(&text), Some(line));
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*") {
            parse_line(&text);
        }
    }
}
