//! A code quality report of GitLab.

use super::Report;
use crate::{config::Level, finding::place_words};
use gpu_probe::Place;
use serde_json::{Value, json};

/// The report, an array of issues.
pub(super) fn render(report: &Report) -> String {
    let issues: Vec<Value> = report
        .open()
        .map(|(_, finding)| {
            let path = match &finding.place {
                Place::Path { path } => path.clone(),
                other => place_words(other),
            };
            json!({
                "description": format!("{} ({})", finding.message, place_words(&finding.place)),
                "check_name": finding.code,
                // The same problem at the same place is the same issue in the next run.
                "fingerprint": format!("{}|{path}", finding.code),
                "severity": match finding.level {
                    Level::Error => "critical",
                    Level::Warning => "minor",
                    Level::Note => "info",
                },
                "location": { "path": path, "lines": { "begin": 1 } },
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(issues))
}
