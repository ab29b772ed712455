//! The report for programs.

use super::Report;
use crate::{config::Level, exit::Exit};
use serde_json::{Value, json};

/// The version of this format.
const SCHEMA: u32 = 1;

/// The report as indented JSON with a line end.
pub(super) fn render(report: &Report, fail_on: Level) -> String {
    let (verdict, exit_code) = match report.exit(fail_on) {
        Exit::Clean => ("clean", 0),
        Exit::Findings => ("findings", 1),
        Exit::Usage => ("usage", 2),
        Exit::CouldNotLook => ("could-not-look", 3),
    };
    let findings: Vec<Value> = report.findings.iter().map(|finding| json!(finding)).collect();
    let mut whole = json!({
        "schema": SCHEMA,
        "tool": { "name": "altlas", "version": env!("CARGO_PKG_VERSION") },
        "command": report.command,
        "verdict": verdict,
        "exit_code": exit_code,
        "established": report.established,
        "root_cause": report.root_cause().map(|(_, finding)| finding.code),
        "root_cause_index": report.root_cause().map(|(index, _)| index),
        "findings": findings,
        "could_not_look": report.unlooked,
    });
    if let Some(facts) = &report.facts {
        whole["facts"] = facts.clone();
    }
    format!("{whole:#}\n")
}
