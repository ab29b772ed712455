//! An `[[accept]]` entry matches no finding.
//!
//! The problem that it accepted is gone, or its `where` names a place that does not occur. An entry
//! that is left behind would hide the problem when it comes back: remove it.

use crate::{
    config::{Accept, Level},
    finding::{Finding, Place},
};
use gpu_probe::Fix;
use std::path::Path;

pub(super) const CODE: &str = "config/accept-unused";

pub(super) fn finding(accept: &Accept, path: &Path) -> Finding {
    let place = accept.place.as_ref().map_or(String::new(), |place| format!(" at `{place}`"));
    Finding {
        code: CODE,
        level: Level::Note,
        message: format!("the entry that accepts `{}`{place} matches nothing", accept.code),
        place: Place::Path { path: path.display().to_string() },
        help: vec![Fix::by_hand(match accept.place {
            Some(_) => "remove the entry, or correct its `where`",
            None => "remove the entry",
        })],
        follows_from: None,
        data: serde_json::json!({ "accepts": accept.code, "where": accept.place }),
        accepted: None,
    }
}
