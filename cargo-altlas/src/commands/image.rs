//! `cargo altlas image`.

mod build;
mod check;
mod commit;
mod docker;
mod explain;
mod hadolint;
mod lock;
mod product;
mod push;
mod render;
mod requirements;
mod resolve;
mod size;
pub(crate) mod solve;
mod source;
mod test;
mod uv;

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
    Build(build::BuildArgs),
    Check(check::CheckArgs),
    Explain(explain::ExplainArgs),
    Push(push::PushArgs),
    Size(size::SizeArgs),
    Test(test::TestArgs),
    Render(render::RenderArgs),
    Lock(lock::LockArgs),
    Solve(Box<solve::SolveArgs>),
}

pub(crate) fn run(args: &ImageArgs, global: &Global) -> Result<Exit, Failure> {
    match &args.action {
        Action::Build(args) => build::run(args, global),
        Action::Check(args) => check::run(args, global),
        Action::Explain(args) => explain::run(args, global),
        Action::Push(args) => push::run(args, global),
        Action::Size(args) => size::run(args),
        Action::Test(args) => test::run(args, global),
        Action::Render(args) => render::run(args, global),
        Action::Lock(args) => lock::run(args, global),
        Action::Solve(args) => solve::run(args, global),
    }
}
