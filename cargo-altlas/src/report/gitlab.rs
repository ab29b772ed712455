//! A code quality report of GitLab.

use super::Report;
use crate::{config::Level, finding::place_words};
use serde_json::{Value, json};

/// The report, an array of issues.
pub(super) fn render(report: &Report, file: &str) -> String {
    let issues: Vec<Value> = report
        .open()
        .map(|(_, finding)| {
            let place = place_words(&finding.place);
            let (file, line, _) = finding.line().unwrap_or((file, 1, 1));
            json!({
                "description": format!("{} ({place})", finding.message),
                "check_name": finding.code,
                // The same problem at the same place is the same issue in the next run.
                "fingerprint": format!("{}|{place}", finding.code),
                "severity": match finding.level {
                    Level::Error => "critical",
                    Level::Warning => "minor",
                    Level::Note => "info",
                },
                "location": { "path": file, "lines": { "begin": line } },
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(issues))
}
