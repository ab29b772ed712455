//! Annotations of GitHub Actions: one workflow command a finding.

use super::Report;
use crate::{
    config::Level,
    finding::{Finding, place_words},
};
use std::fmt::Write;

/// The lines.
pub(super) fn render(report: &Report, file: &str) -> String {
    let mut out = String::new();
    for (_, finding) in report.open() {
        let kind = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let file = match finding.line() {
            Some((file, line, column)) => {
                format!("file={},line={line},col={column},", property(file))
            }
            None => format!("file={},", property(file)),
        };
        let title = property(finding.code);
        let _ = writeln!(out, "::{kind} {file}title={title}::{}", data(&words(finding)));
    }
    for unlooked in &report.unlooked {
        let text = format!("could not look at {}: {}", unlooked.what, unlooked.reason);
        let _ = writeln!(out, "::notice title=altlas::{}", data(&text));
    }
    out
}

fn words(finding: &Finding) -> String {
    format!("{} ({}); {}", finding.message, place_words(&finding.place), finding.help_words("; "))
}

/// Escapes the text after `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property, in which colon and comma mean something too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_a_line() {
        assert_eq!(data("a%\r\n::b"), "a%25%0D%0A::b");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc%0A");
    }
}
