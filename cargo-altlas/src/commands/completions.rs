//! `cargo altlas completions`.

use crate::{
    exit::{Exit, Failure},
    files,
};
use clap::Args;
use clap_complete::Shell;

/// Print completions for a shell
///
/// For example: `cargo altlas completions bash > ~/.local/share/bash-completion/completions/cargo-altlas`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, mut cli: clap::Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli, "cargo-altlas", &mut script);
    files::print(&String::from_utf8_lossy(&script)).map_err(Failure::could_not)?;
    Ok(Exit::Clean)
}
