//! An `[[accept]]` entry is past its last day.
//!
//! The finding that it accepted counts again. Either the reason still holds, then set a new `until`
//! with a reason that a colleague can check; or it does not, then mend the cause and remove the
//! entry.

use crate::{
    config::{Accept, Level},
    finding::{Finding, Place},
};
use gpu_probe::Fix;
use jiff::civil::Date;
use std::path::Path;

pub(super) const CODE: &str = "config/accept-expired";

pub(super) fn finding(accept: &Accept, until: Date, path: &Path) -> Finding {
    Finding {
        code: CODE,
        level: Level::Warning,
        message: format!("the entry that accepts `{}` expired on {until}", accept.code),
        place: Place::Path { path: path.display().to_string() },
        help: vec![Fix::by_hand("mend the cause and remove the entry, or set a new `until`")],
        follows_from: None,
        data: serde_json::json!({ "accepts": accept.code, "until": until.to_string() }),
        accepted: None,
    }
}
