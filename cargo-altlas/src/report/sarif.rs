//! SARIF 2.1.0.

use super::Report;
use crate::{config::Level, explained::explained, finding::place_words};
use serde_json::{Value, json};

/// The log with one run. Only the rules that were broken are described.
pub(super) fn render(report: &Report, file: &str) -> String {
    let mut codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = explained()
        .into_iter()
        .filter(|rule| codes.contains(&rule.code))
        .map(|rule| {
            let title = rule.explanation.lines().next().unwrap_or_default();
            json!({
                "id": rule.code,
                "shortDescription": { "text": title },
                "fullDescription": { "text": rule.explanation },
                "help": { "text": rule.explanation, "markdown": rule.explanation },
            })
        })
        .collect();
    let notifications: Vec<Value> = report
        .unlooked
        .iter()
        .map(|unlooked| {
            let text = format!("could not look at {}: {}", unlooked.what, unlooked.reason);
            json!({ "level": "note", "message": { "text": text } })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "altlas",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "invocations": [{
                "executionSuccessful": report.established.is_some() || !report.findings.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": report.findings.iter().map(|it| result(it, file)).collect::<Vec<Value>>(),
        }],
    });
    format!("{log:#}\n")
}

fn result(finding: &crate::finding::Finding, file: &str) -> Value {
    let level = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    // Code scanning refuses a result without a file: it is shown at the config.
    let (file, line, column) = finding.line().unwrap_or((file, 1, 1));
    let location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": file },
            "region": { "startLine": line, "startColumn": column },
        },
        "logicalLocations": [{ "fullyQualifiedName": place_words(&finding.place) }],
    });
    let mut result = json!({
        "ruleId": finding.code,
        "level": level,
        "message": { "text": format!("{}; {}", finding.message, finding.help_words("; ")) },
        "locations": [location],
        "properties": { "data": finding.data },
    });
    if let Some(reason) = &finding.accepted {
        result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
    }
    result
}
