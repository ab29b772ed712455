//! The report for reading: what was looked at, the root cause with its fix, what follows from it,
//! the rest, and one last line that says how it stands. Fits 80 columns and needs no colour.

mod facts;

use super::{Line, Mark, Report, plain};
use crate::{
    config::Level,
    exit::Exit,
    finding::{Finding, Place, place_words},
};
use anstyle::{AnsiColor, Style};

/// The width that lines are broken at.
const WIDTH: usize = 80;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The text, with colour codes that the output stream keeps or drops.
pub(super) fn render(report: &Report, fail_on: Level, verbose: bool) -> String {
    let mut out = String::new();
    summary(&report.summary, &mut out);
    if let Some(all) = &report.facts {
        out.push_str(&facts::render(all));
    }
    findings(report, &mut out);
    unlooked(report, verbose, &mut out);
    accepted(report, &mut out);
    verdict(report, fail_on, &mut out);
    out
}

fn summary(lines: &[Line], out: &mut String) {
    let width = lines.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    for line in lines {
        let (style, sign) = match line.mark {
            Mark::Fine => (AnsiColor::Green.on_default(), "ok"),
            Mark::Wrong => (AnsiColor::Red.on_default().bold(), "!!"),
            Mark::Unlooked => (AnsiColor::Yellow.on_default(), "??"),
            Mark::Absent => (DIM, "--"),
        };
        let lead = format!("{style}{sign}{style:#} {:width$}  ", line.label);
        out.push_str(&wrap(&lead, 5 + width, &line.text));
    }
    out.push('\n');
}

fn findings(report: &Report, out: &mut String) {
    let root = report.root_cause().map(|(index, _)| index);
    for (index, finding) in report.roots() {
        let is_cause = Some(index) == root;
        one(finding, is_cause, out);
        let following = consequences(report, index);
        if !following.is_empty() {
            out.push_str(&format!("  {DIM}from which follows:{DIM:#}\n"));
            for follower in following {
                let lead = format!("  - {}: ", level(follower.level));
                let text = format!("{} [{}]", follower.message, follower.code);
                out.push_str(&wrap(&lead, 4, &text));
            }
        }
        out.push('\n');
    }
}

/// Everything that follows from a finding, directly or not, in the order of causes.
fn consequences(report: &Report, cause: usize) -> Vec<&Finding> {
    let follows = |finding: &Finding| {
        let mut at = finding.follows_from;
        while let Some(index) = at {
            if index == cause {
                return true;
            }
            at = report.findings.get(index).and_then(|finding| finding.follows_from);
        }
        false
    };
    report.open().map(|(_, finding)| finding).filter(|finding| follows(finding)).collect()
}

fn one(finding: &Finding, is_cause: bool, out: &mut String) {
    let cause = if is_cause { "root cause, " } else { "" };
    let lead = format!("{BOLD}{cause}{BOLD:#}{}: ", level(finding.level));
    out.push_str(&wrap(&lead, 2, &format!("{} [{}]", finding.message, finding.code)));
    if finding.place != Place::Machine {
        out.push_str(&wrap("  at:  ", 7, &place_words(&finding.place)));
    }
    for fix in &finding.help {
        out.push_str(&wrap("  fix: ", 7, &fix.text));
        for line in fix.command.iter().flat_map(|command| command.lines()) {
            out.push_str(&format!("       {BOLD}$ {}{BOLD:#}\n", plain(line)));
        }
    }
}

fn level(level: Level) -> String {
    let style = match level {
        Level::Error => AnsiColor::Red.on_default().bold(),
        Level::Warning => AnsiColor::Yellow.on_default().bold(),
        Level::Note => AnsiColor::Cyan.on_default(),
    };
    format!("{style}{}{style:#}", level.word())
}

fn unlooked(report: &Report, verbose: bool, out: &mut String) {
    if report.unlooked.is_empty() {
        return;
    }
    let most = if verbose { usize::MAX } else { 6 };
    out.push_str("could not look at:\n");
    for unlooked in report.unlooked.iter().take(most) {
        out.push_str(&wrap("  - ", 4, &format!("{}: {}", unlooked.what, unlooked.reason)));
    }
    if let Some(more) = report.unlooked.len().checked_sub(most).filter(|more| *more > 0) {
        out.push_str(&format!("  - and {more} more; `--verbose` shows all\n"));
    }
    out.push('\n');
}

fn accepted(report: &Report, out: &mut String) {
    for finding in &report.findings {
        if let Some(reason) = &finding.accepted {
            let text = format!("{} [{}]: {reason}", finding.message, finding.code);
            out.push_str(&wrap(&format!("{DIM}accepted:{DIM:#} "), 10, &text));
        }
    }
}

fn verdict(report: &Report, fail_on: Level, out: &mut String) {
    let count = |level| report.open().filter(|(_, finding)| finding.level == level).count();
    let counts: Vec<String> = [Level::Error, Level::Warning, Level::Note]
        .into_iter()
        .filter_map(|level| match count(level) {
            0 => None,
            1 => Some(format!("1 {}", level.word())),
            many => Some(format!("{many} {}s", level.word())),
        })
        .collect();
    let counts =
        if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) };
    let established = report.established.as_deref();
    let text = match (report.exit(fail_on), report.root_cause()) {
        (Exit::Findings, Some((_, cause))) => format!(
            "not fine{counts}: begin with `{}`; `cargo altlas explain {}` tells more",
            cause.code, cause.code
        ),
        (Exit::Findings, None) => format!("not fine{counts}"),
        (Exit::CouldNotLook, _) => {
            format!(
                "not known{counts}: nothing is wrong as far as could be looked, which is not far enough"
            )
        }
        (Exit::Clean | Exit::Usage, _) => {
            format!("{}{counts}", established.unwrap_or("no error was found"))
        }
    };
    out.push_str(&wrap("", 0, &text));
}

/// Breaks `text` at spaces so that the lines fit, the first after `lead` (which may hold colour
/// codes and counts as `lead` without them), the others `indent` columns in.
pub(crate) fn wrap(lead: &str, indent: usize, text: &str) -> String {
    let text = plain(text);
    let visible = anstream::adapter::strip_str(lead).to_string().chars().count();
    let mut out = lead.to_owned();
    let mut column = visible;
    let mut first_in_line = true;
    // A no-break space stays inside its word.
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if !first_in_line && column + 1 + length > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
            first_in_line = true;
        }
        if !first_in_line {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
        first_in_line = false;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit() {
        let text = "word ".repeat(60);
        for line in wrap("lead: ", 4, &text).lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        assert_eq!(wrap("a: ", 2, "b  c"), "a: b c\n");
        assert_eq!(wrap("", 0, "a\u{1b}[31m\nb"), "a [31m b\n");
    }
}
