//! The shell commands of the fixes, in order, with comments. Nothing is run.

use super::{Report, plain};
use crate::finding::place_words;
use gpu_probe::Fix;
use std::fmt::Write;

/// A shell script: comments say why, only commands that a fix names are active lines.
pub(crate) fn fix_script(report: &Report) -> String {
    let mut out = String::from(
        "#!/bin/sh\n\
         # Written by `cargo altlas doctor --fix-script`. Read each step before you run it.\n\
         # What takes the place of another step, or depends, is written as a comment.\n\
         set -eu\n",
    );
    let roots = report.roots();
    if roots.is_empty() {
        out.push_str("\n# nothing to fix\n");
    }
    let mut reboot = false;
    for (_, finding) in roots {
        let place = place_words(&finding.place);
        let _ = write!(out, "\n# {} [{}] at {place}\n", finding.level.word(), finding.code);
        comment(&mut out, &finding.message);
        reboot |= steps(&mut out, &finding.help);
    }
    if reboot {
        out.push_str("\n# start anew, when all else is done\nsudo reboot\n");
    }
    out
}

/// Writes the steps of one finding; whether one of them is a reboot, which comes at the very end.
fn steps(out: &mut String, fixes: &[Fix]) -> bool {
    let mut reboot = false;
    for fix in fixes {
        comment(out, &fix.text);
        let Some(command) = &fix.command else { continue };
        let command: Vec<String> = command.lines().map(plain).collect();
        if command == ["sudo reboot"] && !is_choice(&fix.text) {
            reboot = true;
            out.push_str("#   (at the end of this script)\n");
        } else if reboot || is_choice(&fix.text) {
            // What comes after a reboot, or only in some cases, is for a person to decide.
            command.iter().for_each(|line| {
                let _ = writeln!(out, "# {line}");
            });
        } else if fix.text.starts_with("see ") {
            // A look that finds nothing is no reason to stop.
            let _ = writeln!(out, "{{ {}; }} || true", command.join("\n"));
        } else {
            let _ = writeln!(out, "{}", command.join("\n"));
        }
    }
    reboot
}

/// Whether a step takes the place of the one before, or is meant for some machines only.
fn is_choice(text: &str) -> bool {
    ["or ", "or, ", "if ", "else ", "once "].iter().any(|word| text.starts_with(word))
        || text.contains(", or see ")
}

/// A comment may not break out of its line: what stands in it can come from the machine.
fn comment(out: &mut String, text: &str) {
    let _ = writeln!(out, "#   {}", plain(text));
}
