//! The options of every command.

use clap::Args;
use std::path::PathBuf;

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Read this config instead of looking for one
    #[arg(
        long,
        global = true,
        overrides_with = "config",
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub(crate) config: Option<PathBuf>,

    /// When to use colour
    #[arg(
        long,
        global = true,
        overrides_with = "color",
        value_enum,
        default_value_t = Colour::Auto,
        value_name = "WHEN",
        help_heading = "Global options"
    )]
    pub(crate) color: Colour,

    /// Show more: every fact that was read
    #[arg(short, long, global = true, overrides_with = "verbose", help_heading = "Global options")]
    pub(crate) verbose: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal that wants it
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
