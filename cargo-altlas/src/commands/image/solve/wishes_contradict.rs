//! Some wishes for an image exclude each other.
//!
//! No base image, Python and builds of the frameworks exist that meet all of them at once. The report
//! names a smallest set of wishes of which this is true: without any one of them the others fit. For
//! each it shows the fact that stands against the others, and where that fact comes from.
//!
//! To confirm by hand, look the facts up at their sources; for packages of PyPI `uv pip compile` with
//! the same versions fails as well, with words of its own.
//!
//! What to do: choose one of the changes that the report lists. They are sorted by what they cost: first
//! what is decided in the image, then what machines have to get, then what the product is for.

use super::{shown, wanted::Wanted};
use crate::{
    config::{ConfigFile, Level},
    finding::Finding,
};
use cuda_compat::Contradiction;
use gpu_probe::Fix;

pub(super) const CODE: &str = "image/wishes-contradict";

pub(super) fn finding(
    found: &Contradiction,
    wanted: &Wanted,
    config: Option<&ConfigFile>,
) -> Finding {
    let wishes: Vec<String> =
        found.clashes.iter().map(|clash| format!("`{}`", clash.wish)).collect();
    let message = match wishes.as_slice() {
        [] => "the tables have no image at all".to_owned(),
        [one] => format!("nothing meets {one}"),
        [all @ .., last] => format!("{} and {last} exclude each other", all.join(", ")),
    };
    let changes = found.changes.iter().map(|change| {
        let steps: Vec<String> = change.steps.iter().map(ToString::to_string).collect();
        let text = format!("take {}; then {} fits", steps.join(" and "), shown::short(&change.fit));
        Fix::by_hand(text.replace("take without", "go without"))
    });
    Finding {
        code: CODE,
        level: Level::Error,
        message,
        place: wanted.place_of_first(found, config),
        help: changes.collect(),
        follows_from: None,
        data: shown::contradiction(found, wanted),
        accepted: None,
    }
}
