//! JUnit XML: one test case says whether the question of the command was answered, and each finding
//! is a test case of its own, failed where its level makes the exit code 1. What could not be looked
//! at is skipped, never passed.

use super::Report;
use crate::{
    config::Level,
    finding::{Finding, place_words},
};
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

/// The report with one suite.
pub(super) fn render(report: &Report, fail_on: Level) -> String {
    let mut suite = TestSuite::new(format!("altlas {}", report.command));
    let fails = report.open().any(|(_, finding)| finding.level >= fail_on);
    suite.add_test_cases(answer(report, fails));
    for (_, finding) in report.open() {
        suite.add_test_case(of_finding(finding, finding.level >= fail_on));
    }
    for unlooked in &report.unlooked {
        let mut skipped = TestCaseStatus::skipped();
        skipped.set_message(unlooked.reason.clone());
        suite.add_test_case(case(format!("could not look: {}", unlooked.what), skipped));
    }
    let mut suites = Suites::new("altlas");
    suites.add_test_suite(suite);
    // Writing to a string fails only for text that XML cannot hold, which quick-junit drops.
    suites.to_string().unwrap_or_default()
}

fn case(name: String, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname("altlas");
    case
}

/// Whether what the command asks was established; a finding that fails has said it already.
fn answer(report: &Report, fails: bool) -> Option<TestCase> {
    match &report.established {
        Some(sentence) => Some(case(sentence.clone(), TestCaseStatus::success())),
        None if fails => None,
        None => {
            let mut failed = TestCaseStatus::non_success(NonSuccessKind::Error);
            failed
                .set_message(format!("`{}` could not establish that all is well", report.command));
            Some(case(report.command.to_owned(), failed))
        }
    }
}

fn of_finding(finding: &Finding, fails: bool) -> TestCase {
    let level = finding.level.word();
    let place = place_words(&finding.place);
    let text = format!("{level}: {} ({place})\n{}", finding.message, finding.help_words("\n"));
    let name = format!("{} ({place})", finding.code);
    if !fails {
        let mut passed = case(name, TestCaseStatus::success());
        passed.set_system_out(text);
        return passed;
    }
    let mut failed = TestCaseStatus::non_success(NonSuccessKind::Failure);
    failed.set_type(level);
    failed.set_message(finding.message.clone());
    failed.set_description(text);
    case(name, failed)
}
