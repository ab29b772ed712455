//! The config does not hold the newest set of versions that fits.
//!
//! `cargo altlas image solve --check` compares the config with what it would write. Either the wishes
//! allow newer versions than those of the config, because the tables have grown, or a version is still
//! left open. Nothing is broken.
//!
//! What to do: `cargo altlas image solve` shows the difference, and `--write` applies it. To keep a
//! version, write it as it is to be kept: `torch = "==2.8.0"`.

use super::patch::Patch;
use crate::{
    config::{ConfigFile, Level},
    finding::{Finding, Place},
};
use gpu_probe::Fix;

pub(super) const CODE: &str = "image/solution-differs";

pub(super) fn finding(patch: &Patch, config: Option<&ConfigFile>) -> Finding {
    let path = config.map_or(patch.name(), |file| file.path.display().to_string());
    Finding {
        code: CODE,
        level: Level::Error,
        message: format!("`{}` does not hold the versions that were found", patch.name()),
        place: Place::Path { path },
        help: vec![Fix::by_command("take over what was found", "cargo altlas image solve --write")],
        follows_from: None,
        data: serde_json::json!({ "patch": patch.diff() }),
        accepted: None,
    }
}
