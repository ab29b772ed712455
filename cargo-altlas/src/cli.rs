//! The arguments, and the way from them to a command.
//!
//! To add a command, write `commands/NAME.rs` with a doc comment (its help text), `NameArgs` and
//! `run`, and put a variant below.

use crate::{
    commands::{child, completions, config, doctor, explain, facts, image, man},
    exit::{Exit, Failure},
    files,
    global::{Colour, Global},
};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;

/// One file for a CUDA product: diagnose the machine, derive the rest, leave evidence
///
/// altlas reads `altlas.toml` (or `[workspace.metadata.altlas]` in Cargo.toml). Commands that do
/// not need a config work without one.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-altlas",
    bin_name = "cargo altlas",
    version,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 clean, 1 findings at error level, 2 the call or the config is \
                  wrong, 3 could not look.\nStart with `cargo altlas doctor`."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Doctor(doctor::DoctorArgs),
    Image(image::ImageArgs),
    Facts(facts::FactsArgs),
    Explain(explain::ExplainArgs),
    Config(config::ConfigArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    #[command(name = "__child", hide = true)]
    Child(child::ChildArgs),
}

/// Parses the arguments of this process and runs the command.
pub(crate) fn run() -> Exit {
    let cli = match Cli::try_parse_from(arguments(std::env::args_os().collect())) {
        Ok(cli) => cli,
        Err(error) => return show_clap(&error),
    };
    set_colour(cli.global.color);
    match dispatch(&cli) {
        Ok(exit) => exit,
        Err(failure) if files::is_broken_pipe(&failure.error) => Exit::Clean,
        Err(failure) => {
            files::error_line(&failure.error);
            failure.exit
        }
    }
}

/// `cargo altlas doctor` starts `cargo-altlas altlas doctor`: the second word is cargo's.
fn arguments(mut given: Vec<OsString>) -> Vec<OsString> {
    if given.get(1).is_some_and(|word| word == "altlas") {
        given.remove(1);
    }
    given
}

fn dispatch(cli: &Cli) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Doctor(args) => doctor::run(args, &cli.global),
        Command::Image(args) => image::run(args, &cli.global),
        Command::Facts(args) => facts::run(args, &cli.global),
        Command::Explain(args) => explain::run(args),
        Command::Config(args) => config::run(args, &cli.global),
        Command::Completions(args) => completions::run(args, Cli::command()),
        Command::Man(args) => man::run(args, Cli::command()),
        Command::Child(args) => child::run(args),
    }
}

fn show_clap(error: &clap::Error) -> Exit {
    let asked_for_help = !error.use_stderr();
    if let Err(failed) = error.print()
        && failed.kind() != std::io::ErrorKind::BrokenPipe
    {
        return Exit::CouldNotLook;
    }
    if asked_for_help { Exit::Clean } else { Exit::Usage }
}

fn set_colour(colour: Colour) {
    match colour {
        Colour::Auto => {}
        Colour::Always => anstream::ColorChoice::Always.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_word_of_cargo_is_dropped() {
        let check = |given: &[&str], expected: &[&str]| {
            let got = arguments(given.iter().map(OsString::from).collect());
            assert_eq!(got, expected.iter().map(OsString::from).collect::<Vec<_>>());
        };
        check(&["cargo-altlas", "altlas", "doctor"], &["cargo-altlas", "doctor"]);
        check(&["cargo-altlas", "doctor"], &["cargo-altlas", "doctor"]);
        check(&["cargo-altlas", "explain", "altlas"], &["cargo-altlas", "explain", "altlas"]);
        check(&["cargo-altlas"], &["cargo-altlas"]);
    }
}
