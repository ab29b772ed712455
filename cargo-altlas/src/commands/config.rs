//! `cargo altlas config`.

use crate::{
    config::{self, Config},
    environment,
    exit::{Exit, Failure},
    explained::codes,
    files,
    global::Global,
};
use clap::{Args, Subcommand};

/// Check the config, or print its JSON Schema for an editor
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the JSON Schema of altlas.toml
    Schema,
    /// Read the config and print what altlas understood, as JSON
    Check,
}

pub(crate) fn run(args: &ConfigArgs, global: &Global) -> Result<Exit, Failure> {
    let value = match args.action {
        Action::Schema => schemars::schema_for!(Config).to_value(),
        Action::Check => {
            let found = config::find(global.config.as_deref(), &environment::folder(), &codes())
                .map_err(Failure::usage)?
                .ok_or_else(|| {
                    Failure::usage(anyhow::anyhow!(
                        "there is no `altlas.toml` in this folder or above it, and no \
                         `[workspace.metadata.altlas]` in a `Cargo.toml`"
                    ))
                })?;
            files::note_line(&format!("{} is fine", found.path.display()));
            serde_json::to_value(&found.config).map_err(Failure::could_not)?
        }
    };
    files::print(&format!("{value:#}\n")).map_err(Failure::could_not)?;
    Ok(Exit::Clean)
}
