//! `cargo altlas man`.

use crate::{
    exit::{Exit, Failure},
    files,
};
use clap::Args;
use std::path::PathBuf;

/// Print the manual page, or write one page for each command
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write `cargo-altlas.1`, `cargo-altlas-doctor.1` and so on into this folder
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: &ManArgs, cli: clap::Command) -> Result<Exit, Failure> {
    let Some(folder) = &args.output else {
        let mut page = Vec::new();
        clap_mangen::Man::new(cli).render(&mut page).map_err(Failure::could_not)?;
        files::print(&String::from_utf8_lossy(&page)).map_err(Failure::could_not)?;
        return Ok(Exit::Clean);
    };
    let failed = |error: std::io::Error| {
        let where_to = format!("could not write manual pages to `{}`", folder.display());
        Failure::could_not(anyhow::Error::new(error).context(where_to))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(cli, folder).map_err(failed)?;
    Ok(Exit::Clean)
}
