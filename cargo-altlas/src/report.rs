//! What a command found, and the formats it is shown in. Every command that finds things uses the
//! same report, options and exit codes.

mod fix_script;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;

use crate::{
    config::Level,
    exit::{Exit, Failure},
    files,
    finding::Finding,
};
pub(crate) use fix_script::fix_script;
pub(crate) use human::wrap;

use clap::Args;
use gpu_probe::Unlooked;
use std::path::PathBuf;

/// What a command found.
#[derive(Debug)]
pub(crate) struct Report {
    /// The command: `doctor`.
    pub(crate) command: &'static str,
    /// The config that was judged against.
    pub(crate) config: Option<PathBuf>,
    /// What was looked at, for the top of the human report.
    pub(crate) summary: Vec<Line>,
    /// What is wrong, in the order of causes.
    pub(crate) findings: Vec<Finding>,
    /// What could not be looked at.
    pub(crate) unlooked: Vec<Unlooked>,
    /// What was established, in one sentence, where nothing is wrong. `None` where the question
    /// of the command could not be answered.
    pub(crate) established: Option<String>,
    /// All facts, for `--verbose`.
    pub(crate) facts: Option<serde_json::Value>,
}

/// One line of the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// How it stands.
    pub(crate) mark: Mark,
    /// What: `driver`.
    pub(crate) label: String,
    /// Its value.
    pub(crate) text: String,
}

/// How a thing stands: the three states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It is there and works.
    Fine,
    /// It is wrong.
    Wrong,
    /// It could not be looked at.
    Unlooked,
    /// It is not there, and need not be.
    Absent,
}

/// Options of every command that finds things.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub(crate) format: Format,

    /// Write the report to this file instead of standard output, which is `-`
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// The lowest level that makes the exit code 1
    #[arg(long, value_enum, default_value_t = Level::Error, value_name = "LEVEL")]
    pub(crate) fail_on: Level,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For reading
    Human,
    /// Everything, for programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, a test case for each finding
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// A code quality report of GitLab
    Gitlab,
}

impl Report {
    /// The findings that count: not accepted.
    pub(crate) fn open(&self) -> impl Iterator<Item = (usize, &Finding)> {
        self.findings.iter().enumerate().filter(|(_, finding)| finding.accepted.is_none())
    }

    /// The root cause: among the open findings that follow from no other, the first of the highest
    /// level, where that is at least a warning.
    pub(crate) fn root_cause(&self) -> Option<(usize, &Finding)> {
        let roots = || self.open().filter(|(_, finding)| self.is_root(finding));
        let highest = roots().map(|(_, finding)| finding.level).max()?;
        roots().find(|(_, finding)| finding.level == highest && highest > Level::Note)
    }

    /// The file that a finding is shown at where a format wants a file of the repository: the config,
    /// which states what the machine is judged against, relative to the folder of the user.
    pub(crate) fn file(&self, folder: &std::path::Path) -> String {
        let config = self.config.as_deref().unwrap_or("altlas.toml".as_ref());
        config.strip_prefix(folder).unwrap_or(config).display().to_string()
    }

    /// The open findings that follow from no other: the root cause leads, the others follow by level
    /// and keep the order of causes.
    pub(crate) fn roots(&self) -> Vec<(usize, &Finding)> {
        let root = self.root_cause().map(|(index, _)| index);
        let mut roots: Vec<_> = self.open().filter(|(_, finding)| self.is_root(finding)).collect();
        roots.sort_by_key(|(index, finding)| {
            (Some(*index) != root, std::cmp::Reverse(finding.level), *index)
        });
        roots
    }

    /// Whether a finding follows from no other open one.
    pub(crate) fn is_root(&self, finding: &Finding) -> bool {
        let cause = finding.follows_from.and_then(|index| self.findings.get(index));
        cause.is_none_or(|cause| cause.accepted.is_some())
    }

    /// How the command ends.
    pub(crate) fn exit(&self, fail_on: Level) -> Exit {
        if self.open().any(|(_, finding)| finding.level >= fail_on) {
            return Exit::Findings;
        }
        if self.established.is_some() { Exit::Clean } else { Exit::CouldNotLook }
    }

    /// Writes the report where it should go.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn write(&self, args: &ReportArgs, verbose: bool) -> Result<Exit, Failure> {
        let folder = &crate::environment::folder();
        let text = match args.format {
            Format::Human => human::render(self, args.fail_on, verbose),
            Format::Json => json::render(self, args.fail_on),
            Format::Sarif => sarif::render(self, &self.file(folder)),
            Format::Junit => junit::render(self, args.fail_on),
            Format::Github => github::render(self, &self.file(folder)),
            Format::Gitlab => gitlab::render(self, &self.file(folder)),
        };
        let written = match args.output.as_deref().filter(|path| *path != "-") {
            Some(path) => {
                files::write(path, anstream::adapter::strip_str(&text).to_string().as_bytes())
            }
            None => files::print(&text),
        };
        match written {
            // Who reads only the first lines of a report has not made the machine healthy.
            Err(error) if !files::is_broken_pipe(&error) => Err(Failure::could_not(error)),
            Ok(()) | Err(_) => Ok(self.exit(args.fail_on)),
        }
    }
}

/// Text from the machine (names of programs, lines of logs) may hold control codes, or codes that turn
/// the direction of writing; a terminal must not see them.
fn plain(text: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|letter| if letter.is_control() || turns(letter) { ' ' } else { letter })
        .collect()
}
