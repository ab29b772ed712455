//! `cargo altlas image`.

mod check;
mod requirements;
pub(crate) mod solve;

use crate::{
    exit::{Exit, Failure},
    global::Global,
};
use clap::{Args, Subcommand};

/// Can this CUDA image exist, build and run? Check it, render it, build, test and push it
#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Check(check::CheckArgs),
    Solve(Box<solve::SolveArgs>),
}

pub(crate) fn run(args: &ImageArgs, global: &Global) -> Result<Exit, Failure> {
    match &args.action {
        Action::Check(args) => check::run(args, global),
        Action::Solve(args) => solve::run(args, global),
    }
}
