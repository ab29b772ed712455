//! `cargo altlas explain`.

use crate::{
    exit::{Exit, Failure},
    explained::explained,
    files, hadolint,
};
use clap::Args;

/// Explain a finding by its code, or list all codes
///
/// For example: `cargo altlas explain gpu/driver-too-old`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The code, as a report shows it in brackets
    #[arg(required_unless_present = "list")]
    code: Option<String>,

    /// List all codes with their titles, in the order of causes
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let all = explained();
    let text = match &args.code {
        None => {
            let width = all.iter().map(|entry| entry.code.len()).max().unwrap_or(0);
            let title = |text: &str| text.lines().next().unwrap_or_default().to_owned();
            all.iter()
                .map(|entry| format!("{:width$}  {}\n", entry.code, title(&entry.explanation)))
                .collect()
        }
        Some(code) if hadolint::is_code(code) => {
            format!("{code}\n\n{}\n", hadolint::explanation(code).unwrap_or_default())
        }
        Some(code) => {
            let entry = all.iter().find(|entry| entry.code == code || name(entry.code) == code);
            let entry = entry.ok_or_else(|| {
                let known = all.iter().map(|entry| entry.code);
                let help = crate::config::nearest_help(code, known)
                    .unwrap_or_else(|| "`cargo altlas explain --list` shows all codes".to_owned());
                Failure::usage(anyhow::anyhow!("`{code}` is not the code of a finding; {help}"))
            })?;
            format!("{}\n\n{}\n", entry.code, entry.explanation)
        }
    };
    files::print(&text).map_err(Failure::could_not)?;
    Ok(Exit::Clean)
}

/// `driver-too-old` in `gpu/driver-too-old`: short for typing.
fn name(code: &str) -> &str {
    code.split_once('/').map_or(code, |(_, name)| name)
}
