//! JUnit XML: a test case for every check that was judged, failed where it found something.

use super::Report;
use crate::finding::{Finding, place_words};
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

/// The report with one suite.
pub(super) fn render(report: &Report) -> String {
    let mut suite = TestSuite::new(format!("altlas {}", report.command));
    for code in &report.judged {
        let found: Vec<&Finding> =
            report.open().map(|(_, f)| f).filter(|f| f.code == *code).collect();
        let mut case = TestCase::new(*code, status(&found));
        case.set_classname("altlas");
        suite.add_test_case(case);
    }
    for unlooked in &report.unlooked {
        let mut skipped = TestCaseStatus::skipped();
        skipped.set_message(unlooked.reason.clone());
        let mut case = TestCase::new(format!("could not look: {}", unlooked.what), skipped);
        case.set_classname("altlas");
        suite.add_test_case(case);
    }
    let mut suites = Suites::new("altlas");
    suites.add_test_suite(suite);
    // Writing to a string fails only for text that XML cannot hold, which quick-junit drops.
    suites.to_string().unwrap_or_default()
}

fn status(found: &[&Finding]) -> TestCaseStatus {
    let Some(first) = found.first() else { return TestCaseStatus::success() };
    let mut failed = TestCaseStatus::non_success(NonSuccessKind::Failure);
    failed.set_type(first.level.word());
    failed.set_message(first.message.clone());
    let lines: Vec<String> = found
        .iter()
        .map(|finding| {
            let help: Vec<&str> = finding.help.iter().map(|fix| fix.text.as_str()).collect();
            format!(
                "{}: {} ({})\n{}",
                finding.level.word(),
                finding.message,
                place_words(&finding.place),
                help.join("\n")
            )
        })
        .collect();
    failed.set_description(lines.join("\n\n"));
    failed
}
