//! The shell commands of the fixes, in order, with comments. Nothing is run.

use super::Report;
use crate::finding::place_words;
use std::fmt::Write;

/// A shell script: comments say why, only commands that a fix names are active lines.
pub(crate) fn fix_script(report: &Report) -> String {
    let mut out = String::from(
        "#!/bin/sh\n\
         # Written by `cargo altlas doctor --fix-script`. Read each step before you run it: a step\n\
         # that begins with `or` takes the place of the one before it, and a reboot ends the script.\n\
         set -eu\n",
    );
    let mut roots: Vec<_> = report.open().filter(|(_, finding)| report.is_root(finding)).collect();
    let root = report.root_cause().map(|(index, _)| index);
    roots.sort_by_key(|(index, finding)| {
        (Some(*index) != root, std::cmp::Reverse(finding.level), *index)
    });
    if roots.is_empty() {
        out.push_str("\n# nothing to fix\n");
    }
    for (_, finding) in roots {
        let place = place_words(&finding.place);
        let _ = write!(out, "\n# {} [{}] at {place}\n", finding.level.word(), finding.code);
        comment(&mut out, &finding.message);
        for fix in &finding.help {
            comment(&mut out, &fix.text);
            if let Some(command) = &fix.command {
                let _ = writeln!(out, "{command}");
            }
        }
    }
    out
}

/// A comment may not break out of its line: what stands in it can come from the machine.
fn comment(out: &mut String, text: &str) {
    let line: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let _ = writeln!(out, "#   {line}");
}
